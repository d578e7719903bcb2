/** SIGUSR1, which has dockerd tell what it is doing, does not open Node's debugger, which any user of the machine could use. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, until } from '../../support/command.ts';
import { sharedDaemon } from '../../support/shared-daemon.ts';

const { daemon, docker } = sharedDaemon();

test('narud at SIGUSR1 goes on, and opens nothing', async () => {
  process.kill(daemon().pid, 'SIGUSR1');
  for (let asked = 0; asked < 5; asked++) await docker('version');
  assert.doesNotMatch(daemon().log, /Debugger|inspector/);
});

test('naru at SIGUSR1 goes on, as docker does, and opens nothing', async () => {
  const events = spawn(join(root, 'bin', 'naru'), ['-H', daemon().host, 'events'], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let told = '';
    let complaint = '';
    events.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    events.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    let tags = 0;
    const another = async (): Promise<boolean> => {
      await docker('tag', 'busybox', `another:${tags++}`);
      return told.includes(`another:${tags - 1}`);
    };
    await until('events are told', another);
    events.kill('SIGUSR1');
    for (const end = tags + 5; tags < end; ) await another();
    await until('events are told after the signal', another);
    assert.equal(complaint, '');
  } finally {
    const closed = once(events, 'close');
    events.kill('SIGKILL');
    await closed;
  }
});
