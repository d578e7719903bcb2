/** Network namespaces as containers have them, held by a sleeping process each; the tests look at the network from inside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '#base';
import { createNetworks, type DnsOptions, type EndpointRequest, type Networks, type NetworksOptions } from '#network';
import { ok, run, until, type Result } from './command.ts';

export const noDns: DnsOptions = { servers: [], search: [], options: [] };

/** A namespace with nobody in it but `sleep`. */
export class Sandbox implements AsyncDisposable {
  readonly containerId: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #servers: ChildProcess[] = [];

  private constructor(containerId: string, child: ChildProcess, pid: number) {
    this.containerId = containerId;
    this.#child = child;
    this.pid = pid;
  }

  static async open(containerId: string): Promise<Sandbox> {
    const child = spawn('unshare', ['-n', 'sleep', '3600'], { stdio: 'ignore' });
    const pid = child.pid ?? 0;
    const home = readlinkSync('/proc/self/ns/net');
    await until('a namespace', async () => readlinkSync(`/proc/${pid}/ns/net`) !== home);
    return new Sandbox(containerId, child, pid);
  }

  /** Runs a shell command inside. */
  sh(script: string): Promise<Result> {
    return run('nsenter', ['-t', String(this.pid), '-n', 'sh', '-c', script], { timeout: 120_000 });
  }

  /** Serves a page with this text at a port inside, once it listens. */
  async serve(port: number, text: string, directory: string): Promise<void> {
    writeFileSync(join(directory, 'index.html'), text);
    this.#servers.push(spawn('nsenter', ['-t', String(this.pid), '-n', 'busybox', 'httpd', '-f', '-p', String(port), '-h', directory], { stdio: 'ignore' }));
    await until('a listener', async () => (await this.sh(`busybox nc -w 1 127.0.0.1 ${port} </dev/null`)).code === 0);
  }

  /** Asks a UDP port from inside until it answers, from the very address that was asked; '' when nobody does within so many seconds. */
  async askUdp(address: string, port: number, seconds = 60): Promise<string> {
    const program = `const s = require('node:dgram').createSocket('udp${address.includes(':') ? 6 : 4}'); s.on('error', () => {}); s.on('message', (m) => { console.log(String(m)); process.exit(); }); s.connect(${port}, '${address}', () => setInterval(() => s.send('?'), 200)); setTimeout(() => process.exit(), ${seconds * 1000})`;
    return (await run('nsenter', ['-t', String(this.pid), '-n', process.execPath, '-e', program], { timeout: (seconds + 60) * 1000 })).stdout.trim();
  }

  /** Answers every datagram at a port inside, over both families, with `text`. */
  async answerUdp(port: number, text: string): Promise<void> {
    const program = `const s = require('node:dgram').createSocket('udp6'); s.on('message', (m, r) => s.send(${JSON.stringify(text)}, r.port, r.address)); s.bind(${port}, () => console.log('up'))`;
    const server = spawn('nsenter', ['-t', String(this.pid), '-n', process.execPath, '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#servers.push(server);
    await once(server.stdout, 'data');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#servers, this.#child]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }
}

/** A wire with a neighbour at 10.66.0.1, for macvlan; the host's end is `nrtest-up`. The kernel takes its time over the end of the one before. */
export async function wire(): Promise<Sandbox> {
  await until('the end of the former wire', async () => (await run('ip', ['link', 'show', 'nrtest-up'])).code !== 0);
  const neighbour = await Sandbox.open('e'.repeat(64));
  try {
    await ok('ip', ['link', 'add', 'nrtest-up', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(neighbour.pid)]);
    await ok('ip', ['link', 'set', 'nrtest-up', 'up']);
    await neighbour.sh('ip addr add 10.66.0.1/24 dev eth0; ip link set eth0 up');
  } catch (error) {
    await neighbour[Symbol.asyncDispose]();
    throw error;
  }
  return neighbour;
}

/** One daemon's networks over a store of their own; `reopen` is what a daemon does that was killed and started again. */
export class NetworkWorld implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'naru-net-'));
  readonly sandboxes: Sandbox[] = [];
  readonly warnings: string[] = [];
  readonly #options: Partial<NetworksOptions>;
  #db: Database;
  networks: Networks;

  constructor(options: Partial<NetworksOptions> = {}) {
    this.#options = options;
    this.#db = new Database(join(this.directory, 'naru.db'));
    this.networks = this.#create();
  }

  /** A sandbox with one endpoint, attached. */
  async attach(name: string, request: Partial<EndpointRequest> = {}, dns: DnsOptions = noDns): Promise<Sandbox> {
    const containerId = Buffer.from(name).toString('hex').padEnd(64, '0');
    const sandbox = await Sandbox.open(containerId);
    this.sandboxes.push(sandbox);
    await this.networks.allocate({ containerId, containerName: name, network: 'bridge', aliases: [], ports: [], ...request });
    await this.networks.attach(sandbox, dns);
    return sandbox;
  }

  addressOf(sandbox: Sandbox, network?: string): string {
    const endpoints = this.networks.endpoints({ containerId: sandbox.containerId });
    const endpoint = endpoints.find(({ networkName }) => network === undefined || networkName === network);
    return endpoint?.ipv4?.address ?? '';
  }

  /** Forgets everything that was in memory, closing nothing but what the kernel closes for a dead process. */
  async reopen(): Promise<void> {
    await this.networks.close({ keepDataPath: true });
    this.#db[Symbol.dispose]();
    this.#db = new Database(join(this.directory, 'naru.db'));
    this.networks = this.#create();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sandbox of this.sandboxes) await sandbox[Symbol.asyncDispose]();
    await this.networks.close({ keepDataPath: false });
    this.#db[Symbol.dispose]();
    rmSync(this.directory, { recursive: true });
  }

  #create(): Networks {
    return createNetworks({ db: this.#db, execRoot: this.directory, warn: (message) => void this.warnings.push(message), ...this.#options });
  }
}

/** Fetches a page as a shell command that prints the page, or fails within so many seconds. */
export function fetchCommand(address: string, port: number, seconds: number, path = '/'): string {
  return `printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' | timeout ${seconds} busybox nc -w ${seconds} ${address} ${port}`;
}
