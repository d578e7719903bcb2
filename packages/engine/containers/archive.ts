/** `/containers/{id}/archive`: files out of a container and into it, as tar (`docker cp`). */
import { Forbidden, InvalidArgument, NotImplemented } from '#base';
import { encodePathStat, getArchive, putArchive, statPath } from '#snapshots';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { writeOrWait } from '../streams.ts';
import { attributesOf } from './attributes.ts';
import { atPlace } from './place.ts';
import type { ContainerRecord } from './record.ts';
import { requireLasting } from './permit.ts';

type Needs = Pick<Engine, 'containers' | 'supervisor' | 'volumes' | 'events'>;

const statHeader = 'X-Docker-Container-Path-Stat';

/** `HEAD`: only what is there. */
export async function statArchive(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { record, name, path } = target(engine, request);
  const stat = await atPlace(engine, record, path, async (place) => statPath(place.root, place.path, name));
  reply.header(statHeader, encodePathStat({ ...stat, name: nameOf(stat.name, path) }));
  reply.empty(200);
}

/** `GET`: the path's archive, its first member called by the path's last element. */
export async function readArchive(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { record, name, path } = target(engine, request);
  await atPlace(engine, record, path, async (place) => {
    const { stat, stream } = getArchive(place.root, place.path, name);
    reply.header(statHeader, encodePathStat({ ...stat, name: nameOf(stat.name, path) }));
    await sendStream(reply, 'application/x-tar', stream, request.signal);
  });
  engine.events.publish('container', 'archive-path', record.id, attributesOf(record));
}

/** `PUT`: unpacks the body into a directory. */
export async function writeArchive(engine: Needs, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { record, name, path } = target(engine, request);
  const noOverwriteDirNonDir = request.flag('noOverwriteDirNonDir');
  await atPlace(engine, record, path, async (place) => {
    statPath(place.root, place.path, name);
    if (place.remapped) throw new NotImplemented('copying into a running container whose ids are remapped is not supported: stop it first');
    if (place.readOnly) throw new Forbidden('mounted volume is marked read-only');
    const owner = request.flag('copyUIDGID') ? await engine.supervisor.user(record.id) : undefined;
    await putArchive(place.root, place.path, request.body, name, { noOverwriteDirNonDir, signal: request.signal, ...(owner && { owner }) });
  });
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
  if (path === '') throw new InvalidArgument('bad parameter: path cannot be empty');
  const record = engine.containers.find(name);
  requireLasting(engine, record.id, 'cp', 'copy from or to');
  return { record, name, path };
}

/** The mount point itself is the root of its volume, but has a name in the container. */
function nameOf(found: string, path: string): string {
  return found === '/' ? (path.replace(/\/+$/, '').split('/').at(-1) || '/') : found;
}
