import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciSeccomp } from '#spec';
import { compileSeccomp } from './compile.ts';
import { syscallNumbers } from './syscalls.ts';

const X86_64 = 0xc000003e;
const X86 = 0x40000003;
const ALLOW = 0x7fff0000;
const errno = (number: number) => 0x00050000 | number;

/** The kernel's interpreter for the few instructions that filters use; counts its steps. */
function run(program: Uint8Array, call: { arch?: number; number: number; args?: bigint[] }): { verdict: number; steps: number } {
  const data = Buffer.alloc(64);
  data.writeInt32LE(call.number | 0, 0);
  data.writeUInt32LE(call.arch ?? X86_64, 4);
  (call.args ?? []).forEach((value, index) => data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + index * 8));
  const code = Buffer.from(program);
  let accumulator = 0;
  for (let at = 0, steps = 1; ; at++, steps++) {
    const [op, yes, no, k] = [code.readUInt16LE(at * 8), code.readUInt8(at * 8 + 2), code.readUInt8(at * 8 + 3), code.readUInt32LE(at * 8 + 4)];
    if (op === 0x06) return { verdict: k, steps };
    if (op === 0x20) accumulator = data.readUInt32LE(k);
    else if (op === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (op === 0x05) at += k;
    else {
      const holds = op === 0x15 ? accumulator === k : op === 0x25 ? accumulator > k : accumulator >= k;
      at += holds ? yes : no;
    }
  }
}

const compileFor = (profile: OciSeccomp) => compileSeccomp(profile, 'x64').program;

test('every system call gets the verdict of its rule, the rest the default, the unknown ENOSYS', () => {
  const names = [...syscallNumbers('x86_64').keys()].filter((_, index) => index % 3 !== 0);
  const program = compileFor({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
  const allowed = new Set(names);
  const largest = Math.max(...names.map((name) => syscallNumbers('x86_64').get(name) ?? 0));
  for (const [name, number] of syscallNumbers('x86_64')) {
    const expected = allowed.has(name) ? ALLOW : number > largest ? errno(38) : errno(1);
    assert.equal(run(program, { number }).verdict, expected, name);
  }
  assert.equal(run(program, { number: 9999 }).verdict, errno(38));
});

test('a verdict costs a handful of steps, however long the profile', () => {
  const names = [...syscallNumbers('x86_64').keys()].filter((_, index) => index % 2 === 0);
  const program = compileFor({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }] });
  for (let number = 0; number < 500; number++) assert.ok(run(program, { number }).steps <= 24);
});

test('a change of verdict costs one instruction, since the kernel translates the program for each process; far jumps reach', () => {
  const numbers = new Map([...syscallNumbers('x86_64')].map(([name, number]) => [number, name]));
  const names = Array.from({ length: 150 }, (_, index) => numbers.get(2 * index) ?? '');
  const args = (value: number) => [{ index: 1, value, op: 'SCMP_CMP_EQ' }];
  const program = compileFor({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }, { names: [numbers.get(1) ?? ''], action: 'SCMP_ACT_ALLOW', args: args(3) }] });
  assert.ok(program.length / 8 < 320, `${program.length / 8}`);
  for (let number = 2; number < 300; number++) assert.equal(run(program, { number }).verdict, number % 2 === 0 ? ALLOW : errno(number < 299 ? 1 : 38), `${number}`);
  assert.deepEqual([3n, 4n].map((value) => run(program, { number: 1, args: [0n, value] }).verdict), [ALLOW, errno(1)]);
});

test('conditions compare whole 64-bit arguments', () => {
  const big = 0x1_0000_0005n;
  const holds: Record<string, (value: bigint) => boolean> = {
    SCMP_CMP_EQ: (v) => v === big,
    SCMP_CMP_NE: (v) => v !== big,
    SCMP_CMP_LT: (v) => v < big,
    SCMP_CMP_LE: (v) => v <= big,
    SCMP_CMP_GT: (v) => v > big,
    SCMP_CMP_GE: (v) => v >= big,
  };
  const values = [0n, 4n, 5n, 6n, big - 1n, big, big + 1n, 0x2_0000_0000n, 0x2_0000_0005n, 0xffff_ffff_ffff_ffffn];
  for (const [op, expected] of Object.entries(holds)) {
    const program = compileFor({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['personality'], action: 'SCMP_ACT_ERRNO', errnoRet: 7, args: [{ index: 2, value: big, op }] }],
    });
    const number = syscallNumbers('x86_64').get('personality') ?? -1;
    for (const value of values) {
      assert.equal(run(program, { number, args: [0n, 0n, value] }).verdict, expected(value) ? errno(7) : ALLOW, `${value} ${op} ${big}`);
    }
  }
});

test('a masked comparison looks at the masked bits alone; several arguments must all match', () => {
  const program = compileFor({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] },
      { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }, { index: 1, value: 2, op: 'SCMP_CMP_NE' }] },
    ],
  });
  const verdict = (name: string, ...args: bigint[]) => run(program, { number: syscallNumbers('x86_64').get(name) ?? -1, args }).verdict;
  assert.equal(verdict('clone', 17n), ALLOW);
  assert.equal(verdict('clone', 0x10000000n), errno(1));
  assert.equal(verdict('socket', 1n, 1n), ALLOW);
  assert.equal(verdict('socket', 1n, 2n), errno(1));
  assert.equal(verdict('socket', 2n, 1n), errno(1));
});

test('several rules for one call are alternatives, and one without conditions outweighs them', () => {
  const profile = (more: OciSeccomp['syscalls']): OciSeccomp => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [0, 8, 0x20000].map((value) => ({ names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] })).concat((more ?? []) as never),
  });
  const number = syscallNumbers('x86_64').get('personality') ?? -1;
  const some = compileFor(profile([]));
  assert.deepEqual([0n, 8n, 0x20000n, 9n].map((value) => run(some, { number, args: [value] }).verdict), [ALLOW, ALLOW, ALLOW, errno(1)]);
  const any = compileFor(profile([{ names: ['personality'], action: 'SCMP_ACT_ALLOW' }]));
  assert.equal(run(any, { number, args: [9n] }).verdict, ALLOW);
});

test('architectures not listed are killed; x32 too, although it shares the number of x86-64', () => {
  const allow: OciSeccomp['syscalls'] = [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }];
  const one = compileFor({ defaultAction: 'SCMP_ACT_ERRNO', architectures: ['SCMP_ARCH_X86_64'], syscalls: allow });
  assert.equal(run(one, { number: 0 }).verdict, ALLOW);
  assert.equal(run(one, { number: 0x40000000 }).verdict, 0);
  assert.equal(run(one, { arch: X86, number: 3 }).verdict, 0);
  const all = compileFor({ defaultAction: 'SCMP_ACT_ERRNO', architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'], syscalls: allow });
  assert.equal(run(all, { number: 0x40000001 }).verdict, ALLOW);
  assert.equal(run(all, { arch: X86, number: 3 }).verdict, ALLOW);
  assert.equal(run(all, { arch: X86, number: 0 }).verdict, errno(1));
});

test('what the spec does not know is refused', () => {
  assert.throws(() => compileFor({ defaultAction: 'SCMP_ACT_MAYBE' }), /string SCMP_ACT_MAYBE is not a valid action for seccomp/);
  assert.throws(() => compileFor({ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_MIPS', 'SCMP_ARCH_FROB'] }), /string SCMP_ARCH_FROB is not a valid arch for seccomp/);
  assert.throws(() => compileFor({ defaultAction: 'SCMP_ACT_ALLOW', flags: ['X'] }), /not supported/);
});
