import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readConfigFile, writeConfigFile } from './config-file.ts';

let here: string;
beforeEach(() => void (here = mkdtempSync(join(tmpdir(), 'naru-config-'))));
afterEach(() => rmSync(here, { recursive: true, force: true }));

const path = (): string => join(here, 'config.json');

test('written through a link, with the mode that it had, and with what is not known', () => {
  const real = join(here, 'real.json');
  writeFileSync(real, '{"detachKeys":"ctrl-x","unknown":{"a":[1]}}', { mode: 0o640 });
  symlinkSync('real.json', path());
  const file = readConfigFile(here);
  file.values.currentContext = 'c';
  writeConfigFile(file);
  assert.ok(lstatSync(path()).isSymbolicLink());
  assert.equal(statSync(real).mode & 0o777, 0o640);
  assert.deepEqual(JSON.parse(readFileSync(real, 'utf8')), { detachKeys: 'ctrl-x', unknown: { a: [1] }, currentContext: 'c' });
  assert.deepEqual(readdirSync(here).toSorted(), ['config.json', 'real.json']);
});

test('a link to nothing gets what it leads to; a new file is its owner\'s alone', () => {
  symlinkSync('later.json', path());
  writeConfigFile(readConfigFile(here));
  assert.equal(statSync(join(here, 'later.json')).mode & 0o777, 0o600);
  assert.ok(lstatSync(path()).isSymbolicLink());
});

test("what is wrong with it, in docker's words; the rest is taken", () => {
  const said = (text: string): string | undefined => {
    writeFileSync(path(), text);
    return readConfigFile(here).complaint?.replace(`Error parsing config file (${path()}): `, '');
  };
  for (const fine of ['', ' \n', '{}', 'null', '{"psFormat":null}', '{"a":1}}', '{"auths":{"x":{"auth":"YTpi"}}}', '{"auths":{"x":null,"y":{"auth":null}},"plugins":{"x":null,"y":{"hooks":null}},"cliPluginsExtraDirs":[null]}', '{"unknown":true}']) assert.equal(said(fine), undefined, fine);
  const wrong: readonly (readonly [string, string])[] = [
    ['{"auths":{', 'unexpected EOF'],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['[]', 'json: cannot unmarshal array into Go value of type configfile.ConfigFile'],
    ['{"psFormat":5}', 'json: cannot unmarshal number into Go struct field ConfigFile.psFormat of type string'],
    ['{"features":{"x":true}}', 'json: cannot unmarshal bool into Go struct field ConfigFile.features of type string'],
    ['{"auths":{"x":5}}', 'json: cannot unmarshal number into Go struct field ConfigFile.auths of type types.AuthConfig'],
    ['{"auths":{"x":{"auth":5}}}', 'json: cannot unmarshal number into Go struct field AuthConfig.auths.auth of type string'],
    ['{"credHelpers":[]}', 'json: cannot unmarshal array into Go struct field ConfigFile.credHelpers of type map[string]string'],
    ['{"plugins":{"x":1}}', 'json: cannot unmarshal number into Go struct field ConfigFile.plugins of type map[string]string'],
    ['{"proxies":{"x":{"httpProxy":1}}}', 'json: cannot unmarshal number into Go struct field ProxyConfig.proxies.httpProxy of type string'],
    ['{"auths":{"x":{"auth":"%%%"}}}', 'illegal base64 data at input byte 0'],
    ['{"auths":{"x":{"auth":"YQ=="}}}', 'Invalid auth configuration file'],
  ];
  for (const [text, complaint] of wrong) assert.equal(said(text), complaint, text);
  said('{"psFormat":5,"detachKeys":"ctrl-x"}');
  assert.deepEqual(readConfigFile(here).values, { detachKeys: 'ctrl-x' });
  said('{"auths":{"x":5,"y":{"auth":"YTpi","email":null,"unknown":1},"z":null},"plugins":{"x":null}}');
  assert.deepEqual(readConfigFile(here).values, { auths: { y: { auth: 'YTpi', unknown: 1 } }, plugins: {} });
});
