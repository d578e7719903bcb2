/** Engine API, exec. */
import { consoleSizeOf } from '../containers/resize.ts';
import type { Engine } from '../context.ts';
import type { ApiRequest, Route } from '../router.ts';
import { createExec, execCreateBody, requireCommand } from './create.ts';
import { inspectExec } from './inspect.ts';
import { resizeExec } from './resize.ts';
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
        const size = consoleSizeOf(request);
        await resizeExec(engine, execOf(request), size, request.signal);
        reply.empty(200);
      },
    },
  ];
}
