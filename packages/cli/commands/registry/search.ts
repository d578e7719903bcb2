import { calls, encodeFilters, type SearchResult } from '#client';
import { exactly } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bool, filter, int, string } from '../../command/flag-types.ts';
import { credentialsFor, headerOf, serverOf } from '../../config/credentials.ts';
import { formatList, type ListFormat, type Row } from '../../format/table.ts';
import { ellipsis } from '../../format/text.ts';

const format: ListFormat = {
  type: '*registry.searchContext',
  headings: { Name: 'NAME', Description: 'DESCRIPTION', StarCount: 'STARS', IsOfficial: 'OFFICIAL' },
  asJson: (row) => ({ ...row, IsOfficial: String(row['IsOfficial'] !== '') }),
  table: 'table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}',
};

/** `search TERM`: images of a registry that can be searched, Docker Hub unless the term names one. */
export default command({
  usage: '[OPTIONS] TERM',
  takes: exactly(1),
  completes: 'nothing',
  flags: {
    filter: filter('Filter output based on conditions provided', { short: 'f' }),
    format: string('Pretty-print search using a Go template'),
    limit: int('Max number of search results'),
    'no-trunc': bool("Don't truncate output"),
  },
  async run({ arguments: [term = ''], flags }, cli) {
    const domain = /^([^/]*[.:][^/]*|localhost)\//.exec(term)?.[1] ?? 'docker.io';
    const auth = await credentialsFor(cli.config, serverOf(domain));
    const query = { term, limit: flags.limit > 0 ? flags.limit : undefined, filters: encodeFilters(flags.filter) };
    const found = await cli.engine().call(calls.imageSearch, { query, headers: { 'X-Registry-Auth': headerOf(auth) }, signal: cli.interrupted });
    const rows = found.map((result) => rowOf(result, !flags['no-trunc']));
    cli.stdout.write(formatList(format, rows, flags.format || 'table'));
  },
});

function rowOf(result: SearchResult, short: boolean): Row {
  const description = result.description.replaceAll('\n', ' ').replaceAll('\r', ' ');
  return {
    Name: result.name,
    Description: short ? ellipsis(description, 45) : description,
    StarCount: String(result.star_count),
    IsOfficial: result.is_official ? '[OK]' : '',
  };
}
