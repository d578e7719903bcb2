/** What a user waits for: run, exec, ps, many at once. */
import { request } from 'node:http';
import { ok } from '../../support/command.ts';
import { measure, timed, type Contenders, type Figure } from '../measure.ts';
import type { Engine } from '../peers.ts';

const isolated = (): Promise<number> => timed(() => ok('unshare', ['--fork', '--pid', '--mount', '--net', '--uts', '--ipc', 'true']));
const cliAlone = (): Promise<number> => timed(() => ok('docker', ['--version']));
const limit = async (): Promise<number> => (await cliAlone()) + (await isolated());

export async function* runWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const each = (work: (engine: Engine) => Promise<unknown>): Contenders =>
    Object.fromEntries(engines.map((engine) => [engine.name, () => timed(() => work(engine))]));
  const oneShot = (...flags: string[]) => (engine: Engine) => engine.docker('run', '--rm', ...flags, 'busybox', 'true');

  yield measure('docker run --rm busybox true', 'ms', '<= 1/9 of dockerd', 15, { ...each(oneShot()), limit });
  yield measure('docker run --rm -p 18080:80', 'ms', '<= 1/9', 9, { ...each(oneShot('-p', '18080:80')), limit });
  yield measure('docker run --rm --network none', 'ms', '27 ms of dockerd\'s 190', 9, { ...each(oneShot('--network', 'none')), limit });
  yield measure('docker run --rm --network host', 'ms', '26 ms of dockerd\'s 128', 9, { ...each(oneShot('--network', 'host')), limit });
  yield measure('create, start, wait, remove by API', 'ms', '<= 10 ms', 25, each(lifeByApi));
  for (const engine of engines) await engine.docker('run', '-d', '--name', 'bench-idle', 'busybox', 'sleep', '10000');
  yield measure('docker exec c true', 'ms', '<= 1/5 of dockerd', 15, { ...each((engine) => engine.docker('exec', 'bench-idle', 'true')), limit: cliAlone });
  yield measure('docker ps', 'ms', '<= 10 ms of dockerd\'s 11', 15, { ...each((engine) => engine.docker('ps')), limit: cliAlone });
  for (const engine of engines) await engine.docker('rm', '-f', 'bench-idle');
}

export async function* manyWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  const each = (work: (engine: Engine) => Promise<number>): Contenders => Object.fromEntries(engines.map((engine) => [engine.name, () => work(engine)]));
  yield measure('50 containers, 8 at a time, no network', '/s', '>= 80 a second', 1, each(async (engine) => 50_000 / (await timed(() => fifty(engine)))));
  yield measure('64 containers with a port each, all at once', 'ms', '<= 1/9 of dockerd', 1, each((engine) => timed(() => sixtyFour(engine)).finally(() => clear(engine, 64))));
  const ports = ['-p', '20000-20205:20000-20205'];
  yield measure('206 published ports: start', 'ms', '<= 120 ms', 1, each(async (engine) => {
    await engine.docker('create', '--name', 'bench-0', ...ports, 'busybox', 'sleep', '10000');
    const time = await timed(() => engine.docker('start', 'bench-0'));
    await clear(engine, 1);
    return time;
  }));
  yield measure('206 published ports: remove', 'ms', '<= 120 ms', 1, each(async (engine) => {
    await engine.docker('run', '-d', '--name', 'bench-0', ...ports, 'busybox', 'sleep', '10000');
    return timed(() => clear(engine, 1));
  }));
}

async function fifty(engine: Engine): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < 50) {
      next += 1;
      await lifeByApi(engine, { HostConfig: { NetworkMode: 'none' } });
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

async function sixtyFour(engine: Engine): Promise<void> {
  await Promise.all(Array.from({ length: 64 }, (_, i) => engine.docker('run', '-d', '--name', `bench-${i}`, '-p', `${21000 + i}:80`, 'busybox', 'sleep', '10000')));
}

async function clear(engine: Engine, count: number): Promise<void> {
  await engine.docker('rm', '-f', ...Array.from({ length: count }, (_, i) => `bench-${i}`));
}

async function lifeByApi(engine: Engine, extra: Record<string, unknown> = {}): Promise<void> {
  const { Id: id } = (await call(engine, 'POST', '/containers/create', { Image: 'busybox', Cmd: ['true'], ...extra })) as { Id: string };
  await call(engine, 'POST', `/containers/${id}/start`);
  await call(engine, 'POST', `/containers/${id}/wait`);
  await call(engine, 'DELETE', `/containers/${id}`);
}

function call(engine: Engine, method: string, path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const outgoing = request({ socketPath: engine.socket, method, path, headers }, (response) => {
      response.toArray().then((chunks: Buffer[]) => {
        const text = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${text}`));
        else resolve(text ? JSON.parse(text) : undefined);
      }, reject);
    });
    outgoing.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
