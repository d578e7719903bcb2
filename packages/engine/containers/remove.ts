/** `DELETE /containers/{id}`. */
import { Conflict, Internal, isKind } from '#base';
import type { Engine } from '../context.ts';
import { attributesOf } from './attributes.ts';
import type { ContainerRecord } from './record.ts';
import { parseLink } from './spec/parse-link.ts';
import { removeAnonymousVolumes } from './volumes.ts';

type Needs = Pick<Engine, 'supervisor' | 'containers' | 'volumes' | 'events' | 'lives' | 'execs' | 'log' | 'logForwarding'>;

export interface RemoveRequest {
  readonly force: boolean;
  /** Its anonymous volumes too. */
  readonly volumes: boolean;
}

/** Throws Conflict in Docker's words while it runs, unless forced, and while another removal is under way. */
export async function removeContainer(engine: Needs, record: ContainerRecord, request: RemoveRequest): Promise<void> {
  const life = engine.lives.of(record.id);
  if (life.removing) throw new Conflict(`removal of container ${record.id} is already in progress`);
  life.removing = true;
  if (request.force) clearTimeout(life.restart?.timer);
  // What an ended container has said may not be taken yet, and its log goes with it.
  if (engine.supervisor.state(record.id)?.pid === 0) await engine.logForwarding.leave(record.id);
  const exitCode = engine.supervisor.state(record.id)?.exit?.code ?? 0;
  try {
    await engine.supervisor.remove(record.id, { force: request.force });
  } catch (error) {
    life.removing = false;
    if (!isKind(error, 'NotFound')) throw refusal(record, error);
  }
  if (request.volumes) await removeAnonymousVolumes(engine, record);
  engine.containers.delete(record.id);
  engine.execs.forget(record.id);
  await engine.logForwarding.leave(record.id);
  engine.events.publish('container', 'destroy', record.id, attributesOf(record));
  engine.lives.end(record.id, exitCode);
}

function refusal(record: ContainerRecord, error: unknown): unknown {
  return isKind(error, 'Conflict') ? new Conflict(`cannot remove container "/${record.name}": ${error.message}`) : error;
}

/** `rm --link PARENT/ALIAS`: forgets the link, and takes its names and what it opened from a parent that runs. Throws in Docker's words. */
export async function removeLink({ containers, supervisor, networks }: Pick<Engine, 'containers' | 'supervisor' | 'networks'>, name: string): Promise<void> {
  containers.find(name);
  const [, parentName, alias] = /^\/?([^/]+)\/([^/]+)$/.exec(name) ?? [];
  if (parentName === undefined) throw new Internal('Conflict, cannot remove the default link name of the container');
  const parent = containers.find(parentName);
  const gone = parent.links.map(parseLink).find((link) => link.alias === alias);
  const kept = parent.links.filter((link) => parseLink(link).alias !== alias);
  containers.update(parent.id, { links: kept });
  const status = supervisor.state(parent.id)?.status;
  if (!gone || (status !== 'running' && status !== 'paused')) return;
  if (kept.every((link) => parseLink(link).id !== gone.id)) networks.unlink(parent.id, gone.id);
  await supervisor.repointHost(parent.id, gone.alias, []);
}
