import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRecord } from '../../../fakes.ts';
import { fluentdMessage } from './fluentd.ts';
import { gelfChunks, gelfMessage } from './gelf.ts';
import { fieldName, journalMessage } from './journald.ts';
import { pack } from './msgpack.ts';
import { validateLogOptions } from './options.ts';
import type { LogIdentity, LogLine } from './port.ts';
import { syslogMessage } from './syslog-message.ts';
import { parseTag } from './tag.ts';

const identity: LogIdentity = {
  containerId: 'c'.repeat(64), containerName: 'web', imageId: 'sha256:1', imageName: 'busybox', command: 'true', created: 0, hostname: 'host', tag: 'tag', extra: new Map([['k', 'v']]),
};
const line: LogLine = { stream: 1, text: 'hello', time: 1_700_000_000_123_456_789n, partial: undefined };

test('syslog: each format\'s header, the severity of each stream', () => {
  const header = { identity, facility: 3 };
  assert.match(syslogMessage(line, { ...header, format: 'unix' }), /^<30>Nov 1[45] \d\d:\d\d:20 tag\[\d+\]: hello\n$/);
  assert.match(syslogMessage({ ...line, stream: 2 }, { ...header, format: 'rfc3164' }), /^<27>Nov 1[45] .{8} host tag\[\d+\]: hello\n$/);
  assert.match(syslogMessage(line, { ...header, format: 'rfc5424' }), /^<30>1 2023-11-1[45]T\d\d:\d\d:20(Z|[+-]\d\d:\d\d) host tag \d+ tag - hello\n$/);
  assert.match(syslogMessage(line, { ...header, format: 'rfc5424micro' }), /:20\.123456(Z|[+-])/);
});

test('journald: a value with newlines goes by its length; names are made fit', () => {
  const message = journalMessage({ ...line, text: 'a\nb' }, new Map());
  assert.deepEqual(message.subarray(0, 20), Buffer.from('MESSAGE\n\u0003\0\0\0\0\0\0\0a\nb\n'));
  assert.deepEqual(['com.x-y', '_a', 'ä1'].map(fieldName), ['COM_X_Y', 'A', '1']);
});

test('gelf: fields of its own begin with an underscore; too long for a datagram goes in chunks, too long for chunks not at all', () => {
  assert.deepEqual([gelfMessage(line, identity)['timestamp'], gelfMessage(line, identity)['_k']], [1_700_000_000.123, 'v']);
  assert.equal(gelfChunks(Buffer.alloc(1420)).length, 1);
  assert.deepEqual(gelfChunks(Buffer.alloc(1421)).map((chunk) => [chunk[10], chunk[11], chunk.length]), [[0, 2, 1420], [1, 2, 25]]);
  assert.throws(() => gelfChunks(Buffer.alloc(200_000)), /does not fit 128 chunks/);
});

test('fluentd: MessagePack of every size', () => {
  assert.deepEqual(pack(['a', 1, 200, 70_000, new Map([['k', 'v']])]), Buffer.from('95a16101ccc8ce00011170' + '81a16ba176', 'hex'));
  assert.deepEqual([31, 32, 255, 256, 65_536].map((length) => pack('x'.repeat(length)).length - length), [1, 2, 2, 3, 5]);
  assert.equal(fluentdMessage(line, identity, { precise: true }).includes(Buffer.from('d700' + '6553f100' + '075bcd15', 'hex')), true);
});

test('tags: names and text, nothing else', () => {
  const record = exampleRecord({ name: 'web' });
  assert.equal(parseTag('{{.Name}}/{{ .ID }}/{{.ImageName}}')(record), `web/${'a'.repeat(12)}/busybox`);
  for (const template of ['{{.Nope}}', '{{printf "x"}}', '{{.Name']) assert.throws(() => parseTag(template), /failed to parse log tag/);
});

test('options that every driver takes, and those of one alone', () => {
  for (const driver of ['json-file', 'local', 'journald']) validateLogOptions(driver, { 'mode': 'non-blocking', 'max-buffer-size': '1m' });
  validateLogOptions('journald', { 'cache-max-size': '1m' });
  assert.throws(() => validateLogOptions('local', { 'cache-max-size': '1m' }), /unknown log opt 'cache-max-size' for local log driver/);
});

test('names that every object has are no drivers and no fields; compressed files are refused by name', () => {
  assert.throws(() => validateLogOptions('constructor', {}), /plugin "constructor" not found/);
  assert.throws(() => parseTag('{{.toString}}'), /can't evaluate/);
  assert.throws(() => validateLogOptions('json-file', { compress: 'true' }), /'compress' is not supported/);
  assert.throws(() => validateLogOptions('syslog', { 'syslog-address': 'udp://host:65536' }), /proto:\/\/address/);
  validateLogOptions('json-file', { compress: 'false' });
});
