/** `POST /containers/{id}/rename`. */
import { Conflict, InvalidArgument, isKind, messageOf } from '#base';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { attributesOf } from './attributes.ts';
import { parseContainerName } from './names.ts';
import type { ContainerRecord } from './record.ts';

type Needs = Pick<Engine, 'containers' | 'networks' | 'events'>;

/** The new name is looked at before the container is looked for. Throws in Docker's words. */
export function rename(engine: Needs, request: ApiRequest, reply: ApiReply): void {
  const wanted = request.query.get('name') ?? '';
  if (wanted === '') throw new InvalidArgument('Neither old nor new names may be empty');
  renameContainer(engine, engine.containers.find(request.path['id'] ?? ''), wanted);
  reply.empty(204);
}

/** DNS answers to the new name at once. */
function renameContainer(engine: Needs, record: ContainerRecord, wanted: string): void {
  const name = nameOf(wanted);
  if (name === record.name) throw new InvalidArgument('Renaming a container with the same name as its current name');
  using _name = reserve(engine, name, record.id);
  const renamed = engine.containers.update(record.id, { name });
  engine.networks.rename(record.id, name);
  engine.events.publish('container', 'rename', record.id, attributesOf(renamed, { oldName: `/${record.name}` }));
}

function nameOf(wanted: string): string {
  try {
    return parseContainerName(wanted.startsWith('/') ? wanted : `/${wanted}`);
  } catch (error) {
    throw new InvalidArgument(`Error when allocating new name: ${messageOf(error)}`, { cause: error });
  }
}

function reserve(engine: Pick<Engine, 'containers'>, name: string, id: string): Disposable {
  try {
    return engine.containers.reserveName(name, id);
  } catch (error) {
    if (isKind(error, 'Conflict')) throw new Conflict(`Error when allocating new name: ${error.message}`);
    throw error;
  }
}
