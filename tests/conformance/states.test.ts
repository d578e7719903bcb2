/**
 * Every verb in every status that a user can bring a container into, through a real daemon: the answer's code, and dockerd's
 * words where it refuses. The table of what is allowed (packages/supervisor/states.ts) is held against the codes.
 */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { can, type ContainerStatus, type Verb } from '#supervisor';
import { type Answer, call } from '../support/api.ts';
import { until } from '../support/command.ts';
import { Daemon } from '../support/daemon.ts';
import { importBusybox } from '../support/images.ts';

const statuses = ['created', 'running', 'paused', 'restarting', 'exited'] as const satisfies ContainerStatus[];
type Status = (typeof statuses)[number];

let daemon: Daemon;
const api = (method: string, path: string, body?: object | Uint8Array) => call(daemon, method, path, body);
const at = (method: string, path: string, body?: object) => (id: string) => api(method, `/containers/${id}${path}`, body);
const emptyTar = new Uint8Array(1024);

const verbs: Readonly<Record<Verb, (id: string) => Promise<Answer>>> = {
  create: (id) => api('POST', `/containers/create?name=${id}`, { Image: 'busybox' }),
  start: at('POST', '/start'),
  kill: at('POST', '/kill'),
  stop: at('POST', '/stop?t=0'),
  restart: at('POST', '/restart?t=0'),
  pause: at('POST', '/pause'),
  unpause: at('POST', '/unpause'),
  exec: at('POST', '/exec', { Cmd: ['true'] }),
  attach: at('POST', '/attach?stream=1&logs=0'),
  resize: at('POST', '/resize?h=24&w=80'),
  update: at('POST', '/update', { PidsLimit: 50 }),
  rename: (id) => api('POST', `/containers/${id}/rename?name=${id}-renamed`),
  commit: (id) => api('POST', `/commit?container=${id}`, {}),
  remove: at('DELETE', ''),
  wait: at('POST', '/wait'),
  top: at('GET', '/top'),
  stats: at('GET', '/stats?stream=0&one-shot=1'),
  checkpoint: at('POST', '/checkpoints', { CheckpointID: 'c' }),
  cp: (id) => api('PUT', `/containers/${id}/archive?path=/`, emptyTar),
  export: at('GET', '/export'),
};

/** Code, and message with ID and NAME in it, by status; the others have the first. */
type Expectation = { readonly [Of in Status | 'else']?: readonly [number, string?] };
const notRunning = [409, 'container ID is not running'] as const;
const restarting = [409, 'Container ID is restarting, wait until the container is running'] as const;

const expected: Readonly<Record<Verb, Expectation>> = {
  create: { else: [409, 'Conflict. The container name "/NAME" is already in use by container "ID". You have to remove (or rename) that container to be able to reuse that name.'] },
  start: { else: [204], running: [304], restarting: [304], paused: [409, 'cannot start a paused container, try unpause instead'] },
  kill: { else: [409, 'cannot kill container: NAME: container ID is not running'], running: [204], paused: [204], restarting: [204] },
  stop: { else: [204], created: [304], exited: [304] },
  restart: { else: [204] },
  pause: { else: notRunning, running: [204], paused: [409, 'Container ID is already paused'], restarting },
  unpause: { else: [500, 'Container ID is not paused'], paused: [204] },
  exec: { else: notRunning, running: [201], paused: [409, 'Container NAME is paused, unpause the container before exec'], restarting },
  attach: { else: [200], paused: [409, 'container NAME is paused, unpause the container before attach'], restarting: [409, 'container NAME is restarting, wait until the container is running'] },
  resize: { else: notRunning, running: [200], paused: [200] },
  update: { else: [200] },
  rename: { else: [204] },
  commit: { else: [201] },
  remove: {
    else: [204],
    running: [409, 'cannot remove container "/NAME": container is running: stop the container before removing or force remove'],
    paused: [409, 'cannot remove container "/NAME": container is paused and must be unpaused first'],
    restarting: [409, 'cannot remove container "/NAME": container is restarting: stop the container before removing or force remove'],
  },
  wait: { else: [200] },
  top: { else: notRunning, running: [200], paused: [200], restarting },
  stats: { else: [200] },
  checkpoint: { else: [501, 'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.'] },
  cp: { else: [200] },
  export: { else: [200] },
};

async function make(name: string, status: Status): Promise<string> {
  const fails = status === 'restarting';
  const body = { Image: 'busybox', Cmd: fails ? ['false'] : status === 'exited' ? ['true'] : ['sleep', '1000'], Tty: true, HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: fails ? 'always' : 'no' } } };
  const { Id } = (await api('POST', `/containers/create?name=${name}`, body)).json() as { Id: string };
  if (status !== 'created') assert.equal((await api('POST', `/containers/${Id}/start`)).status, 204);
  if (status === 'exited') await api('POST', `/containers/${Id}/wait`);
  if (status === 'paused') await api('POST', `/containers/${Id}/pause`);
  /* The pauses between restarts double: by the sixth there is time to ask something. */
  if (fails) await until('a long pause between restarts', async () => { const { RestartCount, State } = await inspect(Id); return RestartCount >= 5 && State.Status === 'restarting'; });
  assert.equal((await inspect(Id)).State.Status, status);
  return Id;
}

async function inspect(id: string): Promise<{ RestartCount: number; State: { Status: string } }> {
  return (await api('GET', `/containers/${id}/json`)).json() as { RestartCount: number; State: { Status: string } };
}

/** Those that go on until the container ends are helped to their end, once they have begun. */
async function ask(verb: Verb, name: string, id: string): Promise<Answer> {
  const answer = verbs[verb](name);
  if (verb !== 'attach' && verb !== 'wait') return answer;
  const late = Symbol('late');
  const first = await Promise.race([answer, new Promise<typeof late>((wake) => setTimeout(wake, 1000, late))]);
  if (first !== late) return first;
  await api('DELETE', `/containers/${id}?force=1`);
  return answer;
}

suite('verbs and statuses', () => {
  before(async () => {
    daemon = await Daemon.start();
    await importBusybox(daemon);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  for (const status of statuses) {
    test(`a ${status} container`, async (t) => {
      /* Each is asked as soon as it is there: one that restarts does not wait for the others. */
      const asked = await Promise.all((Object.keys(verbs) as Verb[]).map(async (verb) => {
        const name = `${status}-${verb}`;
        const id = await make(name, status);
        return { verb, name, id, answer: await ask(verb, name, id) };
      }));
      for (const { verb, name, id, answer } of asked) {
        await t.test(verb, () => {
          const [code, words] = expected[verb][status] ?? expected[verb].else ?? assert.fail();
          const told = answer.status >= 400 ? complaintOf(verb, answer) : undefined;
          assert.deepEqual([answer.status, told], [code, words?.replaceAll('ID', id).replaceAll('NAME', name)]);
          /* A refusal in the table is one on the wire, and only that; checkpoints are refused in every state by a daemon without --experimental. */
          if (verb !== 'checkpoint') assert.equal(can(verb, status) === 'no' || (verb === 'pause' && status === 'paused') || (verb === 'unpause' && status === 'running'), code >= 400);
        });
      }
      await Promise.all(asked.map(({ id }) => api('DELETE', `/containers/${id}?force=1`)));
    });
  }
});

/** Attach says what is wrong as a line of its stream. */
function complaintOf(verb: Verb, answer: Answer): string {
  return verb === 'attach' ? answer.text.trimEnd() : (answer.json() as { message: string }).message;
}
