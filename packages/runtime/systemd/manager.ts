/**
 * systemd's manager, by its D-Bus interface (org.freedesktop.systemd1(5)): the system's for root, for anybody else his
 * own. Its private socket needs no bus; where there is none of that, the bus does.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Internal, isKind, Unavailable } from '#base';
import { DbusConnection } from './connection.ts';
import { type DbusValue, type Message, type Variant } from './message.ts';

const destination = 'org.freedesktop.systemd1';
const manager = { destination, path: '/org/freedesktop/systemd1', interface: 'org.freedesktop.systemd1.Manager' } as const;
const bus = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' } as const;
/** States of a unit that nothing runs in; "" is that of none. */
const over: readonly string[] = ['', 'inactive', 'failed'];
/** Milliseconds that a job may take. */
const PATIENCE = 30_000;

/** Name and value, as StartTransientUnit takes them. */
export type Property = readonly [name: string, value: Variant];

export class SystemdManager implements Disposable {
  readonly #connection: DbusConnection;

  private constructor(connection: DbusConnection) {
    this.#connection = connection;
  }

  /** Throws Unavailable where there is no such manager. */
  static async open(user: boolean): Promise<SystemdManager> {
    const { own, shared } = socketsOf(user);
    const path = existsSync(own) ? own : shared;
    if (!existsSync(path)) throw new Unavailable(`systemd cannot be reached: there is no ${path}`);
    const connection = await DbusConnection.open(path);
    if (path === own) return new SystemdManager(connection);
    await connection.call({ ...bus, member: 'Hello' });
    await connection.call({ ...bus, member: 'AddMatch', signature: 's', body: [`type='signal',interface='${manager.interface}',member='JobRemoved'`] });
    await connection.call({ ...manager, member: 'Subscribe' });
    return new SystemdManager(connection);
  }

  /** Makes a unit that lasts as long as something is in it; resolves when it is up. Throws Internal with systemd's reason. */
  async startTransient(unit: string, properties: readonly Property[]): Promise<void> {
    const body = [unit, 'replace', properties as unknown as DbusValue, []] as const;
    await this.#job(unit, { member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))', body });
  }

  /** Ends whatever is in the unit, and forgets that it failed. One that there is none of is fine. */
  async stop(unit: string): Promise<void> {
    const state = await this.#activeState(unit);
    if (!over.includes(state)) await unlessNone(this.#stopped(unit));
    if (state !== '') await unlessNone(this.#connection.call({ ...manager, member: 'ResetFailedUnit', signature: 's', body: [unit] }));
  }

  /** Of a unit that ends by itself just now, because nothing is left in it, systemd may take the job and never tell its end: its state does. */
  async #stopped(unit: string): Promise<void> {
    const told = new AbortController();
    const job = this.#job(unit, { member: 'StopUnit', signature: 'ss', body: [unit, 'replace'] }).finally(() => told.abort());
    const seen = (async () => {
      while (!told.signal.aborted && !over.includes(await this.#activeState(unit))) await sleep(100, undefined, { signal: told.signal }).catch(() => undefined);
    })();
    await Promise.race([job, seen]);
  }

  /** Changes what may be changed of a unit that is up, until it ends. */
  async setProperties(unit: string, properties: readonly Property[]): Promise<void> {
    if (properties.length === 0) return;
    await this.#connection.call({ ...manager, member: 'SetUnitProperties', signature: 'sba(sv)', body: [unit, true, properties as unknown as DbusValue] });
  }

  /** Moves processes of ours into a unit whose cgroup was delegated; `below` is a cgroup in it, "/" for its own. An ordinary user's manager has the system's do it where he may not. */
  async attach(unit: string, below: string, pids: readonly number[]): Promise<void> {
    await this.#connection.call({ ...manager, member: 'AttachProcessesToUnit', signature: 'ssau', body: [unit, below, [...pids]] });
  }

  /** The manager's own cgroup, "" for the system's. */
  async controlGroup(): Promise<string> {
    return String(((await this.#property(manager.path, manager.interface, 'ControlGroup')) as Variant).value);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }

  /** "" for a unit that there is none of. For one that could not be made systemd would take a job and tell no end of it. */
  async #activeState(unit: string): Promise<string> {
    let state = '';
    await unlessNone((async () => {
      const [path] = await this.#connection.call({ ...manager, member: 'GetUnit', signature: 's', body: [unit] });
      state = String(((await this.#property(String(path), 'org.freedesktop.systemd1.Unit', 'ActiveState')) as Variant).value);
    })());
    return state;
  }

  async #property(path: string, of: string, name: string): Promise<DbusValue> {
    const [value = ''] = await this.#connection.call({ destination, path, interface: 'org.freedesktop.DBus.Properties', member: 'Get', signature: 'ss', body: [of, name] });
    return value;
  }

  /** A job's end is told by a signal, which can come before the call's answer has been looked at. */
  async #job(unit: string, call: { member: string; signature: string; body: readonly DbusValue[] }): Promise<void> {
    const ended = new Map<string, string>();
    const done = Promise.withResolvers<void>();
    let wanted = '';
    using _listening = this.#connection.listen((signal: Message) => {
      if (signal.fields.member !== 'JobRemoved') return;
      const [, path, , result] = signal.body;
      ended.set(String(path), String(result));
      if (ended.has(wanted)) done.resolve();
    });
    wanted = String((await this.#connection.call({ ...manager, ...call }))[0]);
    const timer = setTimeout(() => done.reject(new Internal(`systemd: the job of ${unit} takes too long`)), PATIENCE).unref(); // the connection keeps us waiting
    if (!ended.has(wanted)) await done.promise.finally(() => clearTimeout(timer));
    clearTimeout(timer);
    const result = ended.get(wanted);
    if (result !== 'done' && result !== 'skipped') throw new Internal(`systemd: the job of ${unit} ended as "${result}"`);
  }
}

/** Whether an ordinary user has a manager. */
export const hasOwnManager = (): boolean => Object.values(socketsOf(true)).some((path) => existsSync(path));

function socketsOf(user: boolean): { own: string; shared: string } {
  if (!user) return { own: '/run/systemd/private', shared: '/run/dbus/system_bus_socket' };
  const directory = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.geteuid?.() ?? 0}`;
  const named = /^unix:path=([^,;]+)/.exec(process.env['DBUS_SESSION_BUS_ADDRESS'] ?? '')?.[1];
  return { own: join(directory, 'systemd/private'), shared: named ?? join(directory, 'bus') };
}

async function unlessNone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isKind(error, 'NotFound')) throw error;
  }
}
