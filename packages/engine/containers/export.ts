/** `GET /containers/{id}/export`: the whole root file system as tar. */
import { exportRoot } from '#snapshots';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { sendStream } from './archive.ts';
import { attributesOf } from './attributes.ts';
import { requireLasting } from './permit.ts';

/** Volumes are not part of it. It is told of as it begins: who reads it to the end has the event behind him. */
export async function exportContainer(engine: Pick<Engine, 'containers' | 'supervisor' | 'events'>, request: ApiRequest, reply: ApiReply): Promise<void> {
  const record = engine.containers.find(request.path['id'] ?? '');
  requireLasting(engine, record.id, 'export', 'export');
  await engine.supervisor.withOwnFiles(record.id, (root, ids) => {
    engine.events.publish('container', 'export', record.id, attributesOf(record));
    return sendStream(reply, 'application/octet-stream', exportRoot(root, ids), request.signal);
  });
}
