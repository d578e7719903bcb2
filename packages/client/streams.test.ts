import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonStream } from './json-stream.ts';
import { parseHost } from './host.ts';
import { encodeFilters } from './query.ts';
import { demultiplex } from './stdcopy.ts';
import { compareVersions } from './version.ts';

async function* pieces(...parts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

function frame(kind: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = kind;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

test('JSON values one after another, however they are cut and parted', async () => {
  const values = await Array.fromAsync(jsonStream(pieces('{"a":"}\\"{"}\r\n{"b":[1,', '2]}{"c":"\u00e9', '"}\n')));
  assert.deepEqual(values, [{ a: '}"{' }, { b: [1, 2] }, { c: '\u00e9' }]);
  await assert.rejects(Array.fromAsync(jsonStream(pieces('{"a":'))), { message: 'the engine\'s answer is not JSON: "{\\"a\\":"' });
});

test('a character of several bytes that is cut in two', async () => {
  const bytes = Buffer.from('{"a":"é"}');
  assert.deepEqual(await Array.fromAsync(jsonStream(pieces(bytes.subarray(0, 7), bytes.subarray(7)))), [{ a: 'é' }]);
});

test('frames, cut anywhere; a stream that ends in one; the engine\'s own error', async () => {
  const whole = Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, ''), frame(1, 'more')]);
  for (let at = 1; at < whole.length; at++) {
    const text: Record<string, string> = {};
    for await (const { stream, bytes } of demultiplex(pieces(whole.subarray(0, at), whole.subarray(at)))) text[stream] = (text[stream] ?? '') + bytes.toString();
    assert.deepEqual(text, { stdout: 'outmore', stderr: 'err' });
  }
  await assert.rejects(Array.fromAsync(demultiplex(pieces(frame(1, 'out').subarray(0, 10)))));
  await assert.rejects(Array.fromAsync(demultiplex(pieces(frame(3, 'no more')))), { message: 'error from daemon in stream: no more' });
  await assert.rejects(Array.fromAsync(demultiplex(pieces(frame(9, 'x')))), { message: 'Unrecognized input header: 9' });
});

test('hosts', () => {
  assert.deepEqual(parseHost('unix:///x.sock'), { kind: 'unix', path: '/x.sock' });
  assert.deepEqual(parseHost('tcp://[::1]:5/a'), { kind: 'tcp', host: '::1', port: 5, prefix: '/a' });
  assert.deepEqual([parseHost('tcp://h'), parseHost('h', true)].map((host) => host.kind === 'tcp' && host.port), [2375, 2376]);
  assert.deepEqual(parseHost('ssh://u@h:22/s'), { kind: 'ssh', host: 'h', port: '22', user: 'u', socket: '/s' });
  for (const [text, message] of [['', 'unable to parse docker host ``'], ['nope://x', 'invalid bind address format: nope://x'], ['npipe:////x', 'protocol not available']] as const) {
    assert.throws(() => parseHost(text), { message });
  }
});

test('ssh hosts', () => {
  assert.deepEqual(parseHost('ssh://[::1]:9?#'), { kind: 'ssh', host: '::1', port: '9', user: undefined, socket: undefined });
  assert.deepEqual(parseHost('ssh://a%20b@Host/x%20y'), { kind: 'ssh', host: 'Host', port: undefined, user: 'a b', socket: '/x y' });
  const invalid = 'ssh host connection is not valid: invalid SSH URL: ';
  const refused = [
    ['ssh://', `${invalid}hostname is empty`], ['ssh://u@:22', `${invalid}hostname is empty`], ['ssh://u:@h', `${invalid}plain-text password is not supported`],
    ['ssh://h:9?x', `${invalid}query parameters are not allowed: "x"`], ['ssh://h:9#y', `${invalid}fragments are not allowed: "y"`],
    ['ssh://h:x', 'parse "ssh://h:x": invalid port ":x" after host'], ['ssh://[::1', 'parse "ssh://[::1": missing \']\' in host'], ['ssh://a b', 'parse "ssh://a b": invalid character " " in host name'],
    ['ssh://u x@h', 'parse "ssh://u x@h": net/url: invalid userinfo'], ['ssh://a%zz', 'parse "ssh://a%zz": invalid URL escape "%zz"'],
  ] as const;
  for (const [text, message] of refused) assert.throws(() => parseHost(text), { message }, text);
});

test('filters and versions', () => {
  assert.equal(encodeFilters(new Map([['label', ['b=1', 'a']], ['id', ['x']]])), '{"id":{"x":true},"label":{"a":true,"b=1":true}}');
  assert.equal(encodeFilters(new Map()), undefined);
  assert.ok(compareVersions('1.9', '1.10') < 0 && compareVersions('1.50', '1.50') === 0 && compareVersions('2.0', '1.99') > 0);
});
