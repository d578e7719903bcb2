import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Duration, execute, goMap, indentJson, NilPointer, parseJson, parseTemplate, recordFields, Struct } from './index.ts';

const row = new Struct('*formatter.ContainerContext', recordFields({ ID: '62b17bf9275d', Names: 'web', Labels: 'a=b,z=<x>', Platform: new NilPointer('*Platform'), Label: (name: string) => `<${name}>` }), () => ({ ID: '62b17bf9275d' }));
const run = (source: string, data: unknown = row): string => execute(parseTemplate(source), data);

test('fields, functions, pipes, printf', () => {
  const made: [string, string][] = [
    ['{{.ID}} {{.Names}}', '62b17bf9275d web'],
    ['{{upper .Names}} {{.Names | printf "%5s|%-5s|" "a"}}', 'WEB     a|web  |'],
    ['{{.Label "k"}}', '<k>'],
    ['{{range $i, $e := split .Labels ","}}[{{$i}}:{{$e}}]{{end}}', '[0:a=b][1:z=<x>]'],
    ['{{if eq .Names "db" "web"}}yes{{else}}no{{end}}', 'yes'],
    ['{{with .Names}}<{{.}}>{{else}}none{{end}}', '<web>'],
    ['{{$x := .Names}}{{$x}}{{$x = "q"}}{{$x}}', 'webq'],
    ['{{range split "a,b,c" ","}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', 'ac'],
    ['{{define "t"}}<{{.}}>{{end}}{{template "t" .Names}}', '<web>'],
    ['a {{- .Names -}} b{{/* c */}}', 'awebb'],
    ['{{len .ID}} {{slice .ID 0 4}} {{index (split "a b" " ") 1}}', '12 62b1 b'],
    ['{{print 1 2 "a" "b" 3}} {{println "x" 1}}', '1 2ab3 x 1\n'],
    ['{{printf "%05d %x %q %v %T %%" 42 255 "a" true 1.5}}', '00042 ff "a" true float64 %'],
    ['{{printf "%d %s" "a"}}', '%!d(string=a) %!s(MISSING)'],
    ['{{and 1 0 2}} {{or 0 "" "x"}} {{not 0}}', '0 x true'],
    ['{{title "a bc"}} {{pad "x" 2 1}}| {{truncate .ID 3}} {{join (split "a b" " ") "-"}}', 'A Bc   x | 62b a-b'],
    ['{{.Platform}} {{json .}}', '<nil> {"ID":"62b17bf9275d"}'],
    ['{{html "<a>"}} {{js "a\'b"}} {{urlquery "a b&c"}}', "&lt;a&gt; a\\'b a+b%26c"],
  ];
  for (const [source, text] of made) assert.equal(run(source), text, source);
});

test('maps print sorted, structs in order, what is absent as <no value>', () => {
  const data = { b: [1, 'x'], a: { z: 1, y: null }, s: new Struct('T', new Map<string, unknown>([['A', 'x'], ['B', 2]]), () => null), m: goMap({ k: 'v' }, '') };
  assert.equal(run('{{.}}', { b: 1, a: 2 }), 'map[a:2 b:1]');
  assert.equal(run('{{.b}} {{.a}} {{.s}} {{.nope}} {{index .m "zz"}}|{{index .m "k"}}', data), '[1 x] map[y:<nil> z:1] {x 2} <no value> |v');
});

test('refuses in the words of Go', () => {
  const refused: [string, string][] = [
    ['{{.Foo', 'template: :1: unclosed action'],
    ['{{if .ID}}x', 'template: :1: unexpected EOF'],
    ['{{end}}', 'template: :1: unexpected {{end}}'],
    ['{{"abc}}', 'template: :1: unterminated quoted string'],
    ['{{foo}}', 'template: :1: function "foo" not defined'],
    ['{{$x}}', 'template: :1: undefined variable "$x"'],
    ['{{}}', 'template: :1: missing value for command'],
    ['{{(.ID}}', 'template: :1: unclosed left paren'],
    ['{{.ID | 3}}', 'template: :1: non executable command in pipeline stage 2'],
    ['{{break}}', 'template: :1: {{break}} outside {{range}}'],
    ['{{.State}', "template: :1: bad character U+007D '}'"],
    ['{{.Nope}}', 'template: :1:2: executing "" at <.Nope>: can\'t evaluate field Nope in type *formatter.ContainerContext'],
    ['{{.ID.Foo}}', 'template: :1:5: executing "" at <.ID.Foo>: can\'t evaluate field Foo in type string'],
    ['{{.Label}}', 'template: :1:2: executing "" at <.Label>: wrong number of args for Label: want 1 got 0'],
    ['{{.Label 1}}', 'template: :1:9: executing "" at <1>: expected string; found 1'],
    ['{{join .ID ","}}', 'template: :1:7: executing "" at <.ID>: wrong type for value; expected []string; got string'],
    ['{{index .Labels "x"}}', 'template: :1:2: executing "" at <index .Labels "x">: error calling index: cannot index slice/array with type string'],
    ['{{eq .ID 3}}', 'template: :1:2: executing "" at <eq .ID 3>: error calling eq: incompatible types for comparison'],
    ['{{template "x"}}', 'template: :1:11: executing "" at <{{template "x"}}>: template "x" not defined'],
  ];
  for (const [source, message] of refused) assert.throws(() => run(source), { message }, source);
  assert.throws(() => execute(parseTemplate('{{.a.b}}'), { a: {} }, { missingKeyIsError: true }), { message: 'template: :1:4: executing "" at <.a.b>: map has no entry for key "b"' });
});

test('JSON keeps digits that a double cannot hold, and is indented as Go does', () => {
  assert.deepEqual(parseJson('{"a":9223372036854775807,"b":1.5}'), { a: 9223372036854775807n, b: 1.5 });
  assert.equal(indentJson('{"a":[],"b":{},"c":[1,{"d":"x:,"}]}'), '{\n    "a": [],\n    "b": {},\n    "c": [\n        1,\n        {\n            "d": "x:,"\n        }\n    ]\n}');
});

test('a duration prints as Go writes it and counts as its nanoseconds', () => {
  const value = { Timeout: new Duration(90e9), None: new Duration(0) };
  const shown = (source: string): string => execute(parseTemplate(source), value);
  assert.equal(shown('{{.Timeout}} {{json .Timeout}} {{printf "%d" .Timeout}} {{.Timeout.Seconds}} {{.None}}'), '1m30s 90000000000 90000000000 90 0s');
  assert.equal(shown('{{if .None}}some{{else}}none{{end}} {{gt .Timeout 5}} {{eq .None 0}}'), 'none true true');
});
