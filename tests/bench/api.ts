/** The Engine API without a command line between: one kept-alive connection after the other, as a program would. */
import { Agent, request } from 'node:http';
import type { Contenders } from './measure.ts';
import type { Engine } from './peers.ts';
import { atRest } from './rest.ts';

const agent = new Agent({ keepAlive: true });

/** One request; the parsed answer, or undefined for an empty one. Rejects from status 400 on. */
export function call(engine: Engine, method: string, path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const outgoing = request({ socketPath: engine.socket, method, path, headers, agent }, (response) => {
      response.toArray().then((chunks: Buffer[]) => {
        const text = Buffer.concat(chunks).toString();
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${text}`));
        else resolve(response.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : undefined);
      }, reject);
    });
    outgoing.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Creates a container; gives its id. */
export async function create(engine: Engine, body: Record<string, unknown>): Promise<string> {
  return ((await call(engine, 'POST', '/containers/create', { Image: 'busybox', ...body })) as { Id: string }).Id;
}

/** Creates, starts, awaits and removes a container that does nothing. */
export async function life(engine: Engine, extra: Record<string, unknown> = {}): Promise<void> {
  const id = await create(engine, { Cmd: ['true'], ...extra });
  await call(engine, 'POST', `/containers/${id}/start`);
  await call(engine, 'POST', `/containers/${id}/wait`);
  await call(engine, 'DELETE', `/containers/${id}`);
}

/** Does `work` for each of `count` numbers, `lanes` at a time. */
export async function inLanes(count: number, lanes: number, work: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** The same work for every engine, as contenders, and `others` beside them; each begins when all engines have come to rest. */
export function each(engines: readonly Engine[], work: (engine: Engine) => Promise<number>, others: Contenders = {}): Contenders {
  const contenders = [...engines.map((engine) => [engine.name, () => work(engine)] as const), ...Object.entries(others)];
  return Object.fromEntries(contenders.map(([name, sample]) => [name, () => atRest(engines).then(sample)]));
}
