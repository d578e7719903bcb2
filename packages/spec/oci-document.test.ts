import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalDocument } from './oci-document.ts';

test('fields are known in any case, at any depth; what is not known stays', () => {
  assert.deepEqual(canonicalDocument({ Linux: { resources: { hugepagelimits: [{ PAGESIZE: '2MB', Limit: 3n }] } }, 'x-Mine': { Path: 1 } }), {
    linux: { resources: { hugepageLimits: [{ pageSize: '2MB', limit: 3n }] } },
    'x-Mine': { path: 1 },
  });
});

test('keys that are the writer\'s own stay as they are', () => {
  const own = { annotations: { PATH: 'a', Linux: 'b' }, linux: { sysctl: { 'net.Path': '1' }, resources: { rdma: { MODE: { hcaHandles: 1 } }, unified: { Limit: '1' } }, netDevices: { NAME: {} } } };
  assert.deepEqual(canonicalDocument(own), own);
});

test('values keep their order and their kinds', () => {
  const plain = { process: { args: ['PATH', 'Args'], env: [], noNewPrivileges: true } };
  assert.equal(JSON.stringify(canonicalDocument(plain)), JSON.stringify(plain));
});

test('a null is as if it were not there', () => {
  assert.deepEqual(canonicalDocument({ linux: { intelRdt: null, resources: { memory: null } }, windows: null }), { linux: { resources: {} } });
});
