import { Conflict, InvalidArgument, readTar } from '#base';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { checkContextName, type ContextMeta, ContextStore } from '../../config/context-store.ts';
import { openInput } from '../input-file.ts';

const largest = 10 << 20;

/** `context import CONTEXT FILE|-`: what `context export` wrote, under a name of its own. */
export default command({
  usage: 'CONTEXT FILE|-',
  takes: exactly(2),
  flags: {},
  async run({ arguments: [name = '', file = ''] }, cli) {
    const store = new ContextStore(cli.globals.config);
    checkContextName(name);
    if (store.has(name)) throw new Conflict(`context ${JSON.stringify(name)} already exists`);
    const { meta, tls } = await readArchive(file === '-' ? cli.stdin.bytes() : openInput(file));
    store.put({ ...meta, Name: name }, tls);
    cli.stdout.write(`${name}\n`);
    cli.stderr.write(`Successfully imported context ${JSON.stringify(name)}\n`);
  },
});

async function readArchive(source: AsyncIterable<Uint8Array>): Promise<{ meta: ContextMeta; tls: Record<string, Buffer> }> {
  let meta: ContextMeta | undefined;
  const tls: Record<string, Buffer> = {};
  for await (const { header, bytes } of readTar(source)) {
    if (header.type !== 'file') continue;
    const certificate = /^tls\/docker\/((?:ca|cert|key)\.pem)$/.exec(header.name)?.[1];
    if (header.name === 'meta.json') meta = JSON.parse((await bytes(largest)).toString()) as ContextMeta;
    else if (certificate !== undefined) tls[certificate] = await bytes(largest);
    else throw new InvalidArgument(`unexpected context file: ${header.name}`);
  }
  if (!meta) throw new InvalidArgument('unexpected context file: no meta.json');
  return { meta, tls };
}
