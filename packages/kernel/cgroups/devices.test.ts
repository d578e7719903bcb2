import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OciDeviceRule } from '#spec';
import { deviceSettings } from './devices-v1.ts';
import { compileDeviceProgram } from './devices-v2.ts';

const denyAll: OciDeviceRule = { allow: false, access: 'rwm' };
const character = (allow: boolean, major: number, minor: number, access = 'rwm'): OciDeviceRule => ({ allow, type: 'c', major, minor, access });
const print = (rules: OciDeviceRule[]) => deviceSettings(rules).map(({ file, value }) => `${file.slice('devices.'.length)} ${value}`);

test('v1: the default, then the exceptions, each once, with what every container may', () => {
  assert.deepEqual(print([denyAll, character(true, 10, 200, 'rw'), character(true, 10, 200, 'm'), denyAll, character(true, 10, 229), character(false, 10, 229, 'wm')]), [
    'deny a', 'allow c 10:229 r', 'allow c *:* m', 'allow b *:* m', 'allow c 1:3 rwm', 'allow c 1:5 rwm', 'allow c 1:7 rwm', 'allow c 1:8 rwm',
    'allow c 1:9 rwm', 'allow c 5:0 rwm', 'allow c 5:1 rwm', 'allow c 5:2 rwm', 'allow c 10:200 rwm', 'allow c 136:* rwm',
  ]);
  assert.deepEqual(print([]), print([denyAll])); // what no rule speaks of is denied
  assert.deepEqual(print([character(true, 7, 1)]), print([denyAll, character(true, 7, 1)]));
});

test('v1: everything, and everything but', () => {
  assert.deepEqual(print([{ allow: true, access: 'rwm' }]), ['allow a']);
  assert.deepEqual(print([{ allow: true, access: 'rwm' }, character(false, 10, 229)]), ['allow a', 'deny c 10:229 rwm']);
  assert.deepEqual(deviceSettings(undefined), []);
});

/** The handful of eBPF instructions that the program is made of. */
function ask(program: Buffer, type: 'b' | 'c', access: string, major: number, minor: number): boolean {
  const bits = [...access].reduce((sum, letter) => sum | ({ m: 1, r: 2, w: 4 }[letter] ?? 0), 0);
  const context = [(bits << 16) | (type === 'b' ? 1 : 2), major, minor];
  const registers: number[] = Array.from({ length: 11 }, () => 0);
  for (let at = 0; ; at++) {
    const [op, both, offset, value] = [program.readUInt8(at * 8), program.readUInt8(at * 8 + 1), program.readInt16LE(at * 8 + 2), program.readInt32LE(at * 8 + 4)];
    const [to, from] = [both & 15, both >> 4];
    if (op === 0x95) return registers[0] === 1;
    if (op === 0x61) registers[to] = context[offset / 4] ?? 0;
    else if (op === 0xbf) registers[to] = registers[from] ?? 0;
    else if (op === 0xb7) registers[to] = value;
    else if (op === 0x57) registers[to] = (registers[to] ?? 0) & value;
    else if (op === 0x77) registers[to] = (registers[to] ?? 0) >>> value;
    else if (op === 0x55 ? registers[to] !== value : registers[to] === value) at += offset;
  }
}

test('a rule that takes back part of a wider one is refused: v1 would pass it over', () => {
  const major = { allow: true, type: 'c', major: 7, access: 'rw' } as const;
  assert.throws(() => print([denyAll, major, character(false, 7, 1)]), { message: 'device rule c 7:1 rwm is not supported: it would make a hole in c 7:* rw' });
  assert.throws(() => compileDeviceProgram([{ allow: true, access: 'rwm' }, { allow: false, type: 'b', access: 'w' }, { allow: true, type: 'b', major: 8, minor: 0, access: 'w' }]), /hole in b \*:\* w/);
  print([denyAll, major, character(false, 7, 1, 'm'), { ...major, allow: false }]);
});

test('v2: the program answers as the rules say', () => {
  const program = compileDeviceProgram([denyAll, character(true, 10, 201, 'rw')]);
  assert.equal(ask(program, 'c', 'rw', 10, 201), true);
  assert.equal(ask(program, 'c', 'r', 10, 201), true);
  assert.equal(ask(program, 'c', 'rwm', 10, 201), false);
  assert.equal(ask(program, 'c', 'm', 99, 1), true);
  assert.equal(ask(program, 'b', 'm', 8, 0), true);
  assert.equal(ask(program, 'b', 'r', 8, 0), false);
  assert.equal(ask(program, 'c', 'rw', 136, 17), true);
  assert.equal(ask(program, 'b', 'rw', 136, 17), false);
  const open = compileDeviceProgram([{ allow: true, access: 'rwm' }, character(false, 10, 229, 'w')]);
  assert.equal(ask(open, 'b', 'rw', 8, 0), true);
  assert.equal(ask(open, 'c', 'r', 10, 229), true);
  assert.equal(ask(open, 'c', 'rw', 10, 229), false);
});
