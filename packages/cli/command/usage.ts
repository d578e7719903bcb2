/** `--help`: the pages that Docker prints, from the same table that parses the command line. */
import type { Command, Group, Leaf, Node } from './command.ts';
import type { Flag, Flags } from './flag.ts';
import { wrapDescription } from './wrap.ts';

/** What a daemon says of itself, to leave out what it does not know; undefined: show everything. */
export interface HelpScope {
  /** False leaves a flag or command out. */
  shows(restrictions: { readonly since?: string | undefined; readonly os?: string | undefined; readonly experimental?: boolean | undefined; readonly own?: boolean | undefined; readonly swarmManager?: boolean | undefined }): boolean;
}

const narrowestName = 11;

/** The page of a command. `path` is "naru container run", `alsoKnownAs` every path it is reached by. */
export function commandHelp(path: string, leaf: Leaf, command: Command, alsoKnownAs: readonly string[], columns: number, scope: HelpScope): string {
  const shown = { ...command.flags, ...(ownHelpShown(command.flags) ? { help: helpFlag } : {}) };
  const flags = flagUsages(shown, columns, scope);
  return [
    `Usage:  ${usageLine(path, command)}\n`,
    `${(command.long ?? leaf.short).trim()}\n`,
    leaf.experimentalCli ? experimentNote(path) : '',
    alsoKnownAs.length > 1 ? `Aliases:\n  ${alsoKnownAs.join(', ')}\n` : '',
    flags === '' ? '' : `Options:\n${flags}`,
  ].filter(Boolean).join('\n');
}

/** The page of a group. */
export function groupHelp(path: string, group: Group, scope: HelpScope): string {
  return [
    `Usage:  ${path} COMMAND\n`,
    `${(group.long ?? group.short).trim()}\n`,
    group.experimentalCli ? experimentNote(path) : '',
    section('Management Commands', group.children.filter((child) => child.kind === 'group'), scope),
    section('Commands', group.children.filter((child) => child.kind === 'leaf'), scope),
    `Run '${path} COMMAND --help' for more information on a command.\n`,
  ].filter(Boolean).join('\n');
}

function experimentNote(path: string): string {
  return `EXPERIMENTAL:
  ${path} is an experimental feature.
  Experimental features provide early access to product functionality. These
  features may change between releases without warning, or can be removed from a
  future release. Learn more about experimental features in our documentation:
  https://docs.docker.com/go/experimental/
`;
}

/** The first page: sections of commands and the flags that stand before them. */
export function rootHelp(program: string, short: string, sections: readonly (readonly [string, readonly Node[]])[], flags: Flags, columns: number, scope: HelpScope): string {
  const width = Math.max(narrowestName, ...sections.flatMap(([, nodes]) => nodes.map((node) => node.name.length)));
  return [
    `Usage:  ${program} [OPTIONS] COMMAND\n`,
    `${short}\n`,
    ...sections.map(([title, nodes]) => section(title, nodes, scope, width)),
    `Global Options:\n${flagUsages(flags, columns, scope)}`,
    `Run '${program} COMMAND --help' for more information on a command.\n`,
    program === 'docker' ? 'For more help on how to use Docker, head to https://docs.docker.com/go/guides/\n' : '',
  ].filter(Boolean).join('\n');
}

/** `naru run [OPTIONS] IMAGE …`; further forms, which name the command themselves, on lines of their own. */
export function usageLine(path: string, command: Pick<Command, 'usage'>): string {
  const forms = typeof command.usage === 'string' ? [command.usage] : command.usage;
  const program = path.split(' ', 1)[0] ?? path;
  return forms.map((form, index) => `${index === 0 ? path : program} ${form}`.trimEnd()).join('\n\t');
}

function section(title: string, nodes: readonly Node[], scope: HelpScope, width = 0): string {
  const shown = nodes.filter((node) => !node.hidden && scope.shows(node));
  const column = Math.max(width, narrowestName, ...shown.map((node) => node.name.length)) + 1;
  const lines = shown.map((node) => `  ${node.name.padEnd(column)}${node.short}\n`);
  return lines.length === 0 ? '' : `${title}:\n${lines.join('')}`;
}

/** `help` is listed only where `-h` means something else, since then `-h` does not ask for it. */
function ownHelpShown(flags: Flags): boolean {
  return Object.values(flags).some((flag) => flag.short === 'h');
}

const helpFlag: Flag<boolean> = {
  type: '', description: 'Print usage', short: undefined, initial: false, shown: '', implied: 'true', restrictions: {}, parse: () => true,
};

/** The table of flags, sorted by name, descriptions wrapped to `columns`. */
export function flagUsages(flags: Flags, columns: number, scope: HelpScope): string {
  const shown = Object.entries(flags).filter(([, flag]) => !flag.restrictions.hidden && flag.restrictions.aliasOf === undefined && scope.shows(flag.restrictions));
  const heads = new Map(shown.map(([name, flag]) => [name, headOf(name, flag)]));
  const width = Math.max(0, ...[...heads.values()].map((head) => head.length));
  return shown
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => `${(heads.get(name) ?? '').padEnd(width)}   ${wrapDescription(descriptionOf(flag), width + 3, columns)}\n`)
    .join('');
}

function headOf(name: string, flag: Flag<unknown>): string {
  const long = flag.short === undefined ? `      --${name}` : `  -${flag.short}, --${name}`;
  return flag.type === '' ? long : `${long} ${flag.type}`;
}

function descriptionOf(flag: Flag<unknown>): string {
  return flag.shown === '' ? flag.description : `${flag.description} (default ${flag.shown})`;
}
