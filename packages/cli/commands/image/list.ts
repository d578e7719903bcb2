import { InvalidArgument } from '#base';
import { calls, encodeFilters, type QueryValue } from '#client';
import type { Cli } from '../../cli.ts';
import { atMost } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter } from '../../command/flag-types.ts';
import { listFormat } from '../../command/format-flag.ts';
import { chooseFormat } from '../../format/choose-format.ts';
import { formatList } from '../../format/table.ts';
import { speaks } from '../../support.ts';
import { imageFormat, imageRows } from './list-format.ts';

/** `images [REPOSITORY[:TAG]]`. */
export default command({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  takes: atMost(1),
  completes: ['image'],
  flags: {
    all: bool('Show all images (default hides intermediate images)', { short: 'a' }),
    digests: bool('Show digests'),
    filter: filter('Filter output based on conditions provided', { short: 'f' }),
    format: listFormat(),
    'no-trunc': bool("Don't truncate output"),
    quiet: bool('Only show image IDs', { short: 'q' }),
    tree: bool('List multi-platform images as a tree (EXPERIMENTAL)', { since: '1.47' }),
  },
  async run({ arguments: [name], flags }, cli) {
    const wanted = name === undefined ? flags.filter : new Map(flags.filter).set('reference', [...(flags.filter.get('reference') ?? []), name]);
    if (flags.tree) {
      checkTree(flags);
      const { imageTree } = await import('./list-tree.ts');
      const images = await cli.engine().call(calls.imageList, { query: { all: flags.all, manifests: true, filters: encodeFilters(wanted) } });
      cli.stdout.write(imageTree(images, flags.all, cli));
      return;
    }
    const chosen = chooseFormat(flags, cli.config.values.imagesFormat);
    const format = flags.digests && chosen.startsWith('table ') && !chosen.includes('{{.Digest}}') ? `${chosen}\t{{.Digest}}` : chosen;
    const images = await cli.engine().call(calls.imageList, { query: { all: flags.all, ...(await named(cli, wanted)) } });
    const digests = flags.digests || /\.Digest\b/.test(format);
    const rows = images.flatMap((image) => imageRows(image, cli.now(), { short: !flags['no-trunc'], digests, digestRows: flags.digests }));
    cli.stdout.write(formatList(imageFormat(flags.quiet, flags.digests), rows, format));
  },
});

/** The filters; engines before API 1.25 take a name as a parameter of its own. */
async function named(cli: Cli, wanted: ReadonlyMap<string, readonly string[]>): Promise<Record<string, QueryValue>> {
  const names = wanted.get('reference') ?? [];
  if (names.length === 0 || (await speaks(cli, '1.25'))) return { filters: encodeFilters(wanted) };
  return { filter: names[0], filters: encodeFilters(new Map([...wanted].filter(([key]) => key !== 'reference'))) };
}

/** Throws InvalidArgument for what a tree has no place for. */
function checkTree(flags: { readonly quiet: boolean; readonly 'no-trunc': boolean; readonly digests: boolean; readonly format: string }): void {
  const odd = flags.quiet ? '--quiet' : flags['no-trunc'] ? '--no-trunc' : flags.digests ? '--show-digest' : flags.format === '' ? undefined : '--format';
  if (odd !== undefined) throw new InvalidArgument(`${odd} is not yet supported with --tree`);
}
