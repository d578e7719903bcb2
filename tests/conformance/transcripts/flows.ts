/** What stood there before each recorded flow began, what happened beside it, and which flows are not Naru's to play. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { writeTar } from '#base';
import { until } from '../../support/command.ts';

/** Runs a docker command that must succeed. */
export type Docker = (...args: string[]) => Promise<string>;
/** The same with bytes on its stdin. */
export type DockerWithInput = (input: Promise<Uint8Array>, ...args: string[]) => Promise<string>;

export interface Flow {
  readonly file: string;
  /** The reason, where the whole flow belongs to a part that is not here. */
  readonly skip?: string;
  readonly prepare?: (docker: Docker, withInput: DockerWithInput) => Promise<unknown>;
  /** Before the step of that number. */
  readonly before?: Readonly<Record<number, (docker: Docker) => Promise<unknown>>>;
  /** While the step of that number waits for answers. */
  readonly during?: Readonly<Record<number, (docker: Docker) => Promise<unknown>>>;
  /** Steps that are not Naru's, with the reason. */
  readonly skipSteps?: (command: string) => string | undefined;
  /** Needs the registries at localhost:5000 and, with a password, localhost:5002. */
  readonly registries?: boolean;
}

const echoes = 'echo one; echo two >&2; echo three';

export const flows: readonly Flow[] = [
  { file: '01-version-info.json' },
  { file: '02-image-import.json' },
  { file: '03-run-foreground.json' },
  { file: '04-run-detached-wait.json' },
  { file: '05-create-start-attach.json' },
  { file: '06-run-tty.json' },
  {
    file: '07-logs.json',
    prepare: (docker) => docker('run', '--name', 'led-log', '--label', 'led=1', '--log-opt', 'labels=led', 'bb', 'sh', '-c', echoes),
    before: {
      6: (docker) => again(docker, ['-t', 'bb', 'echo', 'tty-line']),
      7: (docker) => again(docker, ['-d', 'bb', 'sh', '-c', 'echo a; sleep 1; echo b; sleep 1']),
    },
  },
  { file: '08-inspect.json' },
  { file: '10-stats.json', prepare: (docker) => docker('run', '-d', '--name', 'led-st', '-m', '64m', '--memory-swap', '128m', 'bb', 'sleep', '60') },
  { file: '11-top.json', prepare: (docker) => docker('run', '-d', '--name', 'led-top', 'bb', 'sh', '-c', 'sleep 60 & sleep 61').then(() => pause(300)) },
  {
    file: '12-diff.json',
    prepare: async (docker) => {
      const changes = 'echo a > /new; busybox rm /etc/passwd; busybox mkdir -p /tmp; echo t > /tmp/t; busybox ln -s busybox /bin/xx';
      await docker('run', '--name', 'led-diff', 'bb', 'sh', '-c', changes);
      await docker('create', '--name', 'led-diff2', 'bb', 'true');
    },
  },
  { file: '13-cp.json', prepare: (docker) => docker('create', '--name', 'led-cp', 'bb', 'true') },
  {
    file: '14-commit-history.json',
    prepare: (docker) => docker('run', '--name', 'led-cm', '-e', 'A=1', 'bb', 'sh', '-c', 'echo data > /data'),
  },
  { file: '15-save-load.json', prepare: (docker) => docker('tag', 'bb', 'led-sv:1') },
  { file: '17-networks.json', prepare: (docker) => docker('run', '-d', '--name', 'led-n1', 'bb', 'sleep', '60') },
  { file: '18-volumes.json' },
  // The flow looks ten seconds back: the image's own events lie behind that.
  { file: '19-events.json', prepare: () => pause(7000), during: { 0: eventful } },
  {
    file: '21-prune.json',
    prepare: async (docker) => {
      await docker('run', '--name', 'led-pr', 'bb', 'true');
      await docker('network', 'create', 'led-pn');
      await docker('volume', 'create', 'led-pv');
    },
  },
  { file: '22-build-classic.json' },
  { file: '23-build-buildkit.json', skip: 'BuildKit: /session and /grpc answer "not implemented"' },
  {
    file: '25-push-pull.json',
    registries: true,
    prepare: (_, input) => input(pushableTar(), 'import', '-c', 'CMD ["/x"]', '-', 'localhost:5000/led/pp:1'),
    before: {
      2: (docker) => docker('rmi', 'localhost:5000/led/pp:1'),
      15: (docker) => docker('tag', 'bb', 'localhost:5002/led/bb:1'),
    },
    skipSteps: (command) => (command === 'docker images --digests' ? 'lists images that other flows had left' : undefined),
  },
  { file: '26-export.json', prepare: (docker) => docker('create', '--name', 'led-exp', 'bb', 'true') },
  {
    file: '28-healthcheck.json',
    prepare: (docker) => docker('run', '-d', '--name', 'led-hc', '--health-cmd', 'cat /tmp/ok', '--health-interval', '1s', '--health-start-period', '1s', '--health-retries', '2', 'bb', 'sleep', '60'),
    before: {
      1: (docker) => healthOf(docker, 'unhealthy', 4),
      3: (docker) => docker('exec', 'led-hc', 'sh', '-c', 'echo > /tmp/ok').then(() => healthOf(docker, 'healthy', 0)),
    },
  },
  { file: '31-swarm.json', skip: 'swarm mode is not built' },
  { file: '32-compose.json' },
  { file: '33-misc.json', skipSteps: (command) => (command.includes('search') ? 'searching asks Docker Hub, which no test reaches' : undefined) },
  { file: '34-registry-http.json', skip: 'recorded at a registry, not at the daemon' },
  { file: '35-rest.json', prepare: websocketed, skipSteps: swarmOrPlugin },
];

/** The same name once more, with other options. */
async function again(docker: Docker, args: readonly string[]): Promise<void> {
  await docker('rm', '-f', 'led-log');
  await docker('run', '--name', 'led-log', ...args);
}

/** What the recorded listener of events heard. */
async function eventful(docker: Docker): Promise<void> {
  await docker('network', 'create', 'led-evn');
  await docker('volume', 'create', 'led-evv');
  const health = ['--health-cmd', 'true', '--health-interval', '1500ms'];
  const run = docker('run', '--name', 'led-ev', '--network', 'led-evn', '-v', 'led-evv:/d', ...health, 'bb', 'sleep', '2');
  await run;
  await docker('rm', 'led-ev');
  await docker('tag', 'bb', 'led-evt');
  await docker('rmi', 'led-evt');
  await docker('volume', 'rm', 'led-evv');
  await docker('network', 'rm', 'led-evn');
  await pause(300);
}

/** Three million bytes that no gzip makes smaller. */
async function pushableTar(): Promise<Uint8Array> {
  const body = randomBytes(3_000_000);
  return Buffer.concat(await Array.fromAsync(writeTar([{ member: { name: 'x', type: 'file', mode: 0o755 }, body }])));
}

async function healthOf(docker: Docker, status: string, streak: number): Promise<void> {
  const format = '{{.State.Health.Status}} {{.State.Health.FailingStreak}}';
  await until(`led-hc is ${status}`, async () => (await docker('inspect', '--format', format, 'led-hc')) === `${status} ${streak}`);
}

function websocketed(docker: Docker): Promise<unknown> {
  return docker('run', '-d', '--name', 'led-ws', 'bb', 'sh', '-c', 'echo ws; sleep 3');
}

function swarmOrPlugin(command: string): string | undefined {
  if (/docker (plugin)|\/plugins\//.test(command)) return 'plugins are not built';
  if (/docker (swarm|node|secret|config|service|stack)|\/(secrets|configs|tasks|volumes)\//.test(command)) return 'swarm mode is not built';
  return undefined;
}
