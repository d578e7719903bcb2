/** naru-runtime's checkpoint and restore by CRIU itself; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, before, suite, test } from 'node:test';
import { attachedDevicePrograms } from '#kernel';
import type { OciSpec } from '#spec';
import { Hopeless, until } from '../../support/command.ts';
import { consoleServer } from '../../support/console-server.ts';

/** Emulation is slow: each dump and restore takes seconds. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };
const criu = '/usr/sbin/criu';
const states = '/tmp/states';
const program = ['--single-threaded', '/naru/dist/naru-runtime/start.cjs', '--root', states, '--criu', criu];

/** What hangs is killed. */
const bounded = { timeout: 300_000, killSignal: 'SIGKILL' } as const;

suite('checkpoint and restore', () => {
  let bundle: string;
  let plain: OciSpec;
  const at = (name: string) => join(bundle, name);

  before(() => {
    bundle = mkdtempSync('/var/tmp/bundle-');
    for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'real']) mkdirSync(at(`rootfs/${name}`), { recursive: true });
    execFileSync('sh', ['-c', `cp /bin/busybox ${bundle}/rootfs/bin && chroot ${bundle}/rootfs /bin/busybox --install -s /bin`]);
    assert.equal(runtime('spec').status, 0);
    plain = JSON.parse(readFileSync(at('config.json'), 'utf8')) as OciSpec;
  });
  afterEach(() => {
    for (const id of existsSync(states) ? readdirSync(states) : []) runtime('delete', '--force', id);
    for (const name of ['images', 'work']) rmSync(at(name), { recursive: true, force: true });
  });

  function runtime(...words: string[]) {
    return spawnSync('node', [...program, ...words], { cwd: bundle, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...bounded });
  }

  /** What stays has the null device for its stdio, and says what went wrong by its log. */
  function detached(...words: string[]): void {
    const { status } = spawnSync('node', [...program, '--log', at('log'), ...words], { cwd: bundle, stdio: 'ignore', ...bounded });
    assert.equal(status, 0, said());
  }
  const said = () => ['log', 'images/dump.log', 'images/restore.log', 'work/restore.log'].filter((name) => existsSync(at(name))).map((name) => `${name}: ${readFileSync(at(name), 'utf8').split('\n').slice(-30).join('\n')}`).join('\n');

  function configure(script: string, change: (spec: OciSpec) => void = () => undefined): void {
    const spec = structuredClone(plain);
    Object.assign(spec.process ?? {}, { terminal: false, args: ['sh', '-c', script] });
    Object.assign(spec.root ?? {}, { readonly: false });
    change(spec);
    writeFileSync(at('config.json'), JSON.stringify(spec));
  }

  const stateOf = (id: string) => JSON.parse(runtime('state', id).stdout) as { pid: number; status: string };
  const inside = (id: string, ...command: string[]) => runtime('exec', id, ...command).stdout.trim();
  /** Counts in its memory, and tells each number by a file of its tmpfs, which is never there half. */
  const counting = 'i=0; while sleep 0.2; do i=$((i+1)); echo $i > /dev/shm/next; mv /dev/shm/next /dev/shm/count; done';
  const pidOf = (id: string) => (JSON.parse(readFileSync(join(states, id, 'state.json'), 'utf8')) as { pid: number }).pid;
  /** A file of the container's: starting a command inside takes a while here. */
  const read = (id: string, path: string) => readFileSync(`/proc/${pidOf(id)}/root/${path}`, 'utf8').trim();
  const count = (id: string) => Number(read(id, '/dev/shm/count'));
  const told = (id: string, above = 0) => until(`it counts above ${above}`, async () => count(id) > above && count(id));

  test('what was running goes on: memory, files, mounts inside mounts, limits', async () => {
    mkdirSync(at('data'));
    symlinkSync('/real', at('rootfs/link'));
    configure(counting, (spec) => {
      spec.mounts?.push({ destination: '/link', type: 'bind', source: at('data'), options: ['bind'] }, { destination: '/real/inner', type: 'bind', source: at('rootfs/tmp'), options: ['rbind', 'ro'] });
      Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 64 << 20 }, pids: { limit: 20 } });
    });
    detached('run', '--detach', 'one');
    const counted = await told('one', 5);
    detached('checkpoint', '--image-path', at('images'), 'one');
    assert.match(runtime('state', 'one').stderr, /container does not exist/);
    rmSync(at('data/inner'), { recursive: true });
    detached('restore', '--detach', '--pid-file', at('pid'), '--image-path', at('images'), '--work-path', at('work'), 'one');
    const { pid, status } = stateOf('one');
    assert.deepEqual([status, pid], ['running', Number(readFileSync(at('pid'), 'utf8'))]);
    await until('it counts on', async () => {
      const now = count('one');
      if (now < counted) throw new Hopeless(`it begins again: ${now} after ${counted}`);
      return now > counted;
    });
    assert.equal(inside('one', 'sh', '-c', 'cat /proc/self/cgroup; echo new > /link/file; ls -d /real/inner; touch /real/inner/x 2>/dev/null || echo refused'), '0::/\n/real/inner\nrefused');
    assert.equal(readFileSync(at('data/file'), 'utf8'), 'new\n');
    const cgroup = '/sys/fs/cgroup/one';
    assert.deepEqual(['memory.max', 'pids.max'].map((name) => readFileSync(join(cgroup, name), 'utf8').trim()), [String(64 << 20), '20']);
    assert.equal(attachedDevicePrograms(cgroup).length, 1);
    assert.equal(runtime('delete', '--force', 'one').status, 0);
    assert.deepEqual([existsSync(cgroup), readdirSync(states), readFileSync('/proc/mounts', 'utf8').includes(bundle)], [false, [], false]);
  });

  /** A program between real pipes: what Node itself gives a child are sockets. */
  function piped(...words: string[]) {
    const child = spawn('sh', ['-c', 'cat | "$@" | cat', 'sh', 'node', ...program, '--log', at('log'), ...words], { cwd: bundle, stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return { child, over: once(child, 'close'), next: async () => (await lines.next()).value as string | undefined };
  }

  test('a terminal goes to who asks for it, again and again; the hooks of the host run', long, async () => {
    configure('trap "stty size" WINCH; while read -r line; do echo "got $line"; done', (spec) => {
      Object.assign(spec.process ?? {}, { terminal: true });
      const note = (point: string) => [{ path: '/bin/sh', args: ['sh', '-c', `state=$(cat); pid=\${state#*\\"pid\\":}; echo ${point} $(readlink /proc/\${pid%%,*}/ns/uts) >> ${at('hooks')}`] }];
      spec.hooks = { prestart: note('prestart'), createRuntime: note('createRuntime') };
    });
    const terminals = consoleServer(at('console'));
    try {
      detached('run', '--detach', '--console-socket', at('console'), 'six');
      await terminals.typed('a', 'got a');
      for (const word of ['b', 'c']) {
        rmSync(at('hooks'), { force: true });
        detached('checkpoint', '--image-path', at('images'), 'six');
        detached('restore', '--detach', '--console-socket', at('console'), '--image-path', at('images'), '--no-subreaper', 'six');
        await terminals.typed(word, `got ${word}`);
        const uts = readlinkSync(`/proc/${pidOf('six')}/ns/uts`);
        assert.equal(readFileSync(at('hooks'), 'utf8'), `prestart ${uts}\ncreateRuntime ${uts}\n`);
      }
    } finally {
      terminals.close();
    }
  });

  test('a hook that fails ends the restore, and nothing is left', long, async () => {
    configure(counting);
    detached('run', '--detach', 'seven');
    await told('seven');
    detached('checkpoint', '--image-path', at('images'), 'seven');
    configure(counting, (spec) => void (spec.hooks = { createRuntime: [{ path: '/bin/false' }] }));
    const { status, stderr } = runtime('restore', '--detach', '--image-path', at('images'), 'seven');
    assert.deepEqual([status, /error running createRuntime hook #0: exit status 1/.test(stderr)], [1, true], stderr);
    assert.deepEqual([readdirSync(states), existsSync('/sys/fs/cgroup/seven')], [[], false]);
  });

  test('what cannot be is said; CRIU is configured by a file of the container\'s', long, () => {
    configure(counting, (spec) => void (spec.annotations = { 'org.criu.config': at('criu.conf') }));
    writeFileSync(at('criu.conf'), 'log-file own.log\n');
    detached('run', '--detach', 'eight');
    const refused = (...words: string[]) => runtime('checkpoint', '--image-path', at('images'), ...words, 'eight').stderr;
    assert.match(refused('--parent-path', '/before'), /--parent-path must be relative/);
    assert.match(refused('--parent-path', '../before'), /invalid --parent-path: stat \S+before: no such file or directory/);
    assert.match(refused('--manage-cgroups-mode', 'none'), /Invalid manage cgroups mode/);
    assert.match(refused('--empty-ns', 'pid'), /namespace \\"pid\\" is not supported/);
    assert.match(refused('--lazy-pages', '--status-fd', '77'), /invalid --status-fd argument 77: bad file descriptor/);
    assert.match(refused('--page-server', 'nowhere'), /Use --page-server ADDRESS:PORT/);
    detached('checkpoint', '--leave-running', '--image-path', at('images'), 'eight');
    assert.deepEqual([stateOf('eight').status, existsSync(at('images/own.log'))], ['running', true], 'configured by its own file');
  });

  test('pipes are those of the restore; what is left running stays', long, async () => {
    configure('i=0; while read -r line; do i=$((i+1)); echo "$i $line"; done');
    const first = piped('run', 'two');
    first.child.stdin.write('a\n');
    assert.equal(await first.next(), '1 a');
    detached('checkpoint', '--leave-running', '--image-path', at('images'), 'two');
    first.child.stdin.write('b\n');
    assert.equal(await first.next(), '2 b', 'it goes on');
    first.child.stdin.end();
    await first.over;
    const second = piped('restore', '--image-path', at('images'), '--work-path', at('work'), 'two');
    second.child.stdin.write('c\n');
    assert.equal(await second.next(), '2 c', 'it goes on from where it was dumped');
    second.child.stdin.end();
    await second.over;
    assert.deepEqual(readdirSync(states), []);
  });
});
