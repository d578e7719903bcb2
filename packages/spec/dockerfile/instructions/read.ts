import { InvalidArgument, quote } from '#base';
import type { Node } from '../parse.ts';
import { trim } from '../space.ts';
import { withSuggestion } from '../suggest.ts';
import { readCopy } from './copy.ts';
import { readFlags, type FlagTypes } from './flags.ts';
import { readHealthcheck } from './healthcheck.ts';
import type { ArgInstruction, CommandLine, FromInstruction, Instruction, Pair, RunFlag } from './model.ts';
import { checkMount } from './run-mount.ts';

const names = [
  'add', 'arg', 'cmd', 'copy', 'entrypoint', 'env', 'expose', 'from', 'healthcheck', 'label', 'maintainer', 'onbuild', 'run', 'shell',
  'stopsignal', 'user', 'volume', 'workdir',
];

const runFlags: FlagTypes = { device: 'many', mount: 'many', network: 'text', security: 'text' };
const noFlags: FlagTypes = {};

/** Reads what a node says. Throws InvalidArgument in Docker's words, without the line, which the caller knows. */
export function readInstruction(node: Node): Instruction | FromInstruction {
  const common = { code: trim(node.original), line: node.startLine };
  const kind = node.name.toLowerCase();
  switch (kind) {
    case 'from':
      return { ...common, kind, ...readFrom(node) };
    case 'arg':
      return { ...common, kind, args: readArgs(node) };
    case 'env':
      return { ...common, kind, pairs: readPairs(node, 'ENV') };
    case 'label':
      return { ...common, kind, pairs: readPairs(node, 'LABEL'), literal: false };
    case 'run':
      return { ...common, kind, flags: readRunFlags(node), command: readCommand(node) };
    case 'cmd':
    case 'entrypoint':
      readFlags(node.flags, noFlags);
      return { ...common, kind, command: readCommand(node) };
    case 'copy':
    case 'add':
      return readCopy(kind, node, common);
    case 'shell':
      return { ...common, kind, shell: readShell(node) };
    case 'healthcheck':
      return { ...common, kind, healthcheck: readHealthcheck(node) };
    case 'expose':
      return { ...common, kind, values: readList(node, 'EXPOSE').toSorted() };
    case 'volume':
      return { ...common, kind, values: readVolumes(node) };
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return { ...common, kind, value: readText(node) };
    case 'onbuild':
      return { ...common, kind, trigger: readTrigger(node) };
    default:
      throw new InvalidArgument(withSuggestion(`unknown instruction: ${node.name}`, node.name, names, false));
  }
}

function readFrom(node: Node): Pick<FromInstruction, 'base' | 'name' | 'platform'> {
  const [base = '', as, written = ''] = node.args;
  if (node.args.length !== 1 && !(node.args.length === 3 && as?.toLowerCase() === 'as')) {
    throw new InvalidArgument('FROM requires either one or three arguments');
  }
  const name = written.toLowerCase();
  if (name !== '' && !/^[a-z][a-z0-9-_.]*$/.test(name)) {
    throw new InvalidArgument(`invalid name for build stage: ${quote(written)}, name can't start with a number or contain symbols`);
  }
  const [platform] = readFlags(node.flags, { platform: 'text' });
  return { base, name, platform: platform?.value ?? '' };
}

function readArgs(node: Node): ArgInstruction['args'] {
  return readList(node, 'ARG').map((word) => {
    const equals = word.indexOf('=');
    if (equals === 0) throw new InvalidArgument('ARG names can not be blank');
    return equals < 0 ? { key: word, value: undefined } : { key: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

function readPairs(node: Node, name: string): Pair[] {
  readFlags(node.flags, noFlags);
  if (node.args.length === 0) throw new InvalidArgument(`${name} requires at least one argument`);
  const pairs: Pair[] = [];
  for (let at = 0; at < node.args.length; at += 3) {
    const [key = '', value = ''] = node.args.slice(at);
    if (key === '') throw new InvalidArgument(`${name} names can not be blank`);
    pairs.push({ key, value });
  }
  return pairs;
}

function readRunFlags(node: Node): RunFlag[] {
  const flags = readFlags(node.flags, runFlags) as RunFlag[];
  for (const flag of flags) if (flag.name === 'mount') checkMount(flag.value);
  return flags;
}

/** A command that is no JSON array is one text, whatever words it had. */
function readCommand(node: Node): CommandLine {
  const args = node.json || node.args.length === 0 ? node.args : [node.args.join(' ')];
  return { args, shell: !node.json, heredocs: node.heredocs };
}

function readShell(node: Node): readonly string[] {
  readFlags(node.flags, noFlags);
  if (node.args.length === 0) throw new InvalidArgument('SHELL requires at least one argument');
  if (!node.json) throw new InvalidArgument('SHELL requires the arguments to be in JSON form');
  return node.args;
}

function readList(node: Node, name: string): readonly string[] {
  if (node.args.length === 0) throw new InvalidArgument(`${name} requires at least one argument`);
  readFlags(node.flags, noFlags);
  return node.args;
}

function readVolumes(node: Node): string[] {
  const volumes = readList(node, 'VOLUME').map(trim);
  if (volumes.includes('')) throw new InvalidArgument('VOLUME specified can not be an empty string');
  return volumes;
}

function readText(node: Node): string {
  const [value] = node.args;
  if (value === undefined) throw new InvalidArgument(`${node.name.toUpperCase()} requires exactly one argument`);
  readFlags(node.flags, noFlags);
  return value;
}

function readTrigger(node: Node): string {
  if (!node.trigger) throw new InvalidArgument('ONBUILD requires at least one argument');
  readFlags(node.flags, noFlags);
  const trigger = node.trigger.name.toUpperCase();
  if (trigger === 'ONBUILD') throw new InvalidArgument("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'MAINTAINER' || trigger === 'FROM') throw new InvalidArgument(`${trigger} isn't allowed as an ONBUILD trigger`);
  const written = node.original.replace(/^\s*ONBUILD\s*/i, '');
  return node.heredocs.reduce((text, heredoc) => `${text}\n${heredoc.content}${heredoc.name}`, written);
}
