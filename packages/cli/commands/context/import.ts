import { Conflict, InvalidArgument, readTar } from '#base';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { checkContextName, type ContextMeta, ContextStore, type ContextTls } from '../../config/context-store.ts';
import { openInput } from '../input-file.ts';
import { readZip } from './read-zip.ts';

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

interface Imported {
  readonly meta: ContextMeta;
  readonly tls: ContextTls;
}

/** A tar archive, or a zip, which is told by its first bytes. */
async function readArchive(source: AsyncIterable<Uint8Array>): Promise<Imported> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > largest) throw new InvalidArgument(`read: the archive is larger than ${largest} bytes`);
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  return importedFrom(whole.subarray(0, 4).toString('latin1') === 'PK\x03\x04' ? readZip(whole, largest) : await filesOfTar(whole));
}

async function filesOfTar(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const source = (async function* () {
    yield archive;
  })();
  for await (const { header, bytes } of readTar(source)) if (header.type === 'file') files.set(header.name, await bytes(largest));
  return files;
}

function importedFrom(files: ReadonlyMap<string, Buffer>): Imported {
  const tls = new Map<string, Record<string, Buffer>>();
  for (const [name, bytes] of files) {
    const [, endpoint, certificate] = /^tls\/([^/]+)\/([^/]+)$/.exec(name) ?? [];
    if (endpoint === undefined || certificate === undefined) {
      if (name !== 'meta.json') throw new InvalidArgument(`unexpected context file: ${name}`);
    } else if (/^\.\.?$/.test(endpoint) || /^\.\.?$/.test(certificate) || name.includes('\\')) throw new InvalidArgument(`${name}: unexpected path format`); // it would lead out of the store
    else tls.set(endpoint, { ...tls.get(endpoint), [certificate]: bytes });
  }
  const meta = files.get('meta.json');
  if (!meta) throw new InvalidArgument('invalid context: no metadata found');
  return { meta: JSON.parse(meta.toString()) as ContextMeta, tls: Object.fromEntries(tls) };
}
