/** Which options each log driver takes, and what they may be: refused in Docker's words when the container is made. */
import { InvalidArgument, NotImplemented, parseBool, parseDuration, parseRamSize, quote } from '#base';
import { goPattern } from '../../../go-pattern.ts';
import { fluentdAddress } from './fluentd-address.ts';
import { gelfAddress } from './gelf-address.ts';
import type { LogOptions } from './port.ts';
import { syslogAddress, syslogFacility, syslogFormat } from './syslog-options.ts';
import { parseTag } from './tag.ts';

const metadata = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];
const file = ['max-size', 'max-file', 'compress'];
/** What `docker logs` reads when the driver itself keeps nothing. */
const cache = ['cache-disabled', 'cache-max-size', 'cache-max-file', 'cache-compress'];
/** Taken by every driver. */
const delivery = ['mode', 'max-buffer-size'];

interface Driver {
  readonly options: readonly string[];
  /** Throws InvalidArgument. */
  readonly check?: (options: LogOptions) => void;
  /** How an unknown option is quoted: most drivers in single quotes. */
  readonly quoted?: (option: string) => string;
}

const drivers: Readonly<Record<string, Driver>> = {
  'json-file': { options: [...file, ...metadata] },
  'local': { options: file },
  'none': { options: [] },
  'syslog': {
    options: [...metadata, 'syslog-address', 'syslog-facility', 'syslog-format', 'syslog-tls-ca-cert', 'syslog-tls-cert', 'syslog-tls-key', 'syslog-tls-skip-verify'],
    check(options) {
      syslogAddress(options['syslog-address'] ?? '');
      syslogFacility(options['syslog-facility'] ?? '');
      syslogFormat(options['syslog-format'] ?? '');
    },
  },
  'journald': { options: metadata },
  'gelf': { options: [...metadata, 'gelf-address', 'gelf-compression-type', 'gelf-compression-level', 'gelf-tcp-max-reconnect', 'gelf-tcp-reconnect-delay'], check: checkGelf, quoted: quote },
  'fluentd': {
    options: [
      ...metadata, 'fluentd-address', 'fluentd-async', 'fluentd-async-connect', 'fluentd-async-reconnect-interval', 'fluentd-buffer-limit', 'fluentd-max-retries',
      'fluentd-request-ack', 'fluentd-retry-wait', 'fluentd-sub-second-precision', 'fluentd-write-timeout', 'fluentd-read-timeout',
    ],
    check: checkFluentd,
  },
};

/** Drivers whose lines go elsewhere. */
export const forwardingDrivers = ['syslog', 'journald', 'gelf', 'fluentd'] as const;
export type ForwardingDriver = (typeof forwardingDrivers)[number];

/** All that `--log-driver` takes here. */
export const logDrivers: readonly string[] = Object.keys(drivers);

export function isForwarding(driver: string): driver is ForwardingDriver {
  return (forwardingDrivers as readonly string[]).includes(driver);
}

/** Throws InvalidArgument for an unknown driver, an unknown option, a value that cannot be; NotImplemented for compressed files. */
export function validateLogOptions(type: string, options: LogOptions): void {
  const driver = Object.hasOwn(drivers, type) ? drivers[type] : undefined;
  if (!driver) throw new InvalidArgument(`error looking up logging plugin ${type}: plugin ${quote(type)} not found`);
  const known = [...driver.options, ...delivery, ...(isForwarding(type) ? cache : [])];
  const { quoted = (option: string) => `'${option}'` } = driver;
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) throw new InvalidArgument(`unknown log opt ${quoted(option)} for ${type} log driver`);
  }
  checkDelivery(options);
  checkFiles(options);
  if (options['tag']) parseTag(options['tag']);
  for (const name of ['labels-regex', 'env-regex']) checkPattern(options[name] ?? '');
  driver.check?.(options);
}

function checkDelivery(options: LogOptions): void {
  const mode = options['mode'] ?? '';
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw new InvalidArgument(`logger: logging mode not supported: ${mode}`);
  const size = options['max-buffer-size'];
  if (size === undefined) return;
  if (mode !== 'non-blocking') throw new InvalidArgument(`logger: max-buffer-size option is only supported with 'mode=non-blocking'`);
  parseRamSize(size);
}

/** Rotated files stay plain: the shim rotates them and compresses nothing. */
function checkFiles(options: LogOptions): void {
  for (const name of ['compress', 'cache-compress']) {
    if (parseSwitch(options[name] ?? '')) throw new NotImplemented(`log opt '${name}' is not supported: rotated log files are not compressed`);
  }
  parseSwitch(options['cache-disabled'] ?? '');
}

function checkPattern(pattern: string): void {
  if (!goPattern(pattern)) throw new InvalidArgument(`error parsing regexp: ${quote(pattern)}`);
}

function checkGelf(options: LogOptions): void {
  const { protocol } = gelfAddress(options['gelf-address'] ?? '');
  const unknown = (option: string): never => {
    throw new InvalidArgument(`unknown value ${quote(options[option] ?? '')} for log opt ${quote(option)} for gelf log driver`);
  };
  const present = (option: string): boolean => options[option] !== undefined;
  for (const option of ['gelf-compression-type', 'gelf-compression-level']) {
    if (present(option) && protocol !== 'udp') throw new InvalidArgument('compression is only supported on UDP');
  }
  if (present('gelf-compression-level') && !/^(-1|[0-9])$/.test(options['gelf-compression-level'] ?? '')) unknown('gelf-compression-level');
  if (present('gelf-compression-type') && !['gzip', 'zlib', 'none'].includes(options['gelf-compression-type'] ?? '')) unknown('gelf-compression-type');
  for (const option of ['gelf-tcp-max-reconnect', 'gelf-tcp-reconnect-delay']) {
    if (present(option) && protocol !== 'tcp') throw new InvalidArgument(`${quote(option)} option is only supported for TCP`);
    if (present(option) && !/^\d+$/.test(options[option] ?? '')) throw new InvalidArgument(`${quote(option)} must be a positive integer`);
  }
}

const booleans = ['fluentd-async', 'fluentd-async-connect', 'fluentd-request-ack', 'fluentd-sub-second-precision'];
const durations = ['fluentd-retry-wait', 'fluentd-async-reconnect-interval', 'fluentd-write-timeout', 'fluentd-read-timeout'];

function checkFluentd(options: LogOptions): void {
  fluentdAddress(options['fluentd-address'] ?? '');
  for (const name of booleans) if (options[name]) parseSwitch(options[name]);
  for (const name of durations) if (options[name]) parseDuration(options[name]);
  if (options['fluentd-buffer-limit']) parseRamSize(options['fluentd-buffer-limit']);
  const retries = options['fluentd-max-retries'];
  if (retries && !/^\d+$/.test(retries)) throw new InvalidArgument(`strconv.ParseUint: parsing ${quote(retries)}: invalid syntax`);
  if (options['fluentd-async'] && options['fluentd-async-connect']) {
    throw new InvalidArgument("conflicting options: cannot specify both 'fluentd-async' and 'fluentd-async-connect'");
  }
}

/** A switch of `--log-opt`; an empty one is off. Throws InvalidArgument. */
export function parseSwitch(text: string): boolean {
  return text !== '' && parseBool(text);
}
