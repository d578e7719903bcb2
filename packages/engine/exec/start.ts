/** `POST /exec/{id}/start`: the command runs; its stdio goes over the connection unless it is detached. */
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict, messageOf } from '#base';
import type { Process } from '#runtime';
import { object } from '#spec';
import { TaskError } from '#supervisor';
import { carry } from '../attachment.ts';
import { attributesOf } from '../containers/attributes.ts';
import { streamType } from '../containers/attach.ts';
import { environmentOf, overlayEnvironment } from '../containers/spec/environment.ts';
import { linkedEnvironment } from '../containers/spec/links.ts';
import { linkedContainers } from '../containers/start.ts';
import type { Engine } from '../context.ts';
import { detachKeysOf } from '../detach-keys.ts';
import type { ApiReply, ApiRequest } from '../router.ts';
import { frame } from '../streams.ts';
import { execAction } from './action.ts';
import { requireRunning } from './create.ts';
import type { Exec } from './store.ts';

export interface ExecStartBody {
  Detach?: boolean;
  Tty?: boolean;
  ConsoleSize?: [number, number] | null;
}

export const execStartBody = object<ExecStartBody>('ExecStartOptions', { Detach: 'boolean', Tty: 'boolean', ConsoleSize: { list: 'uint' } });

type Needs = Pick<Engine, 'execs' | 'containers' | 'networks' | 'supervisor' | 'events' | 'succession'>;

/** Throws Conflict for one whose container does not run. What else keeps it from starting, a start before this one too, is told on the stream where there is one, as dockerd does. */
export async function startExec(engine: Needs, exec: Exec, body: ExecStartBody, request: ApiRequest, reply: ApiReply): Promise<void> {
  requireRunning(engine, exec.containerId);
  if (body.Detach) {
    await launch(engine, exec, body);
    reply.empty(200);
    return;
  }
  // What the client says here counts, as in dockerd: one that reads frames gets frames, terminal or not.
  const framed = !body.Tty;
  const launched = launch(engine, exec, body).catch((error: unknown) => ({ error }));
  const socket = await reply.hijack(streamType(request, framed), { commonHeaders: true, begins: false });
  const result = await launched;
  reply.begin();
  if ('error' in result) return tellFailure(socket, framed, result.error);
  await attach(engine, exec, result, socket, framed);
}

/** Its end is recorded whoever watches. Throws Conflict for one that has been started before. */
async function launch(engine: Needs, exec: Exec, body: ExecStartBody): Promise<Process> {
  const { request } = exec;
  if (exec.exitCode !== undefined) throw new Conflict(`Error: Exec command ${exec.id} has already run`);
  if (exec.started) throw new Conflict(`Error: Exec command ${exec.id} is already running`);
  exec.started = true;
  const record = engine.containers.find(exec.containerId);
  const size = body.ConsoleSize;
  const linked = linkedEnvironment(record, linkedContainers(engine, record).filter(({ endpoint }) => endpoint));
  const env = overlayEnvironment(environmentOf({ ...record.config, Tty: request.tty }, record.config.Hostname, linked), request.env);
  engine.events.publish('container', execAction('exec_start', request.args), record.id, attributesOf(record, { execID: exec.id }));
  try {
    exec.process = await engine.supervisor.exec(exec.containerId, {
      execId: exec.id,
      args: request.args,
      env,
      cwd: request.cwd,
      user: request.user,
      privileged: request.privileged || record.hostConfig.Privileged,
      terminal: request.tty,
      stdin: request.attachStdin && !body.Detach,
      detached: body.Detach ?? false,
      attach: body.Detach ? undefined : { stdout: request.attachStdout, stderr: request.attachStderr },
      consoleSize: size ? { rows: size[0], columns: size[1] } : request.consoleSize,
    });
  } catch (error) {
    engine.execs.finish(exec, error instanceof TaskError && error.exitCode !== 128 ? error.exitCode : 126);
    throw error;
  }
  engine.execs.keep(exec);
  exec.process.wait().then((exit) => engine.execs.finish(exec, exit.code), () => engine.execs.finish(exec, 255));
  return exec.process;
}

async function attach(engine: Needs, exec: Exec, process: Process, socket: Duplex, framed: boolean): Promise<void> {
  const { request } = exec;
  const attachment = await process.attach({ stdin: request.attachStdin, stdout: request.attachStdout, stderr: request.attachStderr });
  const detachKeys = request.tty ? detachKeysOf(request.detachKeys) : undefined;
  const ended = endOf(engine, exec, process);
  const end = await carry({ attachment, socket, framed, detachKeys, closesStdin: !request.tty, before: () => ended });
  const record = engine.containers.get(exec.containerId);
  if (end === 'detached' && record) engine.events.publish('container', 'exec_detach', record.id, attributesOf(record, { execID: exec.id }));
}

/** Who watches an exec asks for its exit code at once: a daemon that took over must know it by then. */
async function endOf(engine: Needs, exec: Exec, process: Process): Promise<void> {
  await process.wait();
  const { successor } = engine.succession;
  while (successor && (await successor.ask<{ Running?: boolean }>('GET', `/exec/${exec.id}/json`)).Running) await sleep(5);
}

function tellFailure(socket: Duplex, framed: boolean, error: unknown): void {
  const text = Buffer.from(`${messageOf(error)}\r\n`);
  socket.end(framed ? frame(1, text) : text, () => socket.destroy());
}
