import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { messageOf, Unavailable } from '#base';
import type { Endpoint } from './host.ts';

type SshEndpoint = Extract<Endpoint, { kind: 'ssh' }>;

/**
 * Runs `ssh … docker system dial-stdio` and gives its stdin and stdout as one connection. ssh reads its own
 * configuration and asks for passwords itself, on the terminal. What it prints on stderr names the failure.
 */
export async function dialSsh(endpoint: SshEndpoint): Promise<Duplex> {
  const words = sshArguments(endpoint);
  const child = spawn('ssh', words, { stdio: 'pipe' });
  const { promise: started, resolve, reject } = Promise.withResolvers<void>();
  child.once('spawn', resolve);
  child.once('error', (error) => reject(new Unavailable(`cannot start ssh: ${messageOf(error)}`, { cause: error })));
  await started;
  const stream = streamOf(child);
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  child.once('close', (code) => {
    if (code === 0 || stream.destroyed) stream.push(null);
    else stream.destroy(new Unavailable(`command [ssh ${words.join(' ')}] has exited with ${code === null ? 'a signal' : `exit status ${code}`}, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=${complaint}`));
  });
  return stream;
}

function streamOf(child: ChildProcessWithoutNullStreams): Duplex {
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, () => done()), // ssh that reads no more ends: how, its end tells
    final: (done) => void child.stdin.end(() => done()), // as above
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdin.on('error', () => {}); // as above
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  return stream;
}

function sshArguments(endpoint: SshEndpoint): string[] {
  const user = endpoint.user === undefined ? [] : ['-l', endpoint.user];
  const port = endpoint.port === undefined ? [] : ['-p', endpoint.port];
  const remote = endpoint.socket === undefined ? ['docker'] : ['docker', '--host', quoted(`unix://${endpoint.socket}`)];
  return ['-o', 'ConnectTimeout=30', '-T', ...user, ...port, '--', endpoint.host, ...remote, 'system', 'dial-stdio'];
}

/** For the shell on the far side. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
