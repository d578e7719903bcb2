import { messageOf } from '#base';
import { calls, encodeFilters } from '#client';
import { noArguments } from '../../command/arguments.ts';
import type { Cli } from '../../cli.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { filter, string } from '../../command/flag-types.ts';
import { objectFormat } from '../../command/format-flag.ts';
import { parseTime, rfc3339 } from '../../format/time.ts';
import { mapOf, number, struct, text, typed } from '../../inspect/shape.ts';
import { execute, goJson, parseJson, parseTemplate } from '../../template/index.ts';
import { jsonTexts } from './json-texts.ts';

const actor = struct('events.Actor', { ID: text, Attributes: mapOf(text) });
const eventShape = struct('*events.Message', {
  'Status/status': text, 'ID/id': text, 'From/from': text, Type: text, Action: text, Actor: actor, 'Scope/scope': text, 'Time/time': number, 'TimeNano/timeNano': number,
});

/** `events`: as they happen, or between two times. */
export default command({
  usage: '[OPTIONS]',
  takes: noArguments,
  flags: {
    filter: filter('Filter output based on conditions provided', { short: 'f' }),
    format: objectFormat(),
    since: string('Show all events created since timestamp'),
    until: string('Stream events until this timestamp'),
  },
  async run({ flags }, cli) {
    const show = printer(flags.format);
    const query = { since: timeOf(flags.since, cli), until: timeOf(flags.until, cli), filters: encodeFilters(flags.filter) };
    const { body } = await cli.engine().open(calls.events, { query, signal: cli.interrupted });
    for await (const json of jsonTexts(body)) cli.stdout.write(`${show(parseJson(json) as EventMessage)}\n`);
  },
});

function timeOf(written: string, cli: Cli): string | undefined {
  return written === '' ? undefined : parseTime(written, cli.now());
}

/** Throws Exit 64 for a bad template. */
function printer(format: string): (event: EventMessage) => string {
  if (format === '') return lineOf;
  if (format === 'json') return (event) => goJson(inOrder(event), { escapeHtml: true });
  try {
    const template = parseTemplate(format);
    execute(template, typed(eventShape, {})); // what is wrong with it is told before the engine is asked
    return (event) => execute(template, typed(eventShape, event));
  } catch (error) {
    throw new Exit(64, `Error parsing format: ${messageOf(error)}`, { cause: error });
  }
}

/** The keys as Go's struct has them. */
function inOrder({ status, id, from, Type, Action, Actor, scope, time, timeNano }: EventMessage): object {
  const attributes = Actor.Attributes && Object.fromEntries(Object.entries(Actor.Attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { status, id, from, Type, Action, Actor: { ID: Actor.ID, Attributes: attributes }, scope, time, timeNano };
}

interface EventMessage {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly scope?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> | null };
  readonly time?: number;
  readonly timeNano?: number | bigint;
}

/** `2026-11-21T23:38:57.429673380Z network create ID (name=…)`. */
function lineOf({ Type, Action, Actor, time, timeNano }: EventMessage): string {
  const nanoseconds = timeNano ? BigInt(timeNano) : BigInt(time ?? 0) * 1_000_000_000n;
  const attributes = Object.entries(Actor.Attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
  const shown = attributes.length === 0 ? '' : ` (${attributes.join(', ')})`;
  return `${stamp(nanoseconds)} ${Type} ${Action} ${Actor.ID}${shown}`;
}

function stamp(nanoseconds: bigint): string {
  return rfc3339(Number(nanoseconds / 1_000_000n), String(nanoseconds % 1_000_000_000n).padStart(9, '0'));
}
