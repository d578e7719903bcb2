import { isKind, messageOf } from '#base';
import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { bool } from '../../command/flag-types.ts';
import { confirmed } from '../../terminal/prompt.ts';
import { idOf } from '../each.ts';

const ingress = 'WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. Otherwise, removal may not be effective and functionality of newly create ingress networks will be impaired.\nAre you sure you want to continue?';

/** `network rm NETWORK…`. */
export default command({
  usage: 'NETWORK [NETWORK...]',
  takes: atLeast(1),
  completes: 'network',
  flags: {
    force: bool('Do not error if the network does not exist', { short: 'f' }),
  },
  async run({ arguments: names, flags }, cli) {
    let failed = false;
    for (const name of names) {
      const id = idOf('network', name);
      const found = await cli.engine().call(calls.networkInspect, { path: { id } }).catch(() => undefined); // an unknown name is told by the removal
      if (found?.['Ingress'] === true && !(await confirmed(cli, ingress))) continue;
      try {
        await cli.engine().call(calls.networkRemove, { path: { id } });
        cli.stdout.write(`${name}\n`);
      } catch (error) {
        if (flags.force && isKind(error, 'NotFound')) continue;
        cli.stderr.write(`${messageOf(error)}\n`);
        failed = true;
      }
    }
    if (failed) throw new Exit(1, 'exit status 1');
  },
});
