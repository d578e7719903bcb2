/** `--format`, in the two forms in which commands have it. */
import type { Flag, FlagOptions } from './flag.ts';
import { string } from './flag-types.ts';

const more = 'Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates';

/** Of commands that print a list. */
export function listFormat(options: FlagOptions<string> = {}): Flag<string> {
  return string(
    `Format output using a custom template:
'table':            Print output in table format with column headers (default)
'table TEMPLATE':   Print output in table format using the given Go template
'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template.
${more}`,
    options,
  );
}

/** Of commands that print objects. */
export function objectFormat(options: FlagOptions<string> = {}): Flag<string> {
  return string(`Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\n${more}`, options);
}
