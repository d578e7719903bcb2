import { calls } from '#client';
import { between } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { Exit } from '../../command/exit.ts';
import { parseInteger } from '../../command/parse-number.ts';
import { messageOf } from '#base';
import { compareNaturally } from '../../format/natural-order.ts';
import { idOf } from '../each.ts';

/** `port CONTAINER [PRIVATE_PORT[/PROTO]]`: where its ports are on the host. */
export default command({
  usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
  takes: between(1, 2),
  completes: ['running'],
  flags: {},
  async run({ arguments: [name = '', wanted] }, cli) {
    const { NetworkSettings } = await cli.engine().call(calls.containerInspect, { path: { id: idOf('container', name) } });
    const ports = NetworkSettings.Ports ?? {};
    const lines = !wanted
      ? Object.entries(ports).flatMap(([port, bindings]) => (bindings ?? []).map((binding) => `${port} -> ${address(binding)}`))
      : bindingsOf(wanted, ports, name).map(address);
    if (lines.length > 0) cli.stdout.write(`${lines.sort(compareNaturally).join('\n')}\n`);
  },
});

type Binding = { readonly HostIp: string; readonly HostPort: string };

function bindingsOf(wanted: string, ports: Readonly<Record<string, readonly Binding[] | null>>, name: string): readonly Binding[] {
  const [port = '', protocol = ''] = wanted.split('/');
  try {
    parseInteger(/^\d+$/.test(port) ? String(Number(port)) : port, 'ParseUint', 16);
  } catch (error) {
    throw new Exit(1, `Error: invalid port (${port}): ${messageOf(error)}`, { cause: error });
  }
  const bindings = ports[`${port}/${protocol || 'tcp'}`];
  if (!bindings || bindings.length === 0) throw new Exit(1, `Error: No public port '${wanted}' published for ${name}`);
  return bindings;
}

function address({ HostIp, HostPort }: Binding): string {
  return `${HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}`;
}
