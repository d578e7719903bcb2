/**
 * Device rules on v2: an eBPF program of type CGROUP_DEVICE that the kernel asks at each open and mknod. Its context
 * is struct bpf_cgroup_dev_ctx: access_type (access bits << 16 | device type), major, minor, all u32.
 */
import { closeSync, openSync } from 'node:fs';
import type { OciDeviceRule } from '#spec';
import { addressOf, bind, check } from '../libc.ts';
import { type DeviceException, reduceDeviceRules } from './device-rules.ts';

const BPF_PROG_LOAD = 5;
const BPF_PROG_ATTACH = 8;
const BPF_PROG_DETACH = 9;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_PROG_QUERY = 16;
const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
const BPF_CGROUP_DEVICE = 6;
const BPF_F_ALLOW_MULTI = 2;
/** runc's own bound on how many programs one cgroup may have. */
const MOST_PROGRAMS = 64;
const SYS_bpf = process.arch === 'arm64' ? 280 : 321;

const accessBits: Record<string, number> = { m: 1, r: 2, w: 4 };
const typeBits = { b: 1, c: 2 } as const;

/** Instructions are 8 bytes: opcode, registers, offset, immediate. */
const LDX_W = 0x61; // dst = *(u32 *)(src + off)
const MOV_REG = 0xbf;
const MOV_IMM = 0xb7;
const AND_IMM = 0x57;
const RSH_IMM = 0x77;
const JNE_IMM = 0x55;
const JEQ_IMM = 0x15;
const EXIT = 0x95;

const syscall = bind<(number: number, command: number, attributes: Buffer, size: number) => number>('long syscall(long number, int command, void *attributes, unsigned int size)');

/** Registers: r2 device type, r3 access asked, r4 major, r5 minor, r1 scratch. Returns the program's bytes; pure. */
export function compileDeviceProgram(rules: readonly OciDeviceRule[]): Buffer {
  const { allowByDefault, exceptions } = reduceDeviceRules(rules);
  const code: Buffer[] = [
    instruction(LDX_W, 2, 1, 0, 0),
    instruction(MOV_REG, 3, 2, 0, 0),
    instruction(RSH_IMM, 3, 0, 0, 16),
    instruction(AND_IMM, 2, 0, 0, 0xffff),
    instruction(LDX_W, 4, 1, 4, 0),
    instruction(LDX_W, 5, 1, 8, 0),
  ];
  for (const exception of exceptions) code.push(...compileException(exception, allowByDefault));
  code.push(instruction(MOV_IMM, 0, 0, 0, allowByDefault ? 1 : 0), instruction(EXIT, 0, 0, 0, 0));
  return Buffer.concat(code);
}

/**
 * Falls through to the next exception when this one does not speak of the device. An exception that allows must cover
 * all that is asked; one that denies, any of it.
 */
function compileException({ type, major, minor, access }: DeviceException, denies: boolean): Buffer[] {
  const bits = [...access].reduce((sum, letter) => sum | (accessBits[letter] ?? 0), 0);
  const tests: ((skip: number) => Buffer)[] = [(skip) => instruction(JNE_IMM, 2, 0, skip, typeBits[type])];
  if (major !== undefined) tests.push((skip) => instruction(JNE_IMM, 4, 0, skip, major));
  if (minor !== undefined) tests.push((skip) => instruction(JNE_IMM, 5, 0, skip, minor));
  const outside = denies ? bits : 7 & ~bits;
  const masked = [instruction(MOV_REG, 1, 3, 0, 0), instruction(AND_IMM, 1, 0, 0, outside)];
  const verdict = [instruction(MOV_IMM, 0, 0, 0, denies ? 0 : 1), instruction(EXIT, 0, 0, 0, 0)];
  const tail = [...masked, instruction(denies ? JEQ_IMM : JNE_IMM, 1, 0, verdict.length, 0), ...verdict];
  return [...tests.map((test, index) => test(tests.length - index - 1 + tail.length)), ...tail];
}

function instruction(opcode: number, target: number, source: number, offset: number, immediate: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8(target | (source << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate, 4);
  return bytes;
}

/**
 * Loads the program and attaches it to the cgroup's directory in the place of those that were there: every attached program
 * must allow an access, so an old one would go on forbidding. The new one comes first, that no moment is without.
 * It lives as long as the cgroup. Throws SystemError.
 */
export function attachDeviceProgram(directory: string, rules: readonly OciDeviceRule[]): void {
  const target = openSync(directory, 'r');
  try {
    const old = queryPrograms(target, directory);
    attach(target, loadProgram(compileDeviceProgram(rules)), directory);
    for (const id of old) detach(target, id, directory);
  } finally {
    closeSync(target);
  }
}

/** Ids of the device programs of a cgroup itself, not of those above it. Throws SystemError. */
export function attachedDevicePrograms(directory: string): number[] {
  const target = openSync(directory, 'r');
  try {
    return queryPrograms(target, directory);
  } finally {
    closeSync(target);
  }
}

function queryPrograms(target: number, directory: string): number[] {
  const ids = Buffer.alloc(MOST_PROGRAMS * 4);
  const attributes = Buffer.alloc(48);
  attributes.writeUInt32LE(target, 0);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 4);
  attributes.writeBigUInt64LE(addressOf(ids), 16);
  attributes.writeUInt32LE(MOST_PROGRAMS, 24);
  bpf(BPF_PROG_QUERY, attributes, `query ${directory}`);
  return Array.from({ length: attributes.readUInt32LE(24) }, (_, index) => ids.readUInt32LE(index * 4));
}

function attach(target: number, program: number, directory: string): void {
  const attributes = Buffer.alloc(48);
  attributes.writeUInt32LE(target, 0);
  attributes.writeUInt32LE(program, 4);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
  attributes.writeUInt32LE(BPF_F_ALLOW_MULTI, 12);
  try {
    bpf(BPF_PROG_ATTACH, attributes, `attach to ${directory}`);
  } finally {
    closeSync(program);
  }
}

function detach(target: number, id: number, directory: string): void {
  const wanted = Buffer.alloc(48);
  wanted.writeUInt32LE(id, 0);
  const program = bpf(BPF_PROG_GET_FD_BY_ID, wanted, `open program ${id}`);
  const attributes = Buffer.alloc(48);
  attributes.writeUInt32LE(target, 0);
  attributes.writeUInt32LE(program, 4);
  attributes.writeUInt32LE(BPF_CGROUP_DEVICE, 8);
  try {
    bpf(BPF_PROG_DETACH, attributes, `detach from ${directory}`);
  } finally {
    closeSync(program);
  }
}

function loadProgram(code: Buffer): number {
  /* In one piece: who holds the attributes holds what they point to. */
  const whole = Buffer.concat([Buffer.alloc(128), code, Buffer.from('Apache-2.0\0')]);
  const attributes = whole.subarray(0, 128);
  const start = addressOf(whole) + 128n;
  attributes.writeUInt32LE(BPF_PROG_TYPE_CGROUP_DEVICE, 0);
  attributes.writeUInt32LE(code.length / 8, 4);
  attributes.writeBigUInt64LE(start, 8);
  attributes.writeBigUInt64LE(start + BigInt(code.length), 16);
  return bpf(BPF_PROG_LOAD, attributes, 'load device program');
}

function bpf(command: number, attributes: Buffer, detail: string): number {
  return check('bpf', syscall(SYS_bpf, command, attributes, attributes.length), detail);
}
