import { InvalidArgument } from '#base';
import type { Healthcheck } from '#spec';

export interface HealthFlags {
  readonly 'health-cmd': string;
  readonly 'health-interval': number;
  readonly 'health-timeout': number;
  readonly 'health-start-period': number;
  readonly 'health-start-interval': number;
  readonly 'health-retries': number;
  readonly 'no-healthcheck': boolean;
}

/** The health check that the flags ask for; durations in nanoseconds. Throws InvalidArgument in Docker's words. */
export function parseHealth(flags: HealthFlags): Healthcheck | undefined {
  const numbers = ['health-interval', 'health-timeout', 'health-retries', 'health-start-period', 'health-start-interval'] as const;
  const asked = flags['health-cmd'] !== '' || numbers.some((name) => flags[name] !== 0);
  if (flags['no-healthcheck']) {
    if (asked) throw new InvalidArgument('--no-healthcheck conflicts with --health-* options');
    return { Test: ['NONE'] };
  }
  if (!asked) return undefined;
  for (const name of numbers) if (flags[name] < 0) throw new InvalidArgument(`--${name} cannot be negative`);
  return {
    ...(flags['health-cmd'] === '' ? {} : { Test: ['CMD-SHELL', flags['health-cmd']] }),
    ...(flags['health-interval'] === 0 ? {} : { Interval: flags['health-interval'] }),
    ...(flags['health-timeout'] === 0 ? {} : { Timeout: flags['health-timeout'] }),
    ...(flags['health-start-period'] === 0 ? {} : { StartPeriod: flags['health-start-period'] }),
    ...(flags['health-start-interval'] === 0 ? {} : { StartInterval: flags['health-start-interval'] }),
    ...(flags['health-retries'] === 0 ? {} : { Retries: flags['health-retries'] }),
  };
}
