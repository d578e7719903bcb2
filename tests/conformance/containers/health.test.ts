/** Health checks across the lives of daemon and container, and what a container asks to be done when it is unhealthy. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../../support/command.ts';
import { Daemon } from '../../support/daemon.ts';
import { busyboxTar } from '../../support/images.ts';

let daemon: Daemon;
before(async () => {
  daemon = await Daemon.start();
  await daemon.ok('docker', ['import', await busyboxTar(), 'busybox']);
});
after(async () => daemon?.[Symbol.asyncDispose]());

const state = async (name: string) => JSON.parse(await daemon.ok('docker', ['inspect', name]))[0].State;
const check = (command: string, ...more: string[]): string[] => ['--health-cmd', command, '--health-interval', '100ms', '--health-retries', '2', ...more];
const run = (name: string, flags: string[], script = 'sleep 1000') => daemon.ok('docker', ['run', '-d', '--name', name, ...flags, 'busybox', 'sh', '-c', script]);

test('what was known of a container\'s health is known to the next daemon; the next run begins anew', async () => {
  await run('kept', check('exit 3', '--health-interval', '1h', '--health-start-period', '1h', '--health-start-interval', '100ms'));
  await until('two probes are in', async () => (await state('kept')).Health.Log.length >= 2);
  await daemon.crash();
  await daemon.up();
  const { Health } = await state('kept');
  assert.deepEqual([Health.Status, Health.FailingStreak, Health.Log[0].ExitCode], ['starting', 0, 3]);
  await daemon.ok('docker', ['stop', '-t', '0', 'kept']);
  assert.equal((await state('kept')).Health.Status, 'unhealthy');
  await daemon.ok('docker', ['start', 'kept']);
  assert.equal((await state('kept')).Health.Status, 'starting');
  await daemon.ok('docker', ['rm', '-f', 'kept']);
  await run('well', check('true', '--health-interval', '1h', '--health-start-period', '1h', '--health-start-interval', '100ms'));
  await until('it is well', async () => (await state('well')).Health.Status === 'healthy');
  await daemon.crash();
  await daemon.up();
  await until('the next daemon found out for itself', async () => (await state('well')).Health.Log.length >= 2 && (await state('well')).Health.Status === 'healthy');
  await daemon.ok('docker', ['rm', '-f', 'well']);
});

test('naru.health-on-failure: restart, kill, stop; refused where it cannot be', async () => {
  const policy = (word: string): string[] => ['--label', `naru.health-on-failure=${word}`];
  await run('again', [...check('test ! -e /sick'), ...policy('restart'), '--stop-timeout', '0'], '[ -e /once ] && rm -f /sick || touch /once /sick; sleep 1000');
  await until('its second run has healed it', async () => (await daemon.run('docker', ['exec', 'again', 'sh', '-c', '[ -e /once ] && [ ! -e /sick ]'])).code === 0);
  await run('killed', [...check('false'), ...policy('kill')]);
  await until('it is dead', async () => (await state('killed')).ExitCode === 137);
  await run('stopped', [...check('false'), ...policy('stop'), '--stop-timeout', '0']);
  await until('it is stopped', async () => (await state('stopped')).Status === 'exited');
  await daemon.ok('docker', ['rm', '-f', 'again', 'killed', 'stopped']);
  assert.match((await daemon.run('docker', ['create', ...policy('pray'), 'busybox', 'true'])).stderr, /invalid naru\.health-on-failure "pray"/);
  assert.match((await daemon.run('docker', ['create', ...policy('kill'), 'busybox', 'true'])).stderr, /naru\.health-on-failure "kill" needs a health check/);
});

test('what a probe said before its time was up is told', async () => {
  await run('slow', check('echo so far; sleep 1000', '--health-timeout', '300ms'));
  const late = 'Health check exceeded timeout (300ms): so far\n';
  await until('a late probe had said something', async () => (await state('slow')).Health.Log.some(({ Output }: { Output: string }) => Output === late));
  await daemon.ok('docker', ['rm', '-f', 'slow']);
});
