import { InvalidArgument, isKind } from '#base';
import { type Call, calls } from '#client';
import type { Cli } from '../cli.ts';
import { atLeast } from '../command/arguments.ts';
import { command } from '../command/command.ts';
import { Exit } from '../command/exit.ts';
import { bool, string } from '../command/flag-types.ts';
import { objectFormat } from '../command/format-flag.ts';
import { containerShape } from '../inspect/container-shape.ts';
import { imageShape } from '../inspect/image-shape.ts';
import { type Inspected, inspectAll } from '../inspect/inspect.ts';
import { networkShape } from '../inspect/network-shape.ts';
import { volumeShape } from '../inspect/volume-shape.ts';
import { idOf } from './each.ts';

type Finder = (cli: Cli, name: string, size: boolean) => Promise<Inspected>;

/** Kinds of objects in the order in which a name without a kind is looked for. */
const finders: Readonly<Record<string, Finder>> = {
  container: async (cli, name, size) => ({ json: await cli.engine().text(calls.containerInspect, { path: { id: idOf('container', name) }, query: { size } }), shape: containerShape }),
  image: async (cli, name) => ({ json: await cli.engine().text(calls.imageInspect, { path: { name } }), shape: imageShape }),
  network: async (cli, name) => ({ json: await cli.engine().text(calls.networkInspect, { path: { id: name } }), shape: networkShape }),
  volume: async (cli, name) => ({ json: await cli.engine().text(calls.volumeInspect, { path: { name } }), shape: volumeShape }),
  plugin: async (cli, name) => ({ json: await cli.engine().text(calls.pluginInspect, { path: { name } }), shape: undefined }),
};

/** Those that only a swarm has: looked for only when they are named. */
const swarmKinds: Readonly<Record<string, Call<unknown>>> = {
  config: calls.configInspect, node: calls.nodeInspect, secret: calls.secretInspect, service: calls.serviceInspect, task: calls.taskInspect,
};

/** `inspect NAME|ID…`: any kind of object. */
export default command({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  takes: atLeast(1),
  completes: 'object',
  flags: {
    format: objectFormat({ short: 'f' }),
    size: bool('Display total file sizes if the type is container', { short: 's' }),
    type: string('Only inspect objects of the given type'),
  },
  async run({ arguments: names, flags, given }, cli) {
    if (given('type') && flags.type === '') throw new InvalidArgument('type is empty: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"');
    const one = finders[flags.type] ?? swarmFinder(flags.type);
    if (flags.type !== '' && !one) throw new InvalidArgument(`unknown type: ${JSON.stringify(flags.type)}: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"`);
    await inspectAll(cli, names, flags.format, (name) => (one ? one(cli, name, flags.size) : findAny(cli, name, flags.size)));
  },
});

function swarmFinder(kind: string): Finder | undefined {
  const call = Object.hasOwn(swarmKinds, kind) ? swarmKinds[kind] : undefined;
  return call && (async (cli, id) => ({ json: await cli.engine().text(call, { path: { id } }), shape: undefined }));
}

async function findAny(cli: Cli, name: string, size: boolean): Promise<Inspected> {
  for (const find of Object.values(finders)) {
    try {
      return await find(cli, name, size);
    } catch (error) {
      const passes = isKind(error, 'NotFound') || isKind(error, 'NotImplemented') || isKind(error, 'InvalidArgument') || (isKind(error, 'Internal') && /plugin/.test(String(error)));
      if (!passes) throw error;
    }
  }
  throw new Exit(1, `Error: No such object: ${name}`);
}
