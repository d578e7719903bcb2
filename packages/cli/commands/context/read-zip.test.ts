import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readZip } from './read-zip.ts';

/** Written by Python's zipfile: meta.json deflated, tls/docker/ca.pem stored, a directory, a comment. */
const archive = Buffer.from(
  'UEsDBBQAAAAIABUrdl2ShAE5awAAAHYAAAAJAAAAbWV0YS5qc29uFYwxCsMwDAC/EjQHQlfNLXRou6R0F7ZMRRpL2FqS4L/X2Q7uuANetDIg7DDCk50iOQEecOUaipiL5m5T0XWgYReDNsItR1PJXs8wali4nHTX6r31YDhNX7z047yIvR/zh4ukDTDRr3Jr7Q9QSwMEFAAAAAAAFSt2XQAAAAAAAAAAAAAAAAQAAAB0bHMvUEsDBBQAAAAAABUrdl38avlKCQAAAAkAAAARAAAAdGxzL2RvY2tlci9jYS5wZW1hdXRob3JpdHlQSwECFAMUAAAACAAVK3ZdkoQBOWsAAAB2AAAACQAAAAAAAAAAAAAAgAEAAAAAbWV0YS5qc29uUEsBAhQDFAAAAAAAFSt2XQAAAAAAAAAAAAAAAAQAAAAAAAAAAAAQAP1BkgAAAHRscy9QSwECFAMUAAAAAAAVK3Zd/Gr5SgkAAAAJAAAAEQAAAAAAAAAAAAAAgAG0AAAAdGxzL2RvY2tlci9jYS5wZW1QSwUGAAAAAAMAAwCoAAAA7AAAAAEAYw==',
  'base64',
);

test('files, deflated and stored', () => {
  const files = readZip(archive, 1000);
  assert.deepEqual([...files.keys()], ['meta.json', 'tls/docker/ca.pem']);
  assert.equal((JSON.parse(String(files.get('meta.json'))) as { Name: string }).Name, 'z');
  assert.equal(String(files.get('tls/docker/ca.pem')), 'authority');
});

test('what is no archive, is cut off, or is too large', () => {
  assert.throws(() => readZip(Buffer.from('PK and nothing more than words, long enough'), 1000), { message: 'zip: not a valid zip file' });
  assert.throws(() => readZip(archive.subarray(100), 1000), { message: 'zip: not a valid zip file' });
  assert.throws(() => readZip(archive, 5), { message: 'the file in the archive is larger than 5 bytes' });
});
