/** A host with an outside: the host is a network namespace with a daemon in it, the client another one at the far end of its wire. */
import { ok, until } from './command.ts';
import { Daemon } from './daemon.ts';
import { Sandbox } from './sandbox.ts';

export const hostAt = { 4: '203.0.113.1', 6: '2001:db8::1' } as const;
export const clientAt = { 4: '203.0.113.2', 6: '2001:db8::2' } as const;

export class Outside implements AsyncDisposable {
  readonly host: Sandbox;
  readonly client: Sandbox;
  readonly daemon: Daemon;

  private constructor(host: Sandbox, client: Sandbox, daemon: Daemon) {
    this.host = host;
    this.client = client;
    this.daemon = daemon;
  }

  static async open(...flags: string[]): Promise<Outside> {
    const [host, client] = [await Sandbox.open('1'.repeat(64)), await Sandbox.open('2'.repeat(64))];
    await must(host, `ip link set lo up; ip link add up0 type veth peer name eth0 netns ${client.pid}; ip addr add ${hostAt[4]}/24 dev up0; ip addr add ${hostAt[6]}/64 dev up0 nodad; ip link set up0 up`);
    await must(client, `ip link set lo up; ip addr add ${clientAt[4]}/24 dev eth0; ip addr add ${clientAt[6]}/64 dev eth0 nodad; ip link set eth0 up`);
    await must(host, `ip route add default via ${clientAt[4]}; ip -6 route add default via ${clientAt[6]}`);
    return new Outside(host, client, await Daemon.startIn(host.pid, ...flags));
  }

  /** Runs a command with the docker CLI's arguments on the host. */
  docker(...args: string[]): Promise<string> {
    return this.daemon.ok('docker', args);
  }

  /** What curl got, from inside a namespace; '' when nobody answered within so many seconds. */
  async fetch(from: Sandbox, url: string, seconds = 60): Promise<string> {
    return (await from.sh(`curl -s -m ${seconds} --noproxy '*' '${url}'`)).stdout.trim();
  }

  /** Runs a shell command in the network of a running container, with the host's programs. */
  async inContainer(name: string, script: string): Promise<string> {
    const pid = await this.docker('inspect', '-f', '{{.State.Pid}}', name);
    return ok('nsenter', ['-t', pid, '-n', 'sh', '-c', script]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    await this.host[Symbol.asyncDispose]();
    await this.client[Symbol.asyncDispose]();
  }
}

/** What a container's network shows at an interface while `work` goes on, as tcpdump prints it. */
export async function capture(world: Outside, container: string, filter: string, work: () => Promise<unknown>): Promise<string> {
  const seen = world.inContainer(container, `timeout -s INT 200 tcpdump -c 1 -nn -i eth0 '${filter}' 2>/dev/null`);
  // tcpdump says nothing once it listens: a packet that comes before is followed by others.
  let caught: string | undefined;
  seen.then((text) => (caught = text), () => (caught = ''));
  return until('a packet', async () => {
    await work();
    return caught;
  });
}

async function must(sandbox: Sandbox, script: string): Promise<void> {
  const { code, stderr } = await sandbox.sh(`set -e; ${script}`);
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
}
