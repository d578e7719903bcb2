/** iperf3 from container to container, and from the engine's host through a published port; Debian's iperf3 runs in the containers' networks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ok, until } from '../../support/command.ts';
import { install } from '../../support/images.ts';
import type { Engine } from '../peers.ts';
import { measure, type Figure } from '../measure.ts';

const PORT = 5201;

export async function* throughputWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  await install('iperf3=iperf3');
  for (const engine of engines) {
    await engine.docker('run', '-d', '--name', 'bench-server', '-p', `${PORT}:${PORT}`, 'busybox', 'sleep', '10000');
    await engine.docker('run', '-d', '--name', 'bench-client', 'busybox', 'sleep', '10000');
  }
  const each = (way: (engine: Engine) => Promise<number>) => Object.fromEntries(engines.map((engine) => [engine.name, () => way(engine)]));
  yield measure('container to container', 'MB/s', '>= 95% of dockerd', 3, each(async (engine) => stream(engine, await pidOf(engine, 'bench-client'), await addressOf(engine))));
  yield measure('the host to a published port', 'MB/s', '>= 95% of dockerd', 3, each((engine) => stream(engine, engine.pid, '127.0.0.1')));
  for (const engine of engines) await engine.docker('rm', '-f', 'bench-server', 'bench-client');
}

/** Megabytes a second from the network of process `from` to a server in the server's container. */
async function stream(engine: Engine, from: number, address: string): Promise<number> {
  const server = spawn('nsenter', ['-t', String(await pidOf(engine, 'bench-server')), '-n', 'iperf3', '-s', '-1', '-p', String(PORT)], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const attempt = () => ok('nsenter', ['-t', String(from), '-n', 'iperf3', '-J', '-t', '3', '-c', address, '-p', String(PORT)], { timeout: 10_000 });
  const json = await until('the server', attempt, 30).finally(() => server.kill());
  await ended;
  return (JSON.parse(json) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received.bits_per_second / 8e6;
}

async function pidOf(engine: Engine, name: string): Promise<number> {
  return Number(await engine.docker('inspect', '-f', '{{.State.Pid}}', name));
}

function addressOf(engine: Engine): Promise<string> {
  return engine.docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'bench-server');
}
