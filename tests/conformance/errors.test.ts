/**
 * The measured mistakes of Docker's users, made again with the real docker client on a real narud: exit code and words
 * must be the same, but for ids, times and what `drift.ts` names with its reason.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clients } from '../support/daemon.ts';
import { elsewhere, reworded, skipped } from './errors/drift.ts';
import { missing, mistakes, type Mistake } from './errors/ledger.ts';
import { Scene } from './errors/scene.ts';

const noDocker = clients().includes('docker') ? false : 'the docker command is not installed';
const skip = missing || noDocker;

let scene: Scene;
/** Ids of images that the ledger's commands name, as they are here. */
const renamed = new Map<string, string>();

before(async () => {
  if (!skip) scene = await Scene.set();
});
after(async () => {
  await scene?.[Symbol.asyncDispose]();
});

/** What stood there before a mistake was made. */
const preparations: Readonly<Record<string, () => Promise<void>>> = {
  'image-21': async () => void renamed.set('7e30a5cc1b70', await scene.freshImage('led-im:1', 'led-im:2')),
  // The instruction came from the cache in the recording.
  'build-classic-51': async () => void (await scene.daemon.ok('docker', ['build', scene.here('/srv/led/e/e44')])),
  'image-23': async () => {
    renamed.set('f2d2457e5339', await scene.freshImage('led-im:1'));
    await scene.daemon.ok('docker', ['create', '--name', 'led-im', 'led-im:1']);
  },
  'image-27': async () => {
    await scene.daemon.ok('docker', ['commit', 'led-stop', 'led-im:3']);
    await scene.daemon.ok('docker', ['run', '-d', '--name', 'led-im3', 'led-im:3', 'sleep', '1000']);
  },
};

for (const mistake of skip ? [] : mistakes()) {
  test(`${mistake.id}: ${mistake.title}`, { skip: reasonToSkip(mistake) }, async () => {
    await preparations[mistake.id]?.();
    const [command = '', ...args] = mistake.command.map((word) => here(word));
    assert.equal(command, 'docker');
    const env = { DOCKER_API_VERSION: '1.45', ...mistake.env };
    const result = await scene.daemon.run('docker', args, { env, input: mistake.stdin ?? '', timeout: 30_000 });
    assert.deepEqual(
      { exitCode: result.code, stdout: plain(result.stdout), stderr: plain(result.stderr) },
      { exitCode: mistake.exitCode, stdout: plain(here(mistake.stdout)), stderr: plain(here(expectedError(mistake))) },
    );
  });
}
test('the ledger is here', { skip }, () => undefined);

function reasonToSkip({ id, stderr }: Mistake): string | false {
  return skipped[id] ?? elsewhere.find(([pattern]) => pattern.test(stderr))?.[1] ?? false;
}

function expectedError({ id, stderr }: Mistake): string {
  const drift = reworded[id];
  return drift ? stderr.replace(drift.from, drift.to) : stderr;
}

function here(text: string): string {
  return renamed.entries().reduce((result, [then, now]) => result.replaceAll(then, now), scene.here(text));
}

const chance: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{64}/g, '<id>'],
  [/\b[0-9a-f]{12}\b/g, '<short>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/Sending build context to Docker daemon {2}[\d.]+kB/g, 'Sending build context'],
];

function plain(text: string): string {
  return chance.reduce((result, [pattern, word]) => result.replace(pattern, word), text);
}
