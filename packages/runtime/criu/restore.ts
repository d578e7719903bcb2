/** Conducts a restore: CRIU dials us, is asked, and tells where it is; the launch that it is part of goes on meanwhile. */
import { closeSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { handOver, PacketListener } from '#kernel';
import { consoleName, connectionName, pidFileName } from './plan.ts';
import { openDirectories } from './directories.ts';
import type { ProtoFields } from './protobuf.ts';
import type { OpenDirectories } from './request.ts';
import { withShortPath } from '../short-path.ts';
import { askCriu, type Notification } from './service.ts';

export interface ConductedRestore {
  /** Where the launcher of the plan works. */
  readonly directory: string;
  /** CRIU's directories, and what it is asked: it mounts where it works, so those are to be opened in its own mount namespace. */
  request(directories: OpenDirectories): ProtoFields;
  readonly images: string;
  readonly work: string;
  /** The hooks of the host's side, once namespaces are there: of a container whose first process is `pid`. */
  runHooks(pid: number): Promise<void>;
}

/** What `launch`, which runs a `restorePlan`, resolves to. Throws what CRIU or a hook failed at before what the launch says of it. */
export async function conductRestore<T>(restore: ConductedRestore, launch: () => Promise<T>): Promise<T> {
  const path = join(restore.directory, connectionName);
  rmSync(path, { force: true });
  using listener = withShortPath(path, (short) => PacketListener.at(short));
  const failure: { first?: unknown } = {};
  const conversation = converse(listener, restore).catch((error: unknown) => void (failure.first = error));
  try {
    return await launch();
  } catch (error) {
    listener[Symbol.dispose]();
    await conversation;
    throw failure.first ?? error;
  } finally {
    rmSync(path, { force: true });
  }
}

async function converse(listener: PacketListener, { directory, request, images, work, runHooks }: ConductedRestore): Promise<void> {
  using socket = await listener.accept();
  if (!socket) return;
  using directories = openDirectories({ images, work }, `/proc/${socket.peer}/root`);
  await askCriu({ socket, log: join(work, 'restore.log'), notified: (told) => obey(directory, told, runHooks) }, request(directories));
}

async function obey(directory: string, { script, pid, descriptors: [master] }: Notification, runHooks: (pid: number) => Promise<void>): Promise<void> {
  if (script === 'setup-namespaces') await runHooks(pid);
  if (script === 'post-restore') writeFileSync(join(directory, pidFileName), String(pid));
  if (master === undefined) return;
  try {
    if (script === 'orphan-pts-master') withShortPath(join(directory, consoleName), (path) => handOver(path, '/dev/ptmx', master));
  } finally {
    closeSync(master);
  }
}
