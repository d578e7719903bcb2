import { runtimeFeatures } from '../../features.ts';
import type { Command } from '../command.ts';
import { print } from '../output.ts';

/** `features` (OCI runtime-spec features.md): what this runtime knows of the specification. */
export const features: Command = {
  usage: 'features',
  help: 'show the enabled features',
  flags: [],
  takes: [0, 0],
  async run() {
    print(`${JSON.stringify(await runtimeFeatures(), undefined, 4)}\n`);
    return 0;
  },
};
