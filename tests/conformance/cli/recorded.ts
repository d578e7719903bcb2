/** A recorded flow as a list of answers for a made-up engine, and what the command must ask and say. */
import { writeTar } from '#base';
import { frame, type CannedAnswer } from '../../../packages/cli/testing/fake-engine.ts';

interface Frame {
  readonly stream: number;
  readonly text: string;
}

interface Body {
  readonly kind: string;
  readonly json?: unknown;
  readonly trailingNewline?: boolean;
  readonly lines?: readonly unknown[];
  readonly separator?: string;
  readonly frames?: readonly Frame[];
  readonly entries?: readonly { name: string; type: string; mode: string; mtime: number; linkname?: string; text?: string; size: number }[];
  readonly text?: string;
}

interface Response {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body?: Body;
  readonly upgraded?: { readonly events?: readonly { readonly dir: string; readonly len?: number; readonly frames?: readonly Frame[]; readonly text?: string }[] };
}

export interface Exchange {
  readonly ping?: unknown;
  readonly request: { readonly method: string; readonly target: string; readonly body?: { readonly kind: string; readonly json?: unknown } };
  readonly response?: Response;
}

export interface Step {
  readonly command: readonly string[];
  readonly tty?: unknown;
  readonly interrupted?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly exitCode: number;
  readonly stdout?: unknown;
  readonly stderr?: string;
  readonly exchanges?: readonly Exchange[];
}

const ofTheConnection = /^(Transfer-Encoding|Content-Length|Connection|Date|Api-Version|Ostype): /i;

/** Without the version of the API. */
export function bare(target: string): string {
  return target.replace(/^\/v[\d.]+/, '');
}

/** Those that are not pings. */
export function asked(step: Step): Exchange[] {
  return (step.exchanges ?? []).filter(({ ping, request }) => !ping && bare(request.target) !== '/_ping');
}

/** When the engine answered first, to say "2 minutes ago" as then. */
export function dateOf(step: Step): number | undefined {
  const line = asked(step).flatMap(({ response }) => response?.headers ?? []).find((header) => header.startsWith('Date: '));
  return line === undefined ? undefined : Date.parse(line.slice('Date: '.length));
}

export async function answersOf(step: Step): Promise<CannedAnswer[]> {
  const start = asked(step).find(({ request }) => request.target.endsWith('/start'));
  const answers: CannedAnswer[] = [];
  for (const { request, response } of asked(step)) {
    if (!response) continue;
    const target = bare(request.target);
    answers.push({
      method: request.method,
      target,
      status: response.status,
      headers: headersOf(response.headers),
      body: await bytesOf(response.body),
      ...(response.upgraded && { stream: streamOf(response.upgraded.events ?? []) }),
      ...(target.includes('/wait') && start && { after: bare(start.request.target) }),
    });
  }
  return answers;
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const own = lines.filter((line) => !ofTheConnection.test(line));
  return Object.fromEntries(own.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
}

function streamOf(events: NonNullable<NonNullable<Response['upgraded']>['events']>): Buffer {
  const sent = events.filter(({ dir, len }) => dir === 's2c' && len);
  return Buffer.concat(sent.map(({ frames, text }) => (frames ? framesOf(frames) : Buffer.from(text ?? ''))));
}

function framesOf(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.map(({ stream, text }) => frame(stream, text)));
}

async function bytesOf(body: Body | undefined): Promise<string | Uint8Array> {
  switch (body?.kind) {
    case 'json':
      return JSON.stringify(body.json) + (body.trailingNewline ? '\n' : '');
    case 'ndjson':
      return (body.lines ?? []).map((line) => JSON.stringify(line) + body.separator).join('');
    case 'multiplexed':
      return framesOf(body.frames ?? []);
    case 'tar':
      return await tarOf(body.entries ?? []);
    default:
      return body?.text ?? '';
  }
}

async function tarOf(entries: NonNullable<Body['entries']>): Promise<Buffer> {
  const members = entries.map(({ name, type, mode, mtime, linkname, text, size }) => ({
    member: { name, type: type === 'dir' ? 'directory' : type, mode: Number(mode), mtime, linkname: linkname ?? '' },
    body: type === 'file' ? (text ?? '?'.repeat(size)) : undefined,
  }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(members as Parameters<typeof writeTar>[0])) chunks.push(chunk);
  return Buffer.concat(chunks);
}
