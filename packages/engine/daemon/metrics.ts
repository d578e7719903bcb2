/**
 * `--metrics-addr`: counters of the daemon in Prometheus' text format (version 0.0.4) at `/metrics`, under dockerd's names
 * where it has one for the same thing.
 */
import { createServer, type Server } from 'node:http';
import { release, totalmem } from 'node:os';
import { processorCount } from '#kernel';
import type { Engine } from '../context.ts';
import { operatingSystem } from '../system/host.ts';
import { naruVersion } from '../version.ts';

type Needs = Pick<Engine, 'config' | 'containers' | 'supervisor' | 'events' | 'log'>;

/** Listens when the configuration names an address. */
export async function serveMetrics(engine: Needs): Promise<Server | undefined> {
  const { metricsAddress: address } = engine.config;
  if (!address) return undefined;
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end('404 page not found\n');
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metrics(engine));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(address.port, address.host, resolve));
  engine.log('info', `metrics API listening on ${address.host}:${address.port}`);
  return server;
}

/** Everything that is counted, each with its type. */
export function metrics(engine: Omit<Needs, 'log' | 'config'>): string {
  const { name, version } = operatingSystem();
  const build = { architecture: process.arch, graphdriver: 'overlay2', kernel: release(), os: name, os_version: version, os_type: 'linux', version: naruVersion };
  const { rss, heapUsed } = process.memoryUsage();
  return [
    gauge('engine_daemon_engine_info', 'The information related to the engine and the OS it is running on', [[build, 1]]),
    gauge('engine_daemon_engine_cpus_cpus', 'The number of cpus that the host system of the engine has', [[{}, processorCount()]]),
    gauge('engine_daemon_engine_memory_bytes', 'The number of bytes of memory that the host system of the engine has', [[{}, totalmem()]]),
    gauge('engine_daemon_container_states_containers', 'The count of containers in various states', states(engine)),
    gauge('engine_daemon_events_subscribers_total', 'The number of current subscribers to events', [[{}, engine.events.listeners]]),
    gauge('process_resident_memory_bytes', 'Resident memory size in bytes', [[{}, rss]]),
    gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes', [[{}, heapUsed]]),
    gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds', [[{}, Math.round(Date.now() / 1000 - process.uptime())]]),
  ].join('');
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

function states(engine: Pick<Engine, 'containers' | 'supervisor'>): Sample[] {
  const counts = { paused: 0, running: 0, stopped: 0 };
  for (const { id } of engine.containers.list()) {
    const status = engine.supervisor.state(id)?.status;
    counts[status === 'paused' ? 'paused' : status === 'running' || status === 'restarting' ? 'running' : 'stopped']++;
  }
  return Object.entries(counts).map(([state, count]) => [{ state }, count]);
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const inside = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`).join(',');
    return `${name}${inside && `{${inside}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}
