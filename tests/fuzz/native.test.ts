/**
 * The shim's C under libFuzzer, ASan and UBSan: the reader of launch plans, the reader of its socket, the log's writer.
 * NARU_FUZZ_SECONDS sets how long each (60 unless told). What breaks one is kept in the directory that the failure names.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { encodeFrame, encodePlan, FrameType, type LaunchPlan, operations } from '#shim';

const seconds = Number(process.env['NARU_FUZZ_SECONDS'] ?? 60);
const here = join(import.meta.dirname, 'native');
const sources = join(import.meta.dirname, '../../packages/kernel/native');

const plan: LaunchPlan = [
  { op: 'stdio', flags: 2 },
  { op: 'stage' },
  { op: 'cgroup', files: ['/sys/fs/cgroup/pids/x/tasks'] },
  { op: 'mount-fs', destination: '/proc', type: 'proc', source: 'proc', flags: 0, attributes: 14n, propagation: 0, options: ['a=b', 'ro'] },
  { op: 'user', uid: 1, gid: 2, umask: 0, groups: [3, 4] },
  { op: 'seccomp', flags: 0, program: new Uint8Array(16) },
  { op: 'command', arguments: ['sh', '-c', 'true'], environment: ['A=b'] },
];
const frames = Buffer.concat([
  encodeFrame(FrameType.status, { id: 1 }),
  encodeFrame(FrameType.create, { id: 2, payload: encodePlan(plan) }),
  encodeFrame(FrameType.seed, { id: 3, payload: encodePlan(plan) }),
  encodeFrame(FrameType.signal, { id: 4, payload: Buffer.from([9, 0, 0, 0]) }),
  encodeFrame(FrameType.attach, { id: 5, flag: 7 }),
  encodeFrame(FrameType.stdin, { payload: Buffer.from('hello') }),
  encodeFrame(FrameType.resize, { id: 6, payload: Buffer.from([80, 0, 24, 0]) }),
]);

/** Each with the files of the shim that it takes in, and what it begins with. */
const targets: Readonly<Record<string, { readonly with: readonly string[]; readonly seed: Uint8Array }>> = {
  plan: { with: ['plan.c'], seed: encodePlan(plan) },
  protocol: { with: ['client.c', 'request.c', 'plan.c', 'descriptors.c'], seed: Buffer.concat([Buffer.from([200]), frames]) },
  log: { with: ['log.c'], seed: Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(150, 'a"\\\n\u2028\xff'), Buffer.from([1, 40]), Buffer.alloc(6000, 'ü')]) },
};

suite('the C under libFuzzer', () => {
  const directory = mkdtempSync(join(tmpdir(), 'naru-fuzz-'));
  let clean = true;
  after(() => clean && rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'shapes.h'), shapes());

  for (const [name, { with: files, seed }] of Object.entries(targets)) {
    test(`${name}: ${seconds} s`, { timeout: (seconds + 600) * 1000 }, (t) => {
      const program = join(directory, name);
      execFileSync('clang', ['-std=gnu11', '-D_GNU_SOURCE', '-g', '-O1', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all', '-I', sources, '-I', directory, '-o', program, join(here, `${name}.c`), ...files.map((file) => join(sources, file))]);
      const corpus = join(directory, `${name}.corpus`);
      mkdirSync(corpus);
      writeFileSync(join(corpus, 'seed'), seed);
      const run = spawnSync(program, [`-max_total_time=${seconds}`, '-max_len=8192', '-timeout=20', '-rss_limit_mb=1024', `-artifact_prefix=${directory}/${name}-`, corpus], { encoding: 'utf8' });
      clean &&= run.status === 0;
      assert.equal(run.status, 0, `${directory}\n${run.stderr.slice(-6000)}`);
      const runs = Number(/Done (\d+) runs/.exec(run.stderr)?.[1]);
      const covered = Number([...run.stderr.matchAll(/cov: (\d+)/g)].at(-1)?.[1]);
      assert.ok(runs > 500 && covered > 10, run.stderr.slice(-2000));
      t.diagnostic(`${runs} runs, ${covered} edges`);
    });
  }
});

/** The operations' fields in one letter each, for plan.c. */
function shapes(): string {
  const letters = { u32: 'i', u64: 'q', str: 's', list: 'l', u32s: 'n', blob: 'b' } as const;
  return Object.values(operations).map(([code, fields]) => `{${code}, "${Object.values(fields).map((kind) => letters[kind]).join('')}"},\n`).join('');
}
