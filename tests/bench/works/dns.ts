/** Answers of the resolver inside a container, asked over one socket: a name of its network, and one of the world that was asked before. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ok, root } from '../../support/command.ts';
import type { Engine } from '../peers.ts';
import { measure, type Figure } from '../measure.ts';

const COUNT = 4000;
/** Questions on their way at a time: what is measured is the resolver, not the asker's wait for its turn. */
const AT_ONCE = 16;

/** Asks for a name as often as told; prints the milliseconds of one answer. Runs in the container's network with the bench's own Node. */
const asker = `
  const socket = require('node:dgram').createSocket('udp4');
  const labels = process.argv[1].split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const query = Buffer.concat([Buffer.from('000101000001000000000000', 'hex'), ...labels, Buffer.from([0, 0, 1, 0, 1])]);
  let sent = 0, answered = 0, began;
  const ask = () => { if (sent++ < ${COUNT}) socket.send(query); };
  socket.on('message', (answer) => {
    if ((answer[3] & 15) !== 0 || answer[7] === 0) throw new Error('no address for ' + process.argv[1]);
    if (++answered < ${COUNT}) return ask();
    console.log(Number(process.hrtime.bigint() - began) / 1e6 / ${COUNT});
    socket.close();
  });
  socket.connect(53, '127.0.0.11', () => { began = process.hrtime.bigint(); for (let i = 0; i < ${AT_ONCE}; i++) ask(); });`;

export async function* dnsWorks(engines: readonly Engine[]): AsyncGenerator<Figure> {
  await using stack = new AsyncDisposableStack();
  for (const engine of engines) stack.adopt(await lay(engine), (server) => void server.kill()); // one that stays would keep the bench from its end
  const asking = (name: string) => Object.fromEntries(engines.map((engine) => [engine.name, () => ask(engine, name)]));
  yield measure('DNS: a name of the network', 'ms', '', 5, asking('bench-name'));
  yield measure('DNS: a name of the world, asked before', 'ms', '<= 1/3 of dockerd', 5, asking('example.test'));
  for (const engine of engines) {
    await engine.docker('rm', '-f', 'bench-name');
    await engine.docker('network', 'rm', 'bench-names');
  }
}

/** A network with one container, whose resolver asks a name server at the network's gateway. */
async function lay(engine: Engine): Promise<ChildProcess> {
  await engine.docker('network', 'create', 'bench-names');
  const gateway = await engine.docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'bench-names');
  await engine.docker('run', '-d', '--name', 'bench-name', '--network', 'bench-names', '--dns', gateway, 'busybox', 'sleep', '10000');
  const program = `import { nameServer } from ${JSON.stringify(join(root, 'tests/support/name-server.ts'))}; await nameServer('${gateway}'); console.log('up')`;
  const server = spawn('nsenter', ['-t', String(engine.pid), '-n', process.execPath, '--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  return server;
}

async function ask(engine: Engine, name: string): Promise<number> {
  const pid = await engine.docker('inspect', '-f', '{{.State.Pid}}', 'bench-name');
  return Number(await ok('nsenter', ['-t', pid, '-n', process.execPath, '-e', asker, name]));
}
