/** The door through which older daemons come with what is left of their clients' requests. */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { EngineConfig } from '../context.ts';
import type { ApiServer } from '../server.ts';
import type { InheritedWaits } from './belongings.ts';
import { carriedSocket } from './protocol.ts';

/** Serves the API, and the waits that older daemons hold, on the carried socket; the newest daemon has its name. */
export async function serveCarried(api: ApiServer, waits: InheritedWaits, { execRoot }: Pick<EngineConfig, 'execRoot'>): Promise<Server> {
  const server = api.open(undefined, (request, response) => answerWait(waits, request, response));
  const path = carriedSocket(execRoot);
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(temporary, resolve));
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
  return server;
}

/** True when it was one of those. */
function answerWait(waits: InheritedWaits, request: IncomingMessage, response: ServerResponse): boolean {
  const key = /^\/handover\/wait\/(.+)$/.exec(request.url ?? '')?.[1];
  if (key === undefined) return false;
  void waits.answer(key, response);
  return true;
}
