/** What only the old daemon's memory knew, gathered there and laid out here. */
import type { ServerResponse } from 'node:http';
import type { Engine } from '../context.ts';
import { encodeJson } from '../json.ts';
import type { WaitResult } from '../containers/lives.ts';
import { unlessGone } from '../unless-gone.ts';
import { attributesOf } from '../containers/attributes.ts';
import type { Exec } from '../exec/record.ts';
import type { Belongings, CarriedExec, CarriedWait, ExecEnds } from './protocol.ts';

type Needs = Pick<Engine, 'lives' | 'execs' | 'supervisor' | 'containers' | 'events'>;

/** `running` are the execs that ran when this daemon told its last event, `inherited` the waits of daemons before it, which are still to be answered. */
export function gather(engine: Pick<Engine, 'lives' | 'execs'>, hosts: readonly string[], running: ReadonlySet<string>, inherited: readonly CarriedWait[]): Belongings {
  const lives = engine.lives.entries();
  const own = lives.flatMap(([id, life]) => [...life.awaited].map((what) => ({ id, what })));
  const waits = new Map([...inherited, ...own].map((wait) => [keyOf(wait), wait]));
  return {
    hosts,
    pid: process.pid,
    execs: engine.execs.all().map(({ id, containerId, request, started, exitCode, process }) => ({
      id, containerId, request, started, exitCode: exitCode ?? null, handle: process?.handle ?? null, ...(exitCode !== undefined && running.has(id) && { untold: true }),
    })),
    waits: [...waits.values()],
    health: Object.fromEntries(lives.flatMap(([id, { health }]) => (health ? [[id, health.state]] : []))),
    endsFollow: true,
  };
}

/** A wait's name on the carried socket. */
export function keyOf({ id, what }: CarriedWait): string {
  return `${id}/${what}`;
}

/** The answers that older daemons wait for, by key. Taken before anything is recovered: an end that is found then is theirs too. */
export class InheritedWaits {
  readonly #waits = new Map<string, { readonly wait: CarriedWait; readonly result: Promise<WaitResult> }>();

  readonly #askers = new Set<ServerResponse>();
  readonly #lives: Engine['lives'];

  constructor(lives: Engine['lives'], waits: readonly CarriedWait[]) {
    this.#lives = lives;
    for (const wait of waits) {
      const result = lives.of(wait.id)[wait.what].promise;
      this.#waits.set(keyOf(wait), { wait, result });
    }
  }

  /** Answers `asker` when the wait is over; resolves then, or when that one has left. */
  async answer(key: string, asker: ServerResponse): Promise<void> {
    this.#askers.add(asker);
    asker.once('close', () => this.#askers.delete(asker));
    const result = await unlessGone(asker, this.#waits.get(key)?.result ?? this.#over(key));
    if (!result) return;
    this.#waits.delete(key);
    asker.end(encodeJson(result));
  }

  /** One that nobody knows any more has been answered before: its container is gone. */
  #over(key: string): WaitResult {
    const [id = ''] = key.split('/');
    const code = this.#lives.departed(id);
    return code === undefined ? { StatusCode: -1, Error: { Message: `No such container: ${id}` } } : { StatusCode: code };
  }

  /** Another daemon answers from now on: whoever asks here asks there. */
  cut(): void {
    for (const asker of this.#askers) asker.destroy();
  }

  get open(): CarriedWait[] {
    return [...this.#waits.values()].map(({ wait }) => wait);
  }
}

/** What the old daemon has heard of execs that ran when their list was made. */
export function endsSince({ execs }: Pick<Engine, 'execs'>, belongings: Pick<Belongings, 'execs'>): ExecEnds {
  const ran = new Set(belongings.execs.filter(({ exitCode }) => exitCode === null).map(({ id }) => id));
  return Object.fromEntries(execs.all().flatMap(({ id, exitCode }) => (ran.has(id) && exitCode !== undefined ? [[id, exitCode]] : [])));
}

/**
 * Execs and health go on where they were; called once the containers have been found again. Resolves with the execs that
 * ended while nobody here looked: their shims told whoever listened then, and forgot them. Those whose exit code is known have it already.
 */
export async function layOut(engine: Needs, { execs, health }: Pick<Belongings, 'execs' | 'health'>): Promise<Exec[]> {
  const unseen: Exec[] = [];
  for (const exec of execs) unseen.push(...(await takeExec(engine, exec)));
  for (const [id, state] of Object.entries(health)) Object.assign(engine.lives.of(id).health?.state ?? {}, state);
  return unseen;
}

/** Ends what `layOut` could not see the end of, as the daemon before this one did, and tells of it. */
export function endUnseen(engine: Needs, unseen: readonly Exec[], ends: ExecEnds): void {
  for (const exec of unseen) {
    const code = ends[exec.id] ?? exec.exitCode;
    if (exec.exitCode === undefined) engine.execs.finish(exec, code ?? unknownExitCode);
    const record = engine.containers.get(exec.containerId);
    if (record && code !== undefined) engine.events.publish('container', 'exec_die', record.id, attributesOf(record, { execID: exec.id, exitCode: String(code) }));
  }
}

/** An exec whose end nobody saw. */
const unknownExitCode = 255;

async function takeExec(engine: Needs, { id, containerId, request, started, exitCode, handle, untold }: CarriedExec): Promise<Exec[]> {
  const process = handle !== null && exitCode === null ? await engine.supervisor.adoptExec(containerId, id, handle) : undefined;
  const exec: Exec = { id, containerId, request, started, process, exitCode: undefined };
  engine.execs.add(exec);
  engine.execs.keep(exec);
  const finish = (code: number): void => engine.execs.finish(exec, code);
  if (exitCode !== null) finish(exitCode);
  else if (process) process.wait().then(({ code }) => finish(code), () => finish(unknownExitCode));
  else if (started) return [exec];
  return untold ? [exec] : [];
}
