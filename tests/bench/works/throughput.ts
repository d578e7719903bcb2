/** iperf3 from container to container, and through a published port from the engine's host and from outside it; Debian's iperf3 runs in the containers' networks. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ok, until } from '../../support/command.ts';
import { install } from '../../support/images.ts';
import { Sandbox } from '../../support/sandbox.ts';
import type { Engine } from '../peers.ts';
import { measure, type Figure } from '../measure.ts';

const PORT = 5201;
/** Short rounds in turn: whatever else the machine does meanwhile meets all engines alike. */
const ROUNDS = 15;
const SECONDS = 60;
/** A wire for each engine: two of them may share a namespace. */
const wires = ['198.51.100', '203.0.113'] as const;

export async function* throughputWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  await install('iperf3=iperf3');
  await using servers = new AsyncDisposableStack();
  for (const engine of engines) {
    await engine.docker('run', '-d', '--name', 'bench-server', '-p', `${PORT}:${PORT}`, 'busybox', 'sleep', '10000');
    await engine.docker('run', '-d', '--name', 'bench-client', 'busybox', 'sleep', '10000');
    servers.use(await serve(engine));
  }
  const clients = new Map<Engine, { readonly pid: number; readonly host: string }>();
  for (const [i, engine] of engines.entries()) clients.set(engine, servers.use(await outside(engine, wires[i] ?? assert.fail('a wire for every engine'))));
  const each = (way: (engine: Engine) => Promise<number>) => Object.fromEntries(engines.map((engine) => [engine.name, () => way(engine)]));
  yield measure('container to container', 'MB/s', '>= 95% of dockerd', ROUNDS, each(async (engine) => stream(await pidOf(engine, 'bench-client'), await addressOf(engine))), SECONDS);
  yield measure('the host to a published port', 'MB/s', '>= 95% of dockerd', ROUNDS, each((engine) => stream(engine.pid, '127.0.0.1')), SECONDS);
  yield measure('from outside to a published port', 'MB/s', '>= 95% of dockerd', ROUNDS, each((engine) => {
    const { pid, host } = clients.get(engine) ?? assert.fail('a client for every engine');
    return stream(pid, host);
  }), SECONDS);
  for (const engine of engines) await engine.docker('rm', '-f', 'bench-server', 'bench-client');
}

/** Somebody at the far end of a wire to the engine's host, which is `host` there; both go with him. */
async function outside(engine: Engine, net: string): Promise<AsyncDisposable & { readonly pid: number; readonly host: string }> {
  const client = await Sandbox.open('0'.repeat(64));
  const near = `bench${engine.pid}`;
  const host = `${net}.1`;
  try {
    await ok('nsenter', ['-t', String(engine.pid), '-n', 'sh', '-ec', `ip link add ${near} type veth peer name eth0 netns ${client.pid}; ip addr add ${host}/24 dev ${near}; ip link set ${near} up`]);
    const { code, stderr } = await client.sh(`set -e; ip link set lo up; ip addr add ${net}.2/24 dev eth0; ip link set eth0 up`);
    assert.equal(code, 0, stderr);
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
  return { pid: client.pid, host, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** A server in the network of the server's container, for one client after another. */
async function serve(engine: Engine): Promise<AsyncDisposable> {
  const server = spawn('nsenter', ['-t', String(await pidOf(engine, 'bench-server')), '-n', 'iperf3', '-s', '-p', String(PORT)], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  return {
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await ended;
    },
  };
}

/** Megabytes a second from the network of process `from` to the server, once that listens and the former client is done. */
async function stream(from: number, address: string): Promise<number> {
  const attempt = () => ok('nsenter', ['-t', String(from), '-n', 'iperf3', '-J', '-t', '1', '-c', address, '-p', String(PORT)], { timeout: 10_000 });
  const json = await until('the server', attempt, 30);
  return (JSON.parse(json) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received.bits_per_second / 8e6;
}

async function pidOf(engine: Engine, name: string): Promise<number> {
  return Number(await engine.docker('inspect', '-f', '{{.State.Pid}}', name));
}

function addressOf(engine: Engine): Promise<string> {
  return engine.docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'bench-server');
}
