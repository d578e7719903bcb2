import { env } from 'node:process';
import { quote } from '#base';
import type { Flag, FlagOptions } from './flag.ts';
import { string } from './flag-types.ts';

/** `--platform`; DOCKER_DEFAULT_PLATFORM stands in for it. Read when a command runs: the program may have been loaded when it was built. */
export function platformFlag(options: FlagOptions<string> = { since: '1.32' }): Flag<string> {
  return {
    ...string('Set platform if server is multi-platform capable', options),
    get initial() {
      return env['DOCKER_DEFAULT_PLATFORM'] ?? '';
    },
    get shown() {
      return this.initial === '' ? '' : quote(this.initial);
    },
  };
}
