import { lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgument, jsonComplaint } from '#base';
import { calls } from '#client';
import { parseReference } from '#spec';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool } from '../../command/flag-types.ts';
import { fileComplaint } from '../../file-complaint.ts';
import { compressed } from '../image/context-archive.ts';
import { packDirectory } from '../image/pack-context.ts';

/** `plugin create PLUGIN PLUGIN-DATA-DIR`: the directory, as an archive, becomes a plugin of the engine. */
export default command({
  usage: '[OPTIONS] PLUGIN PLUGIN-DATA-DIR',
  takes: atLeast(2),
  flags: {
    compress: bool('Compress the context using gzip'),
  },
  async run({ arguments: [name = '', directory = ''], flags }, cli) {
    const { tag, digest } = parseReference(name);
    if (digest !== undefined && tag === undefined) throw new InvalidArgument(`invalid name: ${name}`);
    const root = resolve(directory);
    checkDirectory(root);
    checkConfig(directory);
    const archive = packDirectory(root);
    await cli.engine().call(calls.pluginCreate, { query: { name }, body: flags.compress ? compressed(archive) : archive, contentType: 'application/x-tar', signal: cli.interrupted });
    cli.stdout.write(`${name}\n`);
  },
});

function checkDirectory(root: string): void {
  try {
    if (!lstatSync(root).isDirectory()) throw new InvalidArgument('context must be a directory');
  } catch (error) {
    throw error instanceof InvalidArgument ? error : fileComplaint(error, 'lstat', root);
  }
}

function checkConfig(directory: string): void {
  const path = join(directory, 'config.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileComplaint(error, 'open', path);
  }
  try {
    JSON.parse(text);
  } catch (error) {
    const complaint = jsonComplaint(text);
    if (complaint.kind === 'trailing') return; // the engine reads one document, and nothing behind it
    throw new InvalidArgument(complaint.kind === 'syntax' ? complaint.message : text.trim() === '' ? 'EOF' : 'unexpected EOF', { cause: error });
  }
}
