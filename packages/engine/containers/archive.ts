/** `/containers/{id}/archive`: files out of a container and into it, as tar (`docker cp`). */
import { InvalidArgument } from '#base';
import { encodePathStat, getArchive, putArchive, statPath } from '#snapshots';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { writeOrWait } from '../streams.ts';
import { attributesOf } from './attributes.ts';
import { atPlace, requireWritable } from './place.ts';
import type { ContainerRecord } from './record.ts';
import { requireLasting } from './permit.ts';

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'volumes' | 'events' | 'snapshots' | 'log'>;

const statHeader = 'X-Docker-Container-Path-Stat';

/** `HEAD`: only what is there. */
export async function statArchive(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { record, name, path } = target(engine, request);
  const stat = await atPlace(engine, record, async ({ root }) => statPath(root, path, name));
  reply.header(statHeader, encodePathStat(stat));
  reply.empty(200);
}

/** `GET`: the path's archive, its first member called by the path's last element. */
export async function readArchive(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { record, name, path } = target(engine, request);
  await atPlace(engine, record, async ({ root, ids }) => {
    const { stat, stream } = getArchive(root, path, name, ids);
    reply.header(statHeader, encodePathStat(stat));
    // Before the client has anything, so that it never looks for the event in vain.
    engine.events.publish('container', 'archive-path', record.id, attributesOf(record));
    await sendStream(reply, 'application/x-tar', stream, request.signal);
  });
}

/** `PUT`: unpacks the body into a directory. */
export async function writeArchive(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { record, name, path } = target(engine, request);
  const noOverwriteDirNonDir = request.flag('noOverwriteDirNonDir');
  // Whose container names no user keeps the archive's owners, with and without copyUIDGID.
  const owner = request.flag('copyUIDGID') && record.config.User !== '' ? await engine.supervisor.user(record.id) : undefined;
  const permit = (directory: string): void => requireWritable(record, directory);
  await atPlace(engine, record, ({ root, ids }) =>
    putArchive(root, path, request.body, name, { noOverwriteDirNonDir, signal: request.signal, ids, permit, ...(owner && { owner }) }),
  );
  engine.events.publish('container', 'extract-to-dir', record.id, attributesOf(record));
  reply.header('Content-Length', '0');
  reply.empty(200);
}

/** A body piece by piece, as fast as the client reads; a source that fails cuts the connection. */
export async function sendStream(reply: ApiReply, type: string, stream: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const out = reply.stream(200, type);
  for await (const bytes of stream) if (!(await writeOrWait(out, bytes, signal))) return;
  out.end();
}

function target(engine: Needs, request: ApiRequest): { record: ContainerRecord; name: string; path: string } {
  const name = request.path['id'] ?? '';
  const path = request.query.get('path') ?? '';
  if (path === '') throw new InvalidArgument('bad parameter: pathcannot be empty');
  const record = engine.containers.find(name);
  requireLasting(engine, record.id, 'cp', 'copy from or to');
  return { record, name, path };
}
