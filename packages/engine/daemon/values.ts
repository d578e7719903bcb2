/** Values of flags that are more than a word: address pools, ulimits, maps, runtimes, labels. Each throws InvalidArgument in dockerd's words. */
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isIP, isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { errnoOf, InvalidArgument, parseCidr, parseRamSize } from '#base';
import type { Ulimit } from '#spec';
import type { AddressPool, RuntimePath } from '../context.ts';

/** `base=10.0.0.0/8,size=24`: whole blocks cut into subnets. */
export function parsePool(text: string): AddressPool {
  const fields = new Map(text.split(',').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)] as const));
  const unknown = [...fields.keys()].find((key) => key !== 'base' && key !== 'size');
  if (unknown !== undefined) throw new InvalidArgument(`unexpected key '${unknown}' in '${text}'`);
  const base = fields.get('base') ?? '';
  const size = Number(fields.get('size') ?? 0);
  const block = parseCidr(base);
  if (!block) throw new InvalidArgument(`invalid base pool "${base}": ParseAddr("${base}"): unable to parse IP`);
  if (!Number.isInteger(size) || size < block.prefix || size > (block.family === 4 ? 32 : 128)) throw new InvalidArgument(`invalid pools size ${fields.get('size') ?? ''}`);
  return { base, size };
}

/** `nofile=1024:2048`. */
export function parseUlimit(text: string): Ulimit {
  const [, name, soft, hard = soft] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgument(`invalid ulimit argument: ${text}`);
  if (Number(hard) !== -1 && (Number(soft) > Number(hard) || Number(soft) === -1)) {
    throw new InvalidArgument(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

/** `key=value` each. */
export function parseMap(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals < 0) throw new InvalidArgument(`${word} is not a key=value pair`);
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}

/** `of=key=value`, in one map for each `of`. */
export function parseMapOfMaps(words: readonly string[]): Record<string, Record<string, string>> {
  const groups = Object.entries(Object.groupBy(words, (word) => word.split('=', 1)[0] ?? ''));
  return Object.fromEntries(groups.map(([of, each = []]) => [of, parseMap(each.map((word) => word.slice(of.length + 1)))]));
}

/** `name=path`, arguments behind NULs (configuration-file.ts). `runc` is the name of the built-in one. */
export function parseRuntimes(words: readonly string[]): Record<string, RuntimePath> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name, path = ''] = /^([^=]+)=([^]+)$/.exec(word) ?? [];
      if (name === undefined) throw new InvalidArgument(`runtime option must be in the form name=path: ${word}`);
      if (name === 'runc') throw new InvalidArgument("runtime name 'runc' is reserved");
      const [program = '', ...args] = path.split('\0');
      return [name, { path: program, args }];
    }),
  );
}

/** Docker refuses a label without a key, and two values for one. */
export function parseLabels(words: readonly string[]): readonly string[] {
  const values = new Map<string, string>();
  for (const word of words) {
    const [key = '', ...rest] = word.split('=');
    if (rest.length === 0) throw new InvalidArgument(`bad attribute format: ${word}`);
    const value = rest.join('=');
    if (values.has(key) && values.get(key) !== value) throw new InvalidArgument(`conflict labels for ${key}=${value} and ${key}=${values.get(key)}`);
    values.set(key, value);
  }
  return [...values].map(([key, value]) => `${key}=${value}`);
}

/** Who makes containers' cgroups: we (`cgroupfs`) or systemd. */
export function cgroupDriverOf(words: readonly string[]): 'cgroupfs' | 'systemd' {
  const { 'native.cgroupdriver': driver = 'cgroupfs', ...others } = parseMap(words);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new InvalidArgument(`invalid option for exec-opts: ${unknown}`);
  if (driver !== 'cgroupfs' && driver !== 'systemd') throw new InvalidArgument(`exec-opt native.cgroupdriver=${driver} is not supported: it is cgroupfs or systemd`);
  return driver;
}

/** The parent of containers' cgroups; systemd's is a slice. Throws InvalidArgument in Docker's words. */
export function requireSlice(driver: 'cgroupfs' | 'systemd', parent: string): string {
  if (driver === 'systemd' && !/^.+\.slice$/.test(parent)) throw new InvalidArgument('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"');
  return parent;
}

/** Why nobody can execute the file at an absolute path, as Go's exec tells it; undefined when one can. */
export function executableFault(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return `exec: "${path}": is a directory`;
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return `exec: "${path}": ${errnoOf(error) === 'ENOENT' ? `stat ${path}: no such file or directory` : 'permission denied'}`;
  }
}

/** Bytes. */
export function parseSize(text: string): number {
  return parseRamSize(text);
}

/** A whole number of at least `least`. */
export function parseCount(name: string, text: string, least: number): number {
  const value = Number(text);
  if (value < least) throw new InvalidArgument(`invalid ${name.replaceAll('-', ' ')}: ${text}`);
  return value;
}

/** An address of either family. */
export function parseIp(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgument(`${text} is not an ip address`);
  return text;
}

/** An IPv4 address. */
export function parseIpv4(text: string): string {
  if (!isIPv4(text)) throw new InvalidArgument(`invalid IP address: ${text}`);
  return text;
}

/** An absolute path; `~/` is the home directory. */
export function parsePath(text: string): string {
  return resolve(text.startsWith('~/') ? `${homedir()}/${text.slice(2)}` : text);
}
