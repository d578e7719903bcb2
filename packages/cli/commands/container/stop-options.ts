import { InvalidArgument } from '#base';
import type { QueryValue } from '#client';
import type { Cli } from '../../cli.ts';
import type { Invocation } from '../../command/command.ts';
import { int, string } from '../../command/flag-types.ts';
import { speaks } from '../../support.ts';

/** What stop and restart take. */
export const stopFlags = {
  signal: string('Signal to send to the container', { short: 's' }),
  timeout: int('Seconds to wait before killing the container', { short: 't' }),
  time: int('Seconds to wait before killing the container', { initial: -1, deprecated: 'use --timeout instead', hidden: true }),
} as const;

/** The query of stop and restart. Throws InvalidArgument when the timeout is given by both of its names. */
export async function stopOptions(cli: Cli, { flags, given }: Pick<Invocation<typeof stopFlags>, 'flags' | 'given'>): Promise<Record<string, QueryValue>> {
  if (given('time') && given('timeout')) throw new InvalidArgument('conflicting options: cannot specify both --timeout and --time');
  const seconds = given('time') ? flags.time : given('timeout') ? flags.timeout : undefined;
  const signal = flags.signal !== '' && (await speaks(cli, '1.42')) ? flags.signal : undefined; // older engines know none
  return { signal, t: seconds };
}
