import { InvalidArgument } from '#base';
import type { QueryValue } from '#client';

interface StopFlags {
  readonly flags: { readonly signal: string; readonly timeout: number; readonly time: number };
  given(flag: 'signal' | 'timeout' | 'time'): boolean;
}

/** The query of stop and restart. Throws InvalidArgument when the timeout is given by both of its names. */
export function stopOptions({ flags, given }: StopFlags): Record<string, QueryValue> {
  if (given('time') && given('timeout')) throw new InvalidArgument('conflicting options: cannot specify both --timeout and --time');
  const seconds = given('time') ? flags.time : given('timeout') ? flags.timeout : undefined;
  return { signal: flags.signal || undefined, t: seconds };
}
