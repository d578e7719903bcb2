/**
 * The ledger of docker's commands, as the project keeps it (`ledger.txt`): paths, usages, aliases and flags, without
 * their descriptions. It is made from the measurements (`cli.json`), and made again and compared where they are.
 *
 *     container ls    docker container ls [OPTIONS]    ps, container list, container ps     (tabs between)
 *       --all -a bool
 *       --last -n int =-1 since 1.25
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { read } from './specs.ts';

export interface LedgerFlag {
  readonly name: string;
  readonly short: string | undefined;
  /** `bool` for a switch; undefined where it was not measured: hidden flags show no type. */
  readonly type: string | undefined;
  readonly initial: string | undefined;
  readonly since: string | undefined;
  readonly os: string | undefined;
  readonly hidden: boolean;
}

export interface LedgerCommand {
  readonly words: readonly string[];
  readonly usage: string;
  readonly aliases: readonly string[];
  readonly flags: readonly LedgerFlag[];
}

const file = join(import.meta.dirname, 'ledger.txt');

/** The project's table. */
export function ledgerText(): string {
  return readFileSync(file, 'utf8');
}

/** Reads the table. */
export function parseLedger(text: string): LedgerCommand[] {
  const commands: { words: string[]; usage: string; aliases: string[]; flags: LedgerFlag[] }[] = [];
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    if (line.startsWith('  ')) commands.at(-1)?.flags.push(parseFlag(line.trim()));
    else {
      const [path = '', usage = '', aliases = ''] = line.split('\t');
      commands.push({ words: path.split(' ').filter(Boolean), usage, aliases: aliases.split(', ').filter(Boolean), flags: [] });
    }
  }
  return commands;
}

function parseFlag(line: string): LedgerFlag {
  const [, name = '', short, type, initial, since, os, hidden] = /^--(\S+)(?: -(\S))?(?: ([\w-]+))??(?: =(.*?))?(?: since (\S+))?(?: os (\S+))?( hidden)?$/.exec(line) ?? [];
  return { name, short, type, initial, since, os, hidden: hidden !== undefined };
}

interface Measured {
  readonly commands: readonly MeasuredCommand[];
  readonly 'classicBuild (DOCKER_BUILDKIT=0 or no buildx plugin)': { readonly usage: string; readonly flags: readonly MeasuredFlag[] };
}

interface MeasuredCommand {
  readonly path: string;
  readonly usage: string;
  readonly aliases?: readonly string[];
  readonly flags?: readonly MeasuredFlag[];
}

interface MeasuredFlag {
  readonly name: string;
  readonly short?: string;
  readonly type?: string;
  readonly default?: string;
  readonly minApi?: string;
  readonly os?: string;
  readonly hidden?: boolean;
}

/** Not of the command itself: other programs' commands, and those of a swarm. */
const foreign = /^docker (?:compose|buildx|bake|swarm|service|node|stack|secret|config)\b|^docker builder (?!build$|prune$)/;
const builds = ['docker build', 'docker image build', 'docker builder build'];

/** Makes the table from the measurements. The classic builder's flags stand where the measured machine had buildx. */
export function ledgerFromMeasurements(): string {
  const measured = read<Measured>('cli', 'cli.json');
  const classic = measured['classicBuild (DOCKER_BUILDKIT=0 or no buildx plugin)'];
  const lines = measured.commands.filter(({ path }) => path !== 'docker' && !foreign.test(path) && path !== 'docker builder prune').flatMap(({ path, usage, aliases = [], flags = [] }) => {
    const isBuild = builds.includes(path);
    const shown = (isBuild ? builds.filter((one) => one !== path) : aliases).map((alias) => alias.replace(/^docker /, ''));
    const own = (isBuild ? classic.flags : flags).filter(({ name }) => name !== '--help');
    return [`${path.replace(/^docker /, '')}\t${isBuild ? classic.usage.replace('docker build', path) : usage.replaceAll('\n', ' ').replace(/\s+/g, ' ')}\t${shown.join(', ')}`.trimEnd(), ...own.map(lineOf)];
  });
  return `# Made by ledger.ts from the measurements of docker 28.2.2; do not edit.\n${lines.join('\n')}\n`;
}

function lineOf(flag: MeasuredFlag): string {
  const part = (before: string, value: string | undefined): string => (value === undefined ? '' : ` ${before}${value.replaceAll('\n', ' ')}`);
  const type = flag.hidden ? undefined : flag.type;
  return `  ${flag.name}${part('', flag.short)}${part('', type)}${part('=', flag.default)}${part('since ', flag.minApi)}${part('os ', flag.os)}${flag.hidden ? ' hidden' : ''}`;
}
