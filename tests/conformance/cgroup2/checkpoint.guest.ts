/** naru-runtime's checkpoint and restore by CRIU itself; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, before, suite, test } from 'node:test';
import { attachedDevicePrograms } from '#kernel';
import { Hopeless, until } from '../../support/command.ts';
import { consoleServer } from '../../support/console-server.ts';
import { counting, GuestBundle, program, states } from '../../support/guest-bundle.ts';

/** Emulation is slow: each dump and restore takes seconds. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };

suite('checkpoint and restore', () => {
  let box: GuestBundle;
  before(() => {
    box = new GuestBundle();
  });
  afterEach(() => box.clear());

  test('what was running goes on: memory, files, mounts inside mounts, limits', async () => {
    mkdirSync(box.at('data'));
    symlinkSync('/real', box.at('rootfs/link'));
    box.configure(counting, (spec) => {
      spec.mounts?.push({ destination: '/link', type: 'bind', source: box.at('data'), options: ['bind'] }, { destination: '/real/inner', type: 'bind', source: box.at('rootfs/tmp'), options: ['rbind', 'ro'] });
      Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 64 << 20 }, pids: { limit: 20 } });
    });
    box.detached('run', '--detach', 'one');
    const counted = await box.counted('one', 5);
    box.detached('checkpoint', '--image-path', box.at('images'), 'one');
    assert.match(box.runtime('state', 'one').stderr, /container does not exist/);
    rmSync(box.at('data/inner'), { recursive: true });
    box.detached('restore', '--detach', '--pid-file', box.at('pid'), '--image-path', box.at('images'), '--work-path', box.at('work'), 'one');
    const { pid, status } = box.stateOf('one');
    assert.deepEqual([status, pid], ['running', Number(readFileSync(box.at('pid'), 'utf8'))]);
    await until('it counts on', async () => {
      const now = box.count('one');
      if (now < counted) throw new Hopeless(`it begins again: ${now} after ${counted}`);
      return now > counted;
    });
    assert.equal(box.inside('one', 'sh', '-c', 'cat /proc/self/cgroup; echo new > /link/file; ls -d /real/inner; touch /real/inner/x 2>/dev/null || echo refused'), '0::/\n/real/inner\nrefused');
    assert.equal(readFileSync(box.at('data/file'), 'utf8'), 'new\n');
    const cgroup = '/sys/fs/cgroup/one';
    assert.deepEqual(['memory.max', 'pids.max'].map((name) => readFileSync(join(cgroup, name), 'utf8').trim()), [String(64 << 20), '20']);
    assert.equal(attachedDevicePrograms(cgroup).length, 1);
    assert.equal(box.runtime('delete', '--force', 'one').status, 0);
    assert.deepEqual([existsSync(cgroup), readdirSync(states), readFileSync('/proc/mounts', 'utf8').includes(box.path)], [false, [], false]);
  });

  /**
   * A program between real pipes: what Node itself gives a child are sockets. The first is fed by a shell: busybox's cat splices, and
   * this kernel holds a pipe's lock while it waits for a socket, so that who reads the pipe can be neither stopped nor dumped.
   */
  function piped(...words: string[]) {
    const child = spawn('sh', ['-c', 'while read -r line; do echo "$line"; done | "$@" | cat', 'sh', 'node', ...program, '--log', box.at('log'), ...words], { cwd: box.path, stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return { child, over: once(child, 'close'), next: async () => (await lines.next()).value as string | undefined };
  }

  test('a terminal goes to who asks for it, again and again; the hooks of the host run', long, async () => {
    box.configure('trap "stty size" WINCH; while read -r line; do echo "got $line"; done', (spec) => {
      Object.assign(spec.process ?? {}, { terminal: true });
      const note = (point: string) => [{ path: '/bin/sh', args: ['sh', '-c', `state=$(cat); pid=\${state#*\\"pid\\":}; echo ${point} $(readlink /proc/\${pid%%,*}/ns/uts) >> ${box.at('hooks')}`] }];
      spec.hooks = { prestart: note('prestart'), createRuntime: note('createRuntime') };
    });
    const terminals = consoleServer(box.at('console'));
    try {
      box.detached('run', '--detach', '--console-socket', box.at('console'), 'six');
      await terminals.typed('a', 'got a');
      for (const word of ['b', 'c']) {
        rmSync(box.at('hooks'), { force: true });
        box.detached('checkpoint', '--image-path', box.at('images'), 'six');
        box.detached('restore', '--detach', '--console-socket', box.at('console'), '--image-path', box.at('images'), '--no-subreaper', 'six');
        await terminals.typed(word, `got ${word}`);
        const uts = readlinkSync(`/proc/${box.pidOf('six')}/ns/uts`);
        assert.equal(readFileSync(box.at('hooks'), 'utf8'), `prestart ${uts}\ncreateRuntime ${uts}\n`);
      }
    } finally {
      terminals.close();
    }
  });

  test('a hook that fails ends the restore, and nothing is left', long, async () => {
    box.configure(counting);
    box.detached('run', '--detach', 'seven');
    await box.counted('seven');
    box.detached('checkpoint', '--image-path', box.at('images'), 'seven');
    box.configure(counting, (spec) => void (spec.hooks = { createRuntime: [{ path: '/bin/false' }] }));
    const { status, stderr } = box.runtime('restore', '--detach', '--image-path', box.at('images'), 'seven');
    assert.deepEqual([status, /error running createRuntime hook #0: exit status 1/.test(stderr)], [1, true], stderr);
    assert.deepEqual([readdirSync(states), existsSync('/sys/fs/cgroup/seven')], [[], false]);
  });

  test('what cannot be is said; CRIU is configured by a file of the container\'s', long, () => {
    box.configure(counting, (spec) => void (spec.annotations = { 'org.criu.config': box.at('criu.conf') }));
    writeFileSync(box.at('criu.conf'), 'log-file own.log\n');
    box.detached('run', '--detach', 'eight');
    const refused = (...words: string[]) => box.runtime('checkpoint', '--image-path', box.at('images'), ...words, 'eight').stderr;
    assert.match(refused('--parent-path', '/before'), /--parent-path must be relative/);
    assert.match(refused('--parent-path', '../before'), /invalid --parent-path: stat \S+before: no such file or directory/);
    assert.match(refused('--manage-cgroups-mode', 'none'), /Invalid manage cgroups mode/);
    assert.match(refused('--empty-ns', 'pid'), /namespace \\"pid\\" is not supported/);
    assert.match(refused('--lazy-pages', '--status-fd', '77'), /invalid --status-fd argument 77: bad file descriptor/);
    assert.match(refused('--page-server', 'nowhere'), /Use --page-server ADDRESS:PORT/);
    box.detached('checkpoint', '--leave-running', '--image-path', box.at('images'), 'eight');
    assert.deepEqual([box.stateOf('eight').status, existsSync(box.at('images/own.log'))], ['running', true], 'configured by its own file');
  });

  test('pipes are those of the restore; what is left running stays', long, async () => {
    box.configure('i=0; while read -r line; do i=$((i+1)); echo "$i $line"; done');
    const first = piped('run', 'two');
    first.child.stdin.write('a\n');
    assert.equal(await first.next(), '1 a');
    box.detached('checkpoint', '--leave-running', '--image-path', box.at('images'), 'two');
    first.child.stdin.write('b\n');
    assert.equal(await first.next(), '2 b', 'it goes on');
    first.child.stdin.end();
    await first.over;
    const second = piped('restore', '--image-path', box.at('images'), '--work-path', box.at('work'), 'two');
    second.child.stdin.write('c\n');
    assert.equal(await second.next(), '2 c', 'it goes on from where it was dumped');
    second.child.stdin.end();
    await second.over;
    assert.deepEqual(readdirSync(states), []);
  });
});
