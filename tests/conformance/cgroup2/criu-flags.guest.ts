/** What checkpoint and restore pass on to CRIU, flag by flag, by CRIU itself; runs inside the guest that ../cgroup2.test.ts boots. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, before, suite, test } from 'node:test';
import type { OciSpec } from '#spec';
import { until } from '../../support/command.ts';
import { counting, criu, GuestBundle, program } from '../../support/guest-bundle.ts';

/** Emulation is slow: each dump and restore takes seconds. */
const long = { skip: process.env['NARU_GUEST'] === 'all' ? false : 'npm run guest does it' };

suite('flags of checkpoint and restore', long, () => {
  let box: GuestBundle;
  before(() => {
    box = new GuestBundle();
  });
  afterEach(() => box.clear());

  const dump = (id: string, ...flags: string[]) => box.detached('checkpoint', '--image-path', box.at('images'), ...flags, id);
  const restore = (id: string, ...flags: string[]) => box.detached('restore', '--detach', '--image-path', box.at('images'), '--work-path', box.at('work'), ...flags, id);
  /** Refused without its flag, and unharmed by that: it goes on. */
  const refusedWithout = (id: string, reason: RegExp): void => {
    const { status, stderr } = box.runtime('checkpoint', '--image-path', box.at('images'), id);
    const errors = readFileSync(box.at('images/dump.log'), 'utf8').split('\n').filter((line) => /Error|Warn/.test(line)).join('\n');
    assert.equal(status, 1, stderr);
    assert.match(errors, reason);
    assert.equal(box.stateOf(id).status, 'running');
  };
  const goesOn = async (id: string, after: number): Promise<void> => {
    const now = await box.counted(id, after);
    assert.ok(now > after && now < after + 1000, `${now} after ${after}`);
  };
  const pages = (images: string) => readdirSync(box.at(images)).filter((name) => name.startsWith('pages-')).reduce((sum, name) => sum + statSync(join(box.at(images), name)).size, 0);

  const inHostsNetwork = (spec: OciSpec) => void Object.assign(spec.linux ?? {}, { namespaces: spec.linux?.namespaces?.filter(({ type }) => type !== 'network') });

  test('--pre-dump leaves it running; a dump whose --parent-path that is has only what changed since', async () => {
    box.configure(`a=$(head -c 4000000 /dev/urandom | base64); ${counting}`);
    box.detached('run', '--detach', 'one');
    await box.counted('one');
    box.detached('checkpoint', '--pre-dump', '--image-path', box.at('images/before'), '--work-path', box.at('work'), 'one');
    assert.equal(box.stateOf('one').status, 'running');
    const counted = await box.counted('one', box.count('one'));
    box.detached('checkpoint', '--parent-path', '../before', '--image-path', box.at('images/after'), '--work-path', box.at('work'), 'one');
    assert.equal(readlinkSync(box.at('images/after/parent')), '../before');
    assert.ok(pages('images/after') < pages('images/before') / 2, `${pages('images/after')} of ${pages('images/before')}`);
    box.detached('restore', '--detach', '--image-path', box.at('images/after'), '--work-path', box.at('work'), 'one');
    await goesOn('one', counted);
  });

  test('--lazy-pages: pages follow when they are asked for', async () => {
    box.configure(counting);
    box.detached('run', '--detach', 'two');
    const counted = await box.counted('two', 3);
    mkdirSync(box.at('work'));
    const words = ['checkpoint', '--lazy-pages', '--page-server', '127.0.0.1:27277', '--status-fd', '3', '--image-path', box.at('images'), '--work-path', box.at('work'), 'two'];
    const dumping = spawn('node', [...program, '--log', box.at('log'), ...words], { cwd: box.path, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const dumped = once(dumping, 'exit');
    const told = dumping.stdio[3];
    assert.ok(told);
    assert.deepEqual(await Promise.race([once(told, 'data').then(([bytes]) => [...(bytes as Buffer)]), dumped]), [0], box.said());
    const serving = spawn(criu, ['lazy-pages', '--page-server', '--address', '127.0.0.1', '--port', '27277', '--images-dir', box.at('images'), '--work-dir', box.at('work'), '-vv', '-o', 'lazy.log'], { stdio: 'ignore' });
    const served = once(serving, 'exit');
    await until('the pages are served', async () => existsSync(box.at('work/lazy-pages.socket')));
    box.detached('restore', '--detach', '--lazy-pages', '--image-path', box.at('images'), '--work-path', box.at('work'), 'three');
    await goesOn('three', counted);
    assert.deepEqual([(await served)[0], (await dumped)[0]], [0, 0], box.said());
    assert.match(box.runtime('state', 'two').stderr, /container does not exist/);
  });

  test('--tcp-established: both ends of a connection go on', async () => {
    box.configure('sleep 100000 | nc -l -p 5000 | while read -r n; do echo $n > /dev/shm/next; mv /dev/shm/next /dev/shm/count; done & i=0; while sleep 0.2; do i=$((i+1)); echo $i; done | until nc 127.0.0.1 5000; do sleep 0.5; done', inHostsNetwork);
    box.detached('run', '--detach', 'four');
    await box.counted('four', 3);
    refusedWithout('four', /--tcp-established/);
    const counted = await box.counted('four', box.count('four'));
    dump('four', '--tcp-established');
    restore('four', '--tcp-established');
    await goesOn('four', counted);
  });

  test('--file-locks: who held a lock holds it', async () => {
    for (const file of ['/usr/bin/flock', '/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6']) { // busybox has none
      mkdirSync(dirname(box.at(`rootfs${file}`)), { recursive: true });
      copyFileSync(file, box.at(`rootfs${file}`));
    }
    box.configure(`exec /usr/bin/flock /tmp/lock sh -c '${counting}'`);
    box.detached('run', '--detach', 'five');
    await box.counted('five');
    refusedWithout('five', /--file-locks/);
    dump('five', '--file-locks');
    restore('five', '--file-locks');
    assert.equal(box.inside('five', 'sh', '-c', '/usr/bin/flock -n /tmp/lock true || echo held'), 'held');
  });

  test('--ext-unix-sk: a connection to a socket of the host is made again', async () => {
    const logger = spawn('syslogd', ['-n', '-O', '/tmp/messages'], { stdio: 'ignore' });
    try {
      await until('the log of the host', async () => existsSync('/dev/log'));
      box.configure('i=0; while sleep 0.2; do i=$((i+1)); echo said $i; done | logger', (spec) => {
        spec.mounts?.push({ destination: '/dev/log', type: 'bind', source: '/dev/log', options: ['bind'] });
        inHostsNetwork(spec); // where CRIU sees who is at the other end
      });
      const heard = () => Number([...readFileSync('/tmp/messages', 'utf8').matchAll(/said (\d+)$/gm)].at(-1)?.[1]);
      const above = (number: number) => until(`it says more than ${number}`, async () => heard() > number && heard());
      box.detached('run', '--detach', 'six');
      await above(2);
      refusedWithout('six', /ext-unix-sk/);
      dump('six', '--ext-unix-sk');
      const last = heard();
      restore('six', '--ext-unix-sk');
      await above(last);
      const numbers = [...readFileSync('/tmp/messages', 'utf8').matchAll(/said (\d+)$/gm)].map(([, number]) => Number(number));
      assert.deepEqual(numbers, numbers.map((_, index) => index + 1), 'each once');
    } finally {
      logger.kill();
    }
  });

  test('--manage-cgroups-mode strict: the cgroup that is made for the restore is in CRIU\'s way, and nothing is left', () => {
    box.configure(counting);
    box.detached('run', '--detach', 'nine');
    dump('nine', '--manage-cgroups-mode', 'strict');
    const { status } = box.runtime('restore', '--detach', '--image-path', box.at('images'), '--work-path', box.at('work'), '--manage-cgroups-mode', 'strict', 'nine');
    assert.equal(status, 1);
    assert.match(readFileSync(box.at('work/restore.log'), 'utf8'), /Abort restore of existing cgroups/);
    assert.deepEqual([readdirSync('/tmp/states'), existsSync('/sys/fs/cgroup/nine')], [[], false]);
  });

  for (const mode of ['ignore', 'soft', 'full'] as const) {
    test(`--manage-cgroups-mode ${mode}, --empty-ns network, --shell-job`, async () => {
      box.configure(counting, (spec) => void Object.assign(spec.linux?.resources ?? {}, { memory: { limit: 64 << 20 } }));
      box.detached('run', '--detach', 'eight');
      const counted = await box.counted('eight', 3);
      dump('eight', '--manage-cgroups-mode', mode, '--empty-ns', 'network', '--shell-job');
      restore('eight', '--manage-cgroups-mode', mode, '--empty-ns', 'network', '--shell-job');
      await goesOn('eight', counted);
      assert.equal(readFileSync('/sys/fs/cgroup/eight/memory.max', 'utf8').trim(), String(64 << 20));
      assert.equal(readFileSync('/sys/fs/cgroup/eight/cgroup.procs', 'utf8').includes(`${box.pidOf('eight')}\n`), true);
    });
  }
});
