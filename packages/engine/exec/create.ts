/** `POST /containers/{id}/exec`. */
import { Conflict, Internal, InvalidArgument, newId, parseDetachKeys } from '#base';
import { object } from '#spec';
import { attributesOf } from '../containers/attributes.ts';
import type { ContainerRecord } from '../containers/record.ts';
import type { Engine } from '../context.ts';
import { execAction } from './action.ts';
import type { ExecRequest } from './store.ts';

/** The body, every field at will. */
export interface ExecCreateBody {
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  ConsoleSize?: [number, number] | null;
  DetachKeys?: string;
  Tty?: boolean;
  Env?: string[] | null;
  Cmd?: string[] | null;
  Privileged?: boolean;
  User?: string;
  WorkingDir?: string;
  /** Of no effect: the start says it. */
  Detach?: boolean;
}

export const execCreateBody = object<ExecCreateBody>('ExecOptions', {
  User: 'string', Privileged: 'boolean', Tty: 'boolean', ConsoleSize: { list: 'uint' }, AttachStdin: 'boolean', AttachStderr: 'boolean',
  AttachStdout: 'boolean', DetachKeys: 'string', Env: { list: 'string' }, WorkingDir: 'string', Cmd: { list: 'string' }, Detach: 'boolean',
});

/** `name` is how the client called the container. Throws Conflict in Docker's words when it does not run. */
export function createExec(engine: Pick<Engine, 'execs' | 'events' | 'supervisor'>, record: ContainerRecord, name: string, body: ReturnType<typeof requireCommand>): { Id: string } {
  const request = parse(body);
  requireRunning(engine, record.id, name);
  const id = newId();
  engine.execs.add({ id, containerId: record.id, request, process: undefined, started: false, exitCode: undefined });
  engine.events.publish('container', execAction('exec_create', request.args), record.id, attributesOf(record, { execID: id }));
  return { Id: id };
}

/** Throws InvalidArgument when there is nothing to run, whether or not the container is there. */
export function requireCommand(body: ExecCreateBody): ExecCreateBody & { Cmd: string[] } {
  const { Cmd } = body;
  if (!Cmd || Cmd.length === 0) throw new InvalidArgument('No exec command specified');
  return { ...body, Cmd };
}

function parse(body: ReturnType<typeof requireCommand>): ExecRequest {
  requireDetachKeys(body.DetachKeys ?? '');
  const size = body.ConsoleSize;
  return {
    args: body.Cmd,
    env: body.Env ?? [],
    cwd: body.WorkingDir ?? '',
    user: body.User ?? '',
    privileged: body.Privileged ?? false,
    tty: body.Tty ?? false,
    attachStdin: body.AttachStdin ?? false,
    attachStdout: body.AttachStdout ?? false,
    attachStderr: body.AttachStderr ?? false,
    detachKeys: body.DetachKeys ?? '',
    consoleSize: size ? { rows: size[0], columns: size[1] } : undefined,
  };
}

/** Throws Internal, as dockerd answers 500 here. */
function requireDetachKeys(text: string): void {
  if (text !== '' && !parseDetachKeys(text)) throw new Internal(`Invalid escape keys (${text}) provided`);
}

/** `name` is how the client called it. Throws Conflict. */
export function requireRunning(engine: Pick<Engine, 'supervisor'>, id: string, name = id): void {
  const status = engine.supervisor.state(id)?.status;
  if (status === 'running') return;
  if (status === 'paused') throw new Conflict(`Container ${name} is paused, unpause the container before exec`);
  if (status === 'restarting') throw new Conflict(`Container ${id} is restarting, wait until the container is running`);
  throw new Conflict(`container ${id} is not running`);
}
