/** The forwarders of all containers: begun with each run, ended with the container, found again by a new daemon. */
import { hostname } from 'node:os';
import { messageOf, parseDuration, parseRamSize } from '#base';
import type { Engine } from '../../../context.ts';
import type { ContainerRecord } from '../../record.ts';
import { extraAttributes } from '../details.ts';
import { fluentdReceiver } from './fluentd.ts';
import { Forwarder, type Delivery } from './forwarder.ts';
import { gelfReceiver } from './gelf.ts';
import { journaldReceiver } from './journald.ts';
import { isForwarding, parseSwitch } from './options.ts';
import type { LogForwarding, LogIdentity, LogOptions, LogReceiver } from './port.ts';
import { logPositions, type LogPositions } from './positions.ts';
import { syslogReceiver } from './syslog.ts';
import { parseTag } from './tag.ts';

type Needs = Pick<Engine, 'db' | 'supervisor' | 'log'>;

/** Another path, for a journal that runs elsewhere: in a container of its own, or a test. */
const journalSocket = process.env['NARU_JOURNAL_SOCKET'] ?? '/run/systemd/journal/socket';

/** Milliseconds that a removal waits for the last lines to be taken. */
const removalPatience = 1000;
/** Milliseconds that the lines of a removed container are offered further; its files are held open as long. */
const afterlife = 60_000;

export class LogForwarders implements LogForwarding {
  readonly #needs: Needs;
  readonly #positions: LogPositions;
  readonly #forwarders = new Map<string, Forwarder>();
  /** Those whose container goes: they had their moment. */
  readonly #leaving = new WeakSet<Forwarder>();
  /** The daemon ends: no forwarder begins any more. */
  #closed = false;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#positions = logPositions(needs.db);
  }

  check(record: ContainerRecord): void {
    receiverOf(record)?.[Symbol.dispose]();
  }

  begin(record: ContainerRecord): void {
    const before = this.#forwarders.get(record.id);
    if (!before) return this.#begin(record);
    // The run before is still being handed over: this one's lines lie behind it in the same files.
    before.finish();
    void before.done.then(() => {
      const there = this.#needs.supervisor.state(record.id) !== undefined;
      if (there && !this.#closed && !this.#forwarders.has(record.id)) this.#begin(record);
    });
  }

  end(id: string): void {
    this.#forwarders.get(id)?.finish();
  }

  async leave(id: string): Promise<void> {
    const forwarder = this.#forwarders.get(id);
    if (!forwarder) return this.#positions.forget(id);
    if (this.#leaving.has(forwarder)) return;
    this.#leaving.add(forwarder);
    forwarder.finish();
    const timer = setTimeout(() => forwarder.abort(), afterlife).unref();
    void forwarder.done.then(() => {
      clearTimeout(timer);
      if (!this.#closed) this.#positions.forget(id);
    });
    let patience: NodeJS.Timeout | undefined;
    await Promise.race([forwarder.done, new Promise((resolve) => (patience = setTimeout(resolve, removalPatience)))]);
    clearTimeout(patience);
  }

  /** The daemon ends; its successor goes on. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const forwarder of this.#forwarders.values()) forwarder.abort();
  }

  /** A receiver that cannot be made now (no journal yet at boot) is told in the log; the next run tries again. */
  #begin(record: ContainerRecord): void {
    try {
      const forwarder = this.#forwarderOf(record);
      if (!forwarder) return;
      this.#forwarders.set(record.id, forwarder);
      void forwarder.done.then(() => this.#forwarders.delete(record.id));
      if (!['running', 'paused'].includes(this.#needs.supervisor.state(record.id)?.status ?? '')) forwarder.finish();
    } catch (error) {
      this.#needs.log('error', `log of container ${record.name} is not forwarded: ${messageOf(error)}`);
    }
  }

  #forwarderOf(record: ContainerRecord): Forwarder | undefined {
    const { supervisor, log } = this.#needs;
    const file = supervisor.spec(record.id).log;
    const receiver = file && receiverOf(record);
    if (!receiver) return undefined;
    return new Forwarder({
      source: { path: file.path, maxFiles: file.maxFiles },
      from: this.#positions.of(record.id),
      receiver,
      delivery: deliveryOf(record.hostConfig.LogConfig.Config),
      save: (position) => this.#positions.save(record.id, position),
      log,
      name: record.name,
    });
  }
}

function receiverOf(record: ContainerRecord): LogReceiver | undefined {
  const { Type, Config: options } = record.hostConfig.LogConfig;
  if (!isForwarding(Type)) return undefined;
  const identity = identityOf(record, options);
  switch (Type) {
    case 'syslog':
      return syslogReceiver(identity, options);
    case 'journald':
      return journaldReceiver(identity, journalSocket);
    case 'gelf':
      return gelfReceiver(identity, options);
    case 'fluentd':
      return fluentdReceiver(identity, options);
  }
}

function identityOf(record: ContainerRecord, options: LogOptions): LogIdentity {
  const { config } = record;
  return {
    containerId: record.id,
    containerName: record.name,
    imageId: record.image,
    imageName: config.Image,
    command: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(' '),
    created: record.created,
    hostname: hostname(),
    tag: parseTag(options['tag'] || '{{.ID}}')(record),
    extra: extraAttributes(record),
  };
}

/** Blocking or not, a container never waits: the difference is what is kept for a receiver that is behind. */
function deliveryOf(options: LogOptions): Delivery {
  const bounded = options['mode'] === 'non-blocking' ? parseRamSize(options['max-buffer-size'] ?? '1m') : undefined;
  const limit = options['fluentd-buffer-limit'];
  const asynchronous = parseSwitch(options['fluentd-async'] ?? '') || parseSwitch(options['fluentd-async-connect'] ?? '');
  const attempts = options['fluentd-max-retries'] ?? options['gelf-tcp-max-reconnect'];
  return {
    bufferBytes: bounded ?? (asynchronous && limit ? parseRamSize(limit) : undefined),
    attempts: attempts === undefined ? Number.POSITIVE_INFINITY : Number(attempts) + 1,
    retryDelay: retryDelayOf(options),
  };
}

/** Milliseconds. */
function retryDelayOf(options: LogOptions): number {
  const wait = options['fluentd-retry-wait'];
  if (wait) return Math.max(1, parseDuration(wait) / 1e6);
  const seconds = options['gelf-tcp-reconnect-delay'];
  return seconds ? Number(seconds) * 1000 : 1000;
}
