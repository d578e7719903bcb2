/**
 * The recorded exchanges of the real docker client with the real daemon, sent again to a real narud: every answer must
 * be the recorded one, field for field but for ids, times and sizes. What differs on purpose is in `drift.ts`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { clients, Daemon } from '../support/daemon.ts';
import { Registry } from '../support/registry.ts';
import { drift } from './transcripts/drift.ts';
import { flows, type Docker, type Flow } from './transcripts/flows.ts';
import { missing, readTranscript } from './transcripts/format.ts';
import { importBb } from './transcripts/image.ts';
import { Names } from './transcripts/names.ts';
import { play, type Stage } from './transcripts/play.ts';

const noDocker = clients().includes('docker') ? false : 'the docker command, which prepares the scenes, is not installed';

for (const flow of flows) {
  test(flow.file, { skip: flow.skip ?? (missing || noDocker), timeout: 120_000 }, async (context) => {
    await using daemon = await Daemon.start();
    const stage: Stage = {
      socketPath: daemon.host.replace('unix://', ''),
      names: new Names(),
      aliases: [['/run/led/dd', join(daemon.directory, 'data')]],
      saved: undefined,
    };
    await using registries = flow.registries ? await startRegistries(daemon, stage) : undefined;
    assert.ok(!flow.registries || registries);
    await importBb(daemon);
    const docker: Docker = (...args) => daemon.ok('docker', args.map((word) => translated(stage, word)));
    await flow.prepare?.(docker, async (input, ...args) => daemon.ok('docker', args.map((word) => translated(stage, word)), { input: await input }));
    for (const [index, step] of readTranscript(flow.file).steps.entries()) {
      const command = step.command.join(' ');
      const unplayed = flow.skipSteps?.(command);
      await context.test(`${index}: ${command}`, { skip: unplayed }, async () => {
        await flow.before?.[index]?.(docker);
        const during = flow.during?.[index];
        const differences = await play(stage, step, during && (() => during(docker).then(() => undefined)));
        assert.deepEqual(differences.filter((line) => !meant(flow, line)), []);
      });
    }
  });
}

function meant(flow: Flow, line: string): boolean {
  return drift.some(([pattern]) => pattern.test(`${flow.file} ${line}`));
}

function translated(stage: Stage, word: string): string {
  return stage.aliases.reduce((text, [then, now]) => text.replaceAll(then, now), word);
}

/** One open registry, one that asks for leduser's password, under the recorded names. */
async function startRegistries(daemon: Daemon, stage: Stage): Promise<AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  const open = resources.use(await Registry.start());
  const users = join(daemon.directory, 'users');
  await writeFile(users, `leduser:${await bcrypt.hash('ledpass', 4)}\n`);
  const guarded = resources.use(await Registry.start('--htpasswd', users));
  for (const [then, registry] of [['localhost:5000', open], ['localhost:5002', guarded]] as const) {
    stage.aliases.push([then, registry.address.replace('127.0.0.1', 'localhost')]);
  }
  return resources.move();
}
