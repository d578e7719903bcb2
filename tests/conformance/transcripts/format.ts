/** The recorded exchanges of the real docker client with the real daemon, as they lie beside the checkout. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/command.ts';

export interface Transcript {
  readonly flow: string;
  readonly title: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly command: readonly string[];
  readonly exchanges?: readonly Exchange[];
}

/** Times in milliseconds since the step's command was started. Pings are shortened to a note without `request`. */
export interface Exchange {
  readonly t_ms: number;
  readonly request?: RecordedRequest;
  readonly response?: RecordedResponse;
}

export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** `Name: value`. */
  readonly headers: readonly string[];
  readonly body?: RecordedBody;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers: readonly string[];
  readonly t_ms: number;
  readonly transfer: string;
  readonly body?: RecordedBody;
  /** When each piece came. */
  readonly chunks?: readonly (readonly [number, number])[];
  readonly upgraded?: { readonly protocol: string; readonly events?: readonly StreamEvent[] };
}

export interface StreamEvent {
  readonly t_ms: number;
  readonly dir: 'c2s' | 's2c';
  readonly event?: string;
  readonly text?: string;
  readonly base64?: string;
  readonly frames?: readonly Frame[];
}

export interface Frame {
  readonly stream: number;
  readonly text?: string;
  readonly base64?: string;
}

export type RecordedBody =
  | { readonly kind: 'json'; readonly json: unknown }
  | { readonly kind: 'ndjson'; readonly separator: string; readonly lines: readonly unknown[] }
  | { readonly kind: 'multiplexed'; readonly frames: readonly Frame[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tar'; readonly entries: readonly RecordedEntry[] }
  | { readonly kind: 'binary' };

/** `text` or `json` hold small contents. */
export interface RecordedEntry {
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly linkname?: string;
  readonly text?: string;
  readonly json?: unknown;
}

/** Where the recordings are: beside the checkout, or where NARU_SPECS says. */
const folder = join(process.env['NARU_SPECS'] ?? join(root, '..', 'shared', 'specs'), 'transcripts');

/** The reason to skip, where the recordings are not on this machine. */
export const missing: string | false = existsSync(folder) ? false : `the recorded exchanges are not here (${folder})`;

export function readTranscript(file: string): Transcript {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as Transcript;
}
