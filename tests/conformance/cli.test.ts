/**
 * The command against docker's, without an engine: its help pages beside those of the real docker, the recorded flows with
 * the recorded answers (same requests, same bodies, same words), and the measured mistakes.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FakeEngine } from '../../packages/cli/testing/fake-engine.ts';
import { invoke } from '../../packages/cli/testing/invoke.ts';
import { answersTo, type Mistake } from './cli/mistaken.ts';
import * as known from './cli/known.ts';
import { answersOf, asked, bare, dateOf, type Step } from './cli/recorded.ts';
import { flowNames, missing, read } from './cli/specs.ts';

let here: string;
before(async () => {
  here = await mkdtemp(join(tmpdir(), 'naru-cli-test-'));
  await Promise.all(['config', 't2', 'led-etc', 'e'].map((name) => mkdir(join(here, name))));
  await writeFile(join(here, 'led-a.txt'), 'hello cp\n');
  await writeFile(join(here, 'led-sv.tar'), 'x'.repeat(1024));
  await writeFile(join(here, 'e', 'bad.env'), 'A B=1\n');
  await writeFile(join(here, 'e', 'cid'), '');
});
after(async () => await rm(here, { recursive: true, force: true }));

const measured = '28.2.2';
const installed = /version ([\d.]+)/.exec(spawnSync('docker', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const another = installed === measured ? false : `the docker command here is ${installed ?? 'missing'}, not ${measured}`;

test('the help pages are those of docker', { skip: missing || another }, async () => {
  const { commands } = read<{ readonly commands: readonly { readonly path: string }[] }>('cli', 'cli.json');
  const pages = commands.map(({ path }) => path.split(' ').slice(1)).filter((words) => words.length > 0 && !known.commands.test(words[0] ?? '') && !known.pages.test(words.join(' ')));
  let same = 0;
  for (const words of pages) {
    const env = { DOCKER_HOST: `unix://${here}/none`, DOCKER_CONFIG: join(here, 'config'), HOME: here };
    const ours = await invoke([...words, '--help'], { program: 'docker', env });
    if (ours.stderr.includes('not implemented')) continue;
    const theirs = spawnSync('docker', [...words, '--help'], { encoding: 'utf8', env: { ...env, PATH: process.env['PATH'] } });
    assert.equal(ours.stdout, theirs.stdout, `docker ${words.join(' ')} --help`);
    same++;
  }
  assert.ok(same > 100, `only ${same} pages`);
});

test('recorded flows: the same requests, bodies, words and exit codes', { skip: missing }, async (t) => {
  for (const name of flowNames().filter((file) => !known.flows.test(file))) {
    await t.test(name, async () => {
      const { steps } = read<{ readonly steps: readonly Step[] }>('transcripts', name);
      for (const [index, step] of steps.entries()) if (replayable(step) && !known.steps[`${name} ${index}`]) await replay(step, `${index}: ${step.command.join(' ')}`);
    });
  }
});

function replayable({ command, tty, interrupted }: Step): boolean {
  return command[0] === 'docker' && !tty && !interrupted && (command[1] === 'build' || !known.commands.test(command[1] ?? ''));
}

const recordedHost = 'unix:///srv/led/cap26870.sock';

async function replay(step: Step, what: string): Promise<void> {
  await using engine = await FakeEngine.start(await answersOf(step), '1.45');
  const now = dateOf(step);
  const done = await invoke(step.command.slice(1).map((word) => word.replace('/srv/led/', `${here}/`)), {
    program: 'docker',
    env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: await mkdtemp(join(here, 'config-')), ...step.env },
    ...(step.stdin && { stdin: step.stdin }),
    ...(now !== undefined && { now }),
  });
  const exchanges = asked(step).map(({ request }) => ({ line: `${request.method} ${bare(request.target)}`, body: request.body }));
  assert.deepEqual(engine.requests.toSorted(), exchanges.map(({ line }) => line).toSorted(), `requests of ${what}`);
  for (const { line, body } of exchanges) if (body?.kind === 'json') assert.deepEqual(engine.bodyOf(line), body.json, `${line} of ${what}`);
  assert.equal(done.stderr.replaceAll(`${here}/`, '/srv/led/'), (step.stderr ?? '').replace(/^DEPRECATED[^]*?\n\n/, ''), `errors of ${what}`);
  if (typeof step.stdout === 'string') assert.equal(done.stdout.replaceAll(engine.host, recordedHost), step.stdout, `output of ${what}`);
  assert.equal(done.code, step.exitCode, `exit code of ${what}`);
}

test('measured mistakes: the same words and exit codes', { skip: missing }, async (t) => {
  const { errors } = read<{ readonly errors: readonly Mistake[] }>('errors', 'errors.json');
  let same = 0;
  for (const mistake of errors) {
    const { id, command } = mistake;
    const foreign = command[0] !== 'docker' || known.commands.test(command[1] ?? '') || id.startsWith('build-') || known.mistakes[id];
    const answers = foreign ? undefined : answersTo(mistake);
    if (!answers) continue;
    await t.test(`${id} ${command.join(' ')}`, async () => await makeMistake(mistake, answers));
    same++;
  }
  assert.ok(same > 150, `only ${same} mistakes`);
});

async function makeMistake({ command, env, stdin, exitCode, stdout, stderr }: Mistake, answers: NonNullable<ReturnType<typeof answersTo>>): Promise<void> {
  await using engine = await FakeEngine.start(answers, '1.45');
  const done = await invoke(command.slice(1).map((word) => word.replace('/srv/led/', `${here}/`)), {
    program: 'docker',
    env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: await mkdtemp(join(here, 'config-')), ...env },
    stdin: stdin ?? '',
  });
  const words = (text: string) => text.replaceAll(`${here}/`, '/srv/led/');
  assert.deepEqual({ code: done.code, stdout: words(done.stdout), stderr: words(done.stderr) }, { code: exitCode, stdout, stderr });
}
