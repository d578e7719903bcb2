/** The Engine API as a test calls it: one request on the daemon's socket, its answer whole. */
import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body parsed; throws when it is no JSON. Tests know what they asked for. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: () => any;
  /** A stream of JSON lines parsed. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly lines: () => any[];
}

/** `path` with or without the version; an object body goes as JSON, bytes as they are (as a tar unless told otherwise). */
export function call(daemon: { readonly host: string }, method: string, path: string, body?: object | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const bytes = body instanceof Uint8Array;
  const payload = body === undefined ? undefined : bytes ? body : JSON.stringify(body);
  const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': bytes ? 'application/x-tar' : 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: daemon.host.replace('unix://', ''), method, path, headers: { Host: 'naru', ...type, ...headers }, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text,
          json: () => JSON.parse(text),
          lines: () => text.split(/\r?\n/).filter(Boolean).map((line) => JSON.parse(line)),
        });
      });
    });
    outgoing.end(payload);
  });
}

/** The message of an answer that must be an error of that status. */
export function errorOf(answer: Answer, status: number): string {
  if (answer.status !== status) throw new Error(`status ${answer.status} instead of ${status}: ${answer.text}`);
  return (answer.json() as { message: string }).message;
}
