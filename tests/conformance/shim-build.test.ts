/** How naru-shim is built: hardened as far as its toolchain can, and free of what ASan and UBSan find. Needs root. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { root } from '../support/command.ts';

const shim = join(root, 'dist/naru-shim');
const readelf = (...flags: string[]) => execFileSync('readelf', ['--wide', ...flags, shim], { encoding: 'utf8' });

suite('the program', () => {
  test('is static and position independent, and needs no loader', () => {
    assert.match(readelf('--file-header'), /Type:\s+DYN/);
    assert.doesNotMatch(readelf('--program-headers'), /INTERP/);
    assert.doesNotMatch(readelf('--dynamic'), /NEEDED|TEXTREL|RPATH|RUNPATH/);
  });

  test('has nothing that is writable and executable, a stack that is no code, and relocations that are read-only from the start', () => {
    const segments = [...readelf('--program-headers').matchAll(/^ {2}(\w+) .* ([R ][W ][E ]) +0x/gm)].map(([, type = '', flags = '']) => ({ type, flags }));
    assert.ok(segments.some(({ type }) => type === 'LOAD'));
    assert.deepEqual(segments.filter(({ flags }) => flags.includes('W') && flags.includes('E')), []);
    assert.equal(segments.find(({ type }) => type === 'GNU_STACK')?.flags, 'RW ');
    assert.equal(segments.find(({ type }) => type === 'GNU_RELRO')?.flags, 'R  ');
    assert.match(readelf('--dynamic'), /BIND_NOW|FLAGS_1.*NOW/);
  });

  test('guards its stack, and marks where it may be jumped to', { skip: process.arch !== 'x64' && 'the instructions are looked for as x86-64 has them' }, () => {
    const code = readFileSync(shim);
    const count = (hex: string) => code.toString('hex').split(hex).length - 1;
    assert.ok(count('64488b042528000000') + count('64482b042528000000') > 20, 'no canary: mov or sub %fs:0x28');
    assert.ok(count('f30f1efa') > 50, 'no endbr64');
  });

  test('is small, and carries no symbols', () => {
    assert.ok(statSync(shim).size < 110_000);
    assert.doesNotMatch(readelf('--sections'), /\.symtab|\.debug/);
  });
});

test('who holds a user namespace for the map of a mount\'s ids goes with who asked for it, killed as he may be', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'naru-mapper-'));
  const native = join(root, 'packages/kernel/native');
  try {
    const program = join(directory, 'mapper');
    execFileSync('gcc', ['-std=gnu11', '-D_GNU_SOURCE', '-I', native, '-o', program, join(root, 'tests/conformance/native/mapper.c'), ...['join.c', 'plan.c', 'descriptors.c'].map((file) => join(native, file))]);
    assert.equal(execFileSync(program, { encoding: 'utf8', timeout: 30_000, killSignal: 'SIGKILL' }), '3 children, 1 killed, 0 failed\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

suite('under ASan and UBSan', () => {
  test('the runtime\'s and the shim\'s suites find nothing', { timeout: 900_000 }, () => {
    execFileSync('sh', [join(root, 'scripts/build-shim.sh'), 'sanitize'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const program = join(root, 'dist/naru-shim-sanitize');
    for (const old of globSync(`${program}.log.*`)) rmSync(old);
    /* This build is linked to libraries that no container has: what runs it inside one is left out, and the rounds, which
     * are many for a program this slow. */
    const inside = ['an init reaps', '/proc/self/exe is no file', 'no descriptor of the host', 'a hundred rounds'];
    const files = ['runtime', 'shim'].map((name) => join(root, `tests/conformance/${name}.test.ts`));
    const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
    const run = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...inside.map((name) => `--test-skip-pattern=${name}`), ...files], { encoding: 'utf8', env: { ...env, NARU_SHIM: program } });
    assert.deepEqual(globSync(`${program}.log.*`).map((file) => readFileSync(file, 'utf8')), []);
    assert.equal(run.status, 0, run.stdout.slice(-8000));
  });
});
