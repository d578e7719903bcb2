import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Conflict } from './errors.ts';
import { createRing, type RingMemory } from './ring.ts';
import { WorkerPool, workerUrl } from './workers.ts';

type Jobs = {
  double(input: number): number;
  thread(input: { wait: number }): Promise<number>;
  niceness(input: undefined): number;
  takeRing(input: RingMemory): void;
  ringsHeld(input: undefined): number;
  fail(input: 'naru' | 'system' | 'exit'): void;
};

describe('workers', () => {
  let directory = '';
  let pool: WorkerPool<Jobs>;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'naru-workers-'));
    const base = new URL('./', import.meta.url).href;
    writeFileSync(join(directory, 'x.worker.ts'), `
      import { getPriority } from 'node:os';
      import { threadId } from 'node:worker_threads';
      import { readFileSync } from 'node:fs';
      import { serveJobs } from '${base}workers.ts';
      import { Conflict } from '${base}errors.ts';
      import { RingReader } from '${base}ring.ts';
      const rings = [];
      serveJobs({
        double: (n) => n * 2,
        thread: async ({ wait }) => { await new Promise((r) => setTimeout(r, wait)); return threadId; },
        niceness: () => getPriority(),
        takeRing: (ring) => {
          new RingReader(ring);
          rings.push(new WeakRef(ring.data));
        },
        ringsHeld: () => rings.filter((ref) => ref.deref()).length,
        fail: (how) => {
          if (how === 'naru') throw new Conflict('in use');
          if (how === 'exit') process.exit(3);
          readFileSync('/nonexistent/file');
        },
      });`);
    pool = new WorkerPool<Jobs>(() => pathToFileURL(join(directory, 'x.worker.ts')), 200);
  });
  after(() => {
    pool[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });

  it('give way to the main thread', async () => {
    const own = getPriority();
    assert.equal(await pool.run('niceness', undefined), Math.min(own + 5, 19));
    assert.equal(getPriority(), own);
  });

  it('answer jobs, idle ones first', async () => {
    assert.equal(await pool.run('double', 21), 42);
    const first = await pool.run('thread', { wait: 0 });
    assert.equal(await pool.run('thread', { wait: 0 }), first);
    const [a, b] = await Promise.all([pool.run('thread', { wait: 50 }), pool.run('thread', { wait: 0 })]);
    assert.notEqual(a, b, 'a job that waits keeps none from starting');
  });

  it('throw what the job threw, with its class or code, and go on', async () => {
    await assert.rejects(pool.run('fail', 'naru'), (error) => error instanceof Conflict && error.message === 'in use');
    await assert.rejects(pool.run('fail', 'system'), { code: 'ENOENT', syscall: 'open' });
    await assert.rejects(pool.run('fail', 'exit'), { message: 'worker thread ended with code 3 during fail' });
    assert.equal(await pool.run('double', 1), 2);
  });

  it('let go of the rings of jobs that are done, though they do nothing else that V8 would collect for', async () => {
    for (let count = 0; count < 40; count++) await pool.run('takeRing', createRing());
    const held = await pool.run('ringsHeld', undefined);
    assert.ok(held <= 20, `${held} of 40`);
  });

  it('end after a while without work', async () => {
    const before = await pool.run('thread', { wait: 0 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.notEqual(await pool.run('thread', { wait: 0 }), before);
  });

  it('lie beside their caller, or where the bundler puts them', () => {
    assert.equal(workerUrl('x', 'file:///p/room/pool.ts').href, 'file:///p/room/x.worker.ts');
    assert.equal(workerUrl('x', 'file:///d/narud.js').href, 'file:///d/x.worker.js');
    assert.equal(workerUrl('x', 'file:///d/chunks/pool-1.js').href, 'file:///d/x.worker.js');
  });
});
