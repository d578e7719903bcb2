import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { inTurn } from '../each.ts';
import { named } from './create.ts';
import { ManifestStore } from './store.ts';

/** `manifest rm MANIFEST_LIST…`: lists in the making; what was pushed stays. */
export default command({
  usage: 'MANIFEST_LIST [MANIFEST_LIST...]',
  takes: atLeast(1),
  flags: {},
  async run({ arguments: names }, cli) {
    const store = new ManifestStore(cli.globals.config);
    await inTurn(names, async (name) => store.remove(named(name, 'error parsing name')));
  },
});
