import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { InvalidArgument } from '#base';
import type { OciProcess } from '#spec';
import { readBundle, recallBundle } from '../bundle.ts';
import type { Command, Invocation } from '../command.ts';
import { runAttached, stdioOf } from '../stdio.ts';

export const exec: Command = {
  usage: 'exec [--tty] [--detach] [--user UID[:GID]] [--cwd DIR] [--env K=V] [--process FILE] <container-id> <command> [argument…]',
  help: 'execute a new process inside a container',
  flags: [
    { name: 'cwd', value: true },
    { name: 'env', short: 'e', value: true },
    { name: 'tty', short: 't' },
    { name: 'user', short: 'u', value: true },
    { name: 'detach', short: 'd' },
    { name: 'pid-file', value: true },
    { name: 'process', short: 'p', value: true },
  ],
  async run(invocation) {
    const task = await invocation.task();
    const wanted = processOf(invocation);
    const detached = invocation.isSet('detach');
    const process = await task.exec(randomBytes(16).toString('hex'), wanted, stdioOf(wanted, detached));
    const pidFile = invocation.text('pid-file');
    if (pidFile) writeFileSync(pidFile, String(process.pid));
    return detached ? 0 : runAttached(process, wanted.terminal === true, async () => undefined);
  },
};

/** The process of `--process`, or the container's own with another command and what the flags change. */
function processOf(invocation: Invocation): OciProcess {
  const file = invocation.text('process');
  if (file) return JSON.parse(readFileSync(file, 'utf8')) as OciProcess;
  const args = invocation.rest.slice(1);
  if (args.length === 0) throw new InvalidArgument('process args cannot be empty');
  const base = readBundle(recallBundle(invocation.root, invocation.id())?.bundle ?? '.').spec.process;
  const [uid, gid] = (invocation.text('user') ?? '').split(':').map(Number);
  return {
    ...base,
    args,
    cwd: invocation.text('cwd') ?? base?.cwd ?? '/',
    env: [...(base?.env ?? []), ...invocation.list('env')],
    terminal: invocation.isSet('tty'),
    user: invocation.isSet('user') ? { uid: uid || 0, gid: gid || 0 } : (base?.user ?? { uid: 0, gid: 0 }),
  };
}
