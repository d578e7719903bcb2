import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalDocument } from './oci-document.ts';

test('fields are known in any case, at any depth; what is not known stays', () => {
  assert.deepEqual(canonicalDocument({ Linux: { resources: { hugepagelimits: [{ PAGESIZE: '2MB', Limit: 3n }] } }, 'x-Mine': { Path: 1 } }), {
    linux: { resources: { hugepageLimits: [{ pageSize: '2MB', limit: 3n }] } },
    'x-Mine': { Path: 1 },
  });
  for (const text of ['{"constructor":"mine"}', '{"process":{"__proto__":1}}']) assert.equal(JSON.stringify(canonicalDocument(JSON.parse(text))), text);
});

test('keys that are the writer\'s own stay as they are', () => {
  const own = { annotations: { PATH: 'a', Linux: 'b' }, linux: { sysctl: { 'net.Path': '1' }, resources: { rdma: { MODE: { hcaHandles: 1 } }, unified: { Limit: '1' } }, netDevices: { NAME: {} } } };
  assert.deepEqual(canonicalDocument(own), own);
});

test('values keep their order and their kinds', () => {
  const plain = { process: { args: ['PATH', 'Args'], env: [], noNewPrivileges: true } };
  assert.equal(JSON.stringify(canonicalDocument(plain)), JSON.stringify(plain));
});

test('what a field cannot hold is refused by its name', () => {
  const refusals: [unknown, string][] = [
    [[], 'json: cannot unmarshal array into Go value of type specs.Spec'],
    [null, 'json: cannot unmarshal null into Go value of type specs.Spec'],
    [{ process: { args: 'true' } }, 'json: cannot unmarshal string into Go struct field Spec.process.args of type []string'],
    [{ process: { args: [1] } }, 'json: cannot unmarshal number into Go struct field Spec.process.args of type string'],
    [{ process: { rlimits: [{ soft: -1 }] } }, 'json: cannot unmarshal number -1 into Go struct field Spec.process.rlimits.soft of type uint64'],
    [{ process: { oomScoreAdj: 1.5 } }, 'json: cannot unmarshal number 1.5 into Go struct field Spec.process.oomScoreAdj of type int64'],
    [{ process: { rlimits: [{ soft: 18446744073709551616n }] } }, 'json: cannot unmarshal number 18446744073709551616 into Go struct field Spec.process.rlimits.soft of type uint64'],
    [{ root: { readonly: 'false' } }, 'json: cannot unmarshal string into Go struct field Spec.root.readonly of type bool'],
    [{ annotations: { a: true } }, 'json: cannot unmarshal bool into Go struct field Spec.annotations.a of type string'],
    [{ linux: { seccomp: 'none' } }, 'json: cannot unmarshal string into Go struct field Spec.linux.seccomp of type object'],
  ];
  for (const [document, message] of refusals) assert.throws(() => canonicalDocument(document), { kind: 'InvalidArgument', message });
});

test('what must be there and is not has the zero of its kind', () => {
  assert.deepEqual(canonicalDocument({ process: { rlimits: [{ soft: 1 }] }, mounts: [{}], hooks: { poststop: [{}] }, linux: { namespaces: [{}], devices: [{}], seccomp: { syscalls: [{ args: [{}] }] } } }), {
    process: { rlimits: [{ type: '', hard: 0, soft: 1 }] },
    mounts: [{ destination: '' }],
    hooks: { poststop: [{ path: '' }] },
    linux: { namespaces: [{ type: '' }], devices: [{ type: '', path: '' }], seccomp: { syscalls: [{ names: [], action: '', args: [{ index: 0, value: 0, op: '' }] }] } },
  });
});

test('a null is as if it were not there', () => {
  assert.deepEqual(canonicalDocument({ linux: { intelRdt: null, resources: { memory: null } }, windows: null }), { linux: { resources: {} } });
});
