/** Clients that never rest: each goes round its requests until told to stop, and writes down what failed. */
import { Agent, request } from 'node:http';

export interface Load {
  /** Requests that were answered as they should. */
  readonly answered: number;
  readonly failures: readonly string[];
  /** Resolves when every client has finished its round. */
  stop(): Promise<void>;
}

/** One client's round: its requests one after the other. `send` throws for an answer that is no success. */
export type Round = (send: (method: string, path: string, body?: object) => Promise<string>, client: number) => Promise<void>;

/** Starts `clients` of them on a unix socket; every second one keeps its connection. */
export function startLoad(socketPath: string, clients: number, round: Round): Load {
  const failures: string[] = [];
  const running = { stopped: false, answered: 0 };
  const done = Array.from({ length: clients }, async (_, client) => {
    const agent = client % 2 === 0 ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
    const send = async (method: string, path: string, body?: object): Promise<string> => {
      const { status, text } = await exchange({ socketPath, method, path, agent: agent ?? false }, body);
      if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
      running.answered++;
      return text;
    };
    while (!running.stopped) await round(send, client).catch((error: unknown) => failures.push(String(error)));
    agent?.destroy();
  });
  return {
    get answered() {
      return running.answered;
    },
    failures,
    stop: async () => {
      running.stopped = true;
      await Promise.all(done);
    },
  };
}

function exchange(options: { socketPath: string; method: string; path: string; agent: Agent | false }, body: object | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/json' } : {};
    const outgoing = request({ ...options, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', (error) => reject(new Error(`${options.method} ${options.path}: ${error.message}`)));
    outgoing.end(body && JSON.stringify(body));
  });
}
