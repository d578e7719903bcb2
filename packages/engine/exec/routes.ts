/** Engine API, exec. */
import { Conflict } from '#base';
import { consoleSizeOf } from '../containers/resize.ts';
import type { Engine } from '../context.ts';
import type { ApiRequest, Route } from '../router.ts';
import { createExec, execCreateBody, requireCommand } from './create.ts';
import { inspectExec } from './inspect.ts';
import { execStartBody, startExec } from './start.ts';

export function execRoutes(engine: Pick<Engine, 'execs' | 'containers' | 'networks' | 'supervisor' | 'events' | 'clock' | 'succession'>): Route[] {
  const execOf = (request: ApiRequest): ReturnType<typeof engine.execs.find> => engine.execs.find(request.path['id'] ?? '');
  return [
    {
      method: 'POST',
      path: '/containers/{id}/exec',
      handle: async (request, reply) => {
        const [name, body] = [request.path['id'] ?? '', requireCommand(await request.json(execCreateBody))];
        reply.json(201, createExec(engine, engine.containers.find(name), name, body));
      },
    },
    {
      method: 'POST',
      path: '/exec/{id}/start',
      handle: async (request, reply) => {
        const body = await request.json(execStartBody);
        await startExec(engine, execOf(request), body, request, reply);
      },
    },
    { method: 'GET', path: '/exec/{id}/json', handle: (request, reply) => reply.json(200, inspectExec(execOf(request))) },
    {
      method: 'POST',
      path: '/exec/{id}/resize',
      handle: async (request, reply) => {
        const { columns, rows } = consoleSizeOf(request);
        const exec = execOf(request);
        if (!exec.process || exec.exitCode !== undefined) throw new Conflict(`exec process ${exec.id} is not running`);
        if (exec.request.tty) await exec.process.resize(columns, rows);
        reply.empty(200);
      },
    },
  ];
}
