import { InvalidArgument, parseDuration, quote } from '#base';
import type { Healthcheck } from '../../oci-image.ts';
import type { Node } from '../parse.ts';
import { flagOf, readFlags, type Flag, type FlagTypes } from './flags.ts';

const options: FlagTypes = { interval: 'text', retries: 'text', 'start-interval': 'text', 'start-period': 'text', timeout: 'text' };
const shortest = 1_000_000;

/** `HEALTHCHECK NONE` or `HEALTHCHECK [options] CMD command`. */
export function readHealthcheck(node: Node): Healthcheck {
  const [written, ...command] = node.args;
  if (written === undefined) throw new InvalidArgument('HEALTHCHECK requires at least one argument');
  const type = written.toUpperCase();
  if (type === 'NONE') {
    if (command.length > 0) throw new InvalidArgument('HEALTHCHECK NONE takes no arguments');
    return { Test: ['NONE'] };
  }
  const flags = readFlags(node.flags, options);
  if (type !== 'CMD') throw new InvalidArgument(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  if (command.length === 0) throw new InvalidArgument('Missing command after HEALTHCHECK CMD');
  return withoutZeros({
    Test: node.json ? ['CMD', ...command] : ['CMD-SHELL', command.join(' ')],
    Interval: duration(flags, 'interval'),
    Timeout: duration(flags, 'timeout'),
    StartPeriod: duration(flags, 'start-period'),
    StartInterval: duration(flags, 'start-interval'),
    Retries: retries(flagOf(flags, 'retries')),
  });
}

function duration(flags: readonly Flag[], name: string): number {
  const text = flagOf(flags, name);
  const value = text === '' ? 0 : parseDuration(text);
  if (value !== 0 && value < shortest) throw new InvalidArgument(`Interval ${quote(name)} cannot be less than 1ms`);
  return value;
}

function retries(text: string): number {
  if (text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgument(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const count = Number(text);
  if (Math.abs(count) > 0x7fffffff) throw new InvalidArgument(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  if (count < 0) throw new InvalidArgument(`--retries cannot be negative (${count})`);
  return count;
}

/** Zero means "as inherited": an image's config leaves it out. */
function withoutZeros(healthcheck: Healthcheck): Healthcheck {
  return Object.fromEntries(Object.entries(healthcheck).filter(([, value]) => value !== 0));
}
