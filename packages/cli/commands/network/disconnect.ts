import { calls } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { idOf } from '../each.ts';

/** `network disconnect NETWORK CONTAINER`. */
export default command({
  usage: '[OPTIONS] NETWORK CONTAINER',
  takes: exactly(2),
  completes: ['network', 'container'],
  flags: {
    force: bool('Force the container to disconnect from a network', { short: 'f' }),
  },
  async run({ arguments: [network = '', container = ''], flags }, cli) {
    await cli.engine().call(calls.networkDisconnect, { path: { id: idOf('network', network) }, json: { Container: idOf('container', container), Force: flags.force } });
  },
});
