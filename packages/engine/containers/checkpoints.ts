/** `/containers/{id}/checkpoints`: dumps of a container's processes by CRIU, which dockerd keeps as an experiment. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Conflict, Forbidden, Internal, InvalidArgument, messageOf, NotImplemented } from '#base';
import { createCheckpointBody } from '#spec';
import type { Engine } from '../context.ts';
import type { ApiReply, ApiRequest, Route } from '../router.ts';
import { attributesOf } from './attributes.ts';
import type { ContainerRecord } from './record.ts';

const nameChars = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Paths of those that are being made. */
const underway = new Set<string>();

export function checkpointRoutes(engine: Engine): Route[] {
  const path = '/containers/{id}/checkpoints';
  const experimental = (handle: Route['handle']): Route['handle'] => (request, reply) => {
    if (!engine.config.experimental) throw new NotImplemented('This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.');
    return handle(request, reply);
  };
  return [
    { method: 'GET', path, handle: experimental((request, reply) => list(engine, request, reply)) },
    { method: 'POST', path, handle: experimental((request, reply) => create(engine, request, reply)) },
    { method: 'DELETE', path: `${path}/{checkpoint}`, handle: experimental((request, reply) => remove(engine, request, reply)) },
  ];
}

/** The directory of the checkpoint that a start names; undefined where it names none. Throws as dockerd does. */
export function checkpointToStart(engine: Pick<Engine, 'config' | 'supervisor'>, record: ContainerRecord, query: URLSearchParams): string | undefined {
  if (query.get('checkpoint-dir')) throw new Forbidden('custom checkpointdir is not supported');
  const name = query.get('checkpoint');
  return name ? existing(directoryOf(engine, record, ''), name, record.name) : undefined;
}

/** Throws InvalidArgument for a start from a checkpoint where there are none. */
export function refuseCheckpoint(engine: Pick<Engine, 'config'>, query: URLSearchParams): void {
  if (query.get('checkpoint') && !engine.config.experimental) throw new InvalidArgument('checkpoint is only supported in experimental mode');
}

async function list(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const record = engine.containers.find(request.path['id'] ?? '');
  const asked = request.query.get('dir') ?? '';
  const directory = directoryOf(engine, record, asked);
  if (asked) existing(directory, '', request.path['id'] ?? '');
  const entries = existsSync(directory) ? await readdir(directory, { withFileTypes: true }) : [];
  const found = entries.filter((entry) => entry.isDirectory() && namePattern.test(entry.name)).map(({ name }) => ({ Name: name })).toSorted((one, other) => (one.Name < other.Name ? -1 : 1));
  reply.json(200, found.length > 0 ? found : null);
}

async function create(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const { CheckpointID = '', CheckpointDir = '', Exit = false } = await request.json(createCheckpointBody, 'required');
  const called = request.path['id'] ?? '';
  const record = engine.containers.find(called);
  const status = engine.supervisor.state(record.id)?.status;
  if (status !== 'running' && status !== 'paused') throw new Conflict(`container ${record.id} is not running`);
  if (!namePattern.test(CheckpointID)) throw new Internal(`Invalid checkpoint ID (${CheckpointID}), only ${nameChars} are allowed`);
  await make(directoryOf(engine, record, CheckpointDir), CheckpointID, called, (directory) => engine.supervisor.checkpoint(record.id, { directory, exit: Exit }));
  engine.events.publish('container', 'checkpoint', record.id, attributesOf(record));
  reply.empty(201);
}

async function remove(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const called = request.path['id'] ?? '';
  const record = engine.containers.find(called);
  const directory = existing(directoryOf(engine, record, request.query.get('dir') ?? ''), request.path['checkpoint'] ?? '', called);
  await rm(directory, { recursive: true, force: true });
  reply.empty(204);
}

function directoryOf(engine: Pick<Engine, 'supervisor'>, { id }: ContainerRecord, asked: string): string {
  return asked || join(engine.supervisor.directory(id), 'checkpoints');
}

/**
 * Dumps into a directory whose name is none of a checkpoint until it is whole. One that a daemon which was killed amid it
 * left is made anew.
 */
export async function make(directory: string, name: string, called: string, dump: (directory: string) => Promise<void>): Promise<void> {
  const path = join(directory, name);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw new Internal(`cannot checkpoint container ${called}: ${path} exists and is not a directory`);
  if (found || underway.has(path)) throw new Internal(`cannot checkpoint container ${called}: checkpoint with name ${name} already exists for container ${called}`);
  underway.add(path);
  const partial = join(directory, `.${name}`);
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o700 });
    await dump(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw new Internal(`Cannot checkpoint container ${called}: ${messageOf(error)}`, { cause: error });
  } finally {
    underway.delete(path);
  }
}

/** `name` "" is the directory of all. What is no name of a checkpoint is none. */
function existing(directory: string, name: string, called: string): string {
  const path = join(directory, name);
  const found = name === '' || namePattern.test(name) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (!found) throw new Internal(`checkpoint ${name} does not exist for container ${called}`);
  if (!found.isDirectory()) throw new Internal(`${path} exists and is not a directory`);
  return path;
}
