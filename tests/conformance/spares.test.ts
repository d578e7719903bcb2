/** The spare shims of a crowd (packages/runtime/plan/stock.ts), from a daemon of its own: what a killed daemon, a successor and a limit do to them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { call } from '../support/api.ts';
import { ok, until } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

const crowd = 6;
const least = 2;

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await importBusybox(daemon);
});
after(() => daemon[Symbol.asyncDispose]());
afterEach(() => end());

const spares = (): string[] => readdirSync(join(daemon.directory, 'exec/spares'));
const cgroups = (): string[] => globSync(`/sys/fs/cgroup/*/${parentOf()}/spare-*`);
/** Who has become a container's keeps the directory in its command line, with the container's id in the place of dashes. */
const processes = (): string[] => globSync('/proc/[0-9]*/cmdline').filter((file) => read(file).includes(join(daemon.directory, 'exec/spares')) && read(file).includes('\0----'));
const few = () => until('few spares', async () => spares().length === least);
/** How many of the crowd were served at once is the machine's affair. */
const many = () => until('the spares of a crowd', async () => spares().length > least + 1);
const withoutSpare = (): string[] => cgroups().filter((path) => !spares().includes(basename(path)));

/** A daemon's cgroups carry the hash of its exec root. */
const parentOf = (): string => `naru-${createHash('sha256').update(join(daemon.directory, 'exec')).digest('hex').slice(0, 8)}`;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // ended while we looked
  }
}

/** All at once. */
async function begin(count = crowd): Promise<void> {
  const started = Array.from({ length: count }, async (_, i) => {
    const { status, text } = await call(daemon, 'POST', `/containers/create?name=c${i}`, { Image: 'busybox', Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } });
    assert.equal(status, 201, text);
    return i;
  });
  const created = await Promise.all(started);
  const answers = await Promise.all(created.map((i) => call(daemon, 'POST', `/containers/c${i}/start`)));
  assert.deepEqual(answers.map(({ status }) => status), created.map(() => 204));
}

async function end(): Promise<void> {
  for (let i = 0; i < crowd; i++) await call(daemon, 'DELETE', `/containers/c${i}?force=1`);
}

test('a crowd takes what the one before had made, and each of its containers is in a cgroup of its own', async () => {
  await few();
  await begin();
  await many();
  const before = spares();
  await end();
  await begin();
  assert.deepEqual(spares().filter((name) => before.includes(name)), []);
  const ids = (await ok('docker', ['ps', '-q', '--no-trunc'], { env: daemon.env })).split('\n').sort();
  assert.equal(ids.length, crowd);
  for (const directory of globSync(`/sys/fs/cgroup/pids/${parentOf()}/[0-9a-f]*/`)) {
    assert.ok(ids.includes(basename(directory)), directory);
    assert.equal(read(join(directory, 'cgroup.procs')).trim().split('\n').length, 1);
  }
});

test('where somebody has cleared their directories containers start all the same, and their shims and cgroups go', async () => {
  await begin();
  await many();
  await end();
  await many();
  const old = spares();
  for (const name of old) rmSync(join(daemon.directory, 'exec/spares', name), { recursive: true });
  await begin();
  await until('the end of those', async () => cgroups().every((path) => !old.includes(basename(path))) && processes().every((file) => old.every((name) => !read(file).includes(`/${name}\0`))));
});

test('what a killed daemon had of them its successor clears, and begins with few', async () => {
  await begin();
  await many();
  const old = spares();
  await daemon.crash();
  await daemon.up();
  await few();
  assert.deepEqual(spares().filter((name) => old.includes(name)), []);
  assert.deepEqual(withoutSpare(), []);
  await until('the end of their shims and seeds', async () => processes().every((file) => spares().some((name) => read(file).includes(name))));
});

test('who takes over begins with few, and the old daemon leaves none', async () => {
  await begin();
  await many();
  const old = spares();
  const { ended } = await daemon.handOver();
  await ended;
  await few();
  assert.deepEqual(spares().filter((name) => old.includes(name)), []);
  assert.deepEqual(withoutSpare(), []);
});

test('a daemon that ends leaves none', async () => {
  await begin();
  await many();
  await end();
  await daemon.down();
  try {
    await until('the end of their shims and seeds', async () => processes().length === 0);
    assert.deepEqual([spares(), cgroups()], [[], []]);
  } finally {
    await daemon.up();
  }
});

test('where the parent of all containers has a limit of processes no more than the few are kept', async () => {
  await begin();
  await many();
  await end();
  const limit = `/sys/fs/cgroup/pids/${parentOf()}/pids.max`;
  writeFileSync(limit, '500');
  try {
    await begin(1);
    await few();
  } finally {
    writeFileSync(limit, 'max');
  }
});
