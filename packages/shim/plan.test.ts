import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeList, encodePlan, operations, printPlan, type LaunchPlan } from './plan.ts';

const header = readFileSync(new URL('../kernel/native/plan.h', import.meta.url), 'utf8');

test('the operations are those of plan.h, code for code', () => {
  const inC = new Map([...header.matchAll(/^\s+OP\((\w+), (\d+)\)/gm)].map(([, name = '', code]) => [name, Number(code)]));
  const here = new Map(Object.entries(operations).map(([name, [code]]) => [name.replaceAll('-', '_'), code]));
  assert.deepEqual(new Map([...here].toSorted()), new Map([...inC].toSorted()));
});

test('a plan is magic, version, count, and operations with their lengths', () => {
  const plan: LaunchPlan = [
    { op: 'hostname', name: 'bé' },
    { op: 'rlimit', soft: true, resource: 7, current: 1n, maximum: 2n },
    { op: 'user', uid: 1, gid: 2, umask: 0xffffffff, groups: [3] },
    { op: 'seccomp', flags: 4, program: new Uint8Array([9, 8]) },
    { op: 'readonly', paths: ['/a'] },
  ];
  const hex = encodePlan(plan).toString('hex');
  assert.equal(
    hex,
    ['4e52504c', '01000000', '05000000', // header
      '1f00' + '0000' + '08000000' + '03000000' + '62c3a9' + '00',
      '2400' + '0100' + '14000000' + '07000000' + '0100000000000000' + '0200000000000000',
      '3300' + '0000' + '14000000' + '01000000' + '02000000' + 'ffffffff' + '01000000' + '03000000',
      '3700' + '0000' + '0a000000' + '04000000' + '02000000' + '0908',
      '1b00' + '0000' + '0b000000' + '01000000' + '02000000' + '2f61' + '00',
    ].join(''),
  );
});

test('a list by itself is a count and strings', () => {
  assert.equal(encodeList(['/a', 'b']).toString('hex'), ['02000000', '02000000' + '2f61' + '00', '01000000' + '62' + '00'].join(''));
});

test('a string with a NUL cannot be smuggled in', () => {
  assert.throws(() => encodePlan([{ op: 'hostname', name: 'a\0b' }]), TypeError);
});

test('a plan is printed an operation a line', () => {
  assert.equal(
    printPlan([
      { op: 'propagation', path: '/', flags: 0x84000 },
      { op: 'command', arguments: ['sh', '-c', 'a b'], environment: [] },
      { op: 'rlimit', soft: true, resource: 7, current: 16n, maximum: 32n },
    ]),
    '0 propagation path=/ flags=0x84000\n1 command arguments=["sh","-c","a b"] environment=[]\n2 rlimit? resource=7 current=0x10 maximum=0x20\n',
  );
});
