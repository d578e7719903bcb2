/** Every command, alias, argument rule and flag of docker's ledger is in the command's table, and nothing else but what is Naru's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childOf, type Command, type Group, type Leaf } from '../../packages/cli/command/command.ts';
import type { Flag } from '../../packages/cli/command/flag.ts';
import { usageLine } from '../../packages/cli/command/usage.ts';
import { tree } from '../../packages/cli/commands/tree.ts';
import { invoke } from '../../packages/cli/testing/invoke.ts';
import { ownCommands, ownFlags } from './cli/known.ts';
import { type LedgerCommand, type LedgerFlag, ledgerFromMeasurements, ledgerText, parseLedger } from './cli/ledger.ts';
import { missing } from './cli/specs.ts';

test('the table is that of the measurements', { skip: missing }, () => assert.equal(ledgerText(), ledgerFromMeasurements()));

const ledger = parseLedger(ledgerText());

test('every command is there, loads, and has the usage and flags of the ledger', async () => {
  let flags = 0;
  for (const entry of ledger) {
    const node = nodeAt(entry.words);
    assert.ok(node, `${entry.words.join(' ')} is missing`);
    if (node.kind === 'group') continue;
    flags += await checkLeaf(entry, node);
  }
  assert.ok(ledger.length > 100 && flags > 840, `only ${ledger.length} commands, ${flags} flags`);
});

async function checkLeaf(entry: LedgerCommand, leaf: Leaf): Promise<number> {
  const what = entry.words.join(' ');
  assert.ok(leaf.load, `${what} is not built`);
  const { default: command } = await leaf.load();
  assert.equal(usageLine(`docker ${what}`, command).split('\n')[0], entry.usage.split(' docker ')[0]?.trimEnd(), `usage of ${what}`);
  for (const alias of entry.aliases) {
    const other = nodeAt(alias.split(' '));
    assert.equal(other?.kind === 'leaf' && (await other.load?.())?.default, command, `${alias} is ${what}`);
  }
  for (const flag of entry.flags) checkFlag(`--${flag.name} of ${what}`, flag, command.flags[flag.name]);
  const known = new Set([...entry.flags.map(({ name }) => name), ...(ownFlags[entry.words.at(-1) ?? ''] ?? [])]);
  assert.deepEqual(Object.keys(command.flags).filter((name) => !known.has(name)), [], `flags that only Naru has, of ${what}`);
  return entry.flags.length;
}

function checkFlag(what: string, expected: LedgerFlag, flag: Flag<unknown> | undefined): void {
  assert.ok(flag, `${what} is missing`);
  const { restrictions } = flag;
  assert.equal(restrictions.hidden === true || restrictions.aliasOf !== undefined, expected.hidden, `${what} hidden`);
  if (expected.hidden) return;
  const since = what.endsWith('build') ? expected.since : restrictions.since; // the classic builder was not measured with other daemons
  assert.deepEqual(
    { short: flag.short, type: flag.type || 'bool', initial: initialOf(flag), since, os: restrictions.os },
    { short: expected.short, type: expected.type ?? (flag.type || 'bool'), initial: expected.initial, since: expected.since, os: expected.os },
    what,
  );
}

/** As the help page shows it; the ledger took what looks so in a description for it too. */
function initialOf(flag: Flag<unknown>): string | undefined {
  const shown = flag.shown || /\(default:? ([^()]*)\)\s*$/.exec(flag.description)?.[1] || '';
  return shown === '' ? undefined : shown.replace(/^"(.*)"$/, '$1');
}

test('what is in the table and not in the ledger is Naru\'s own', () => {
  const known = new Set([...ledger.map(({ words }) => words.join(' ')), ...ledger.flatMap(({ aliases }) => aliases), ...ownCommands]);
  const all = (group: Group, path: readonly string[]): string[] => group.children.flatMap((child) => [[...path, child.name].join(' '), ...(child.kind === 'group' ? all(child, [...path, child.name]) : [])]);
  assert.deepEqual(all(tree, []).filter((path) => !known.has(path)), []);
});

function nodeAt(words: readonly string[]): Group | Leaf | undefined {
  let node: Group | Leaf | undefined = tree;
  for (const word of words) node = node?.kind === 'group' ? childOf(node, word) : undefined;
  return node;
}

test('every command refuses a flag that it does not have, with its usage', async () => {
  for (const { words } of ledger) {
    const node = nodeAt(words);
    const command: Command | undefined = node?.kind === 'leaf' ? (await node.load?.())?.default : undefined;
    if (!command) continue;
    const done = await invoke([...words, '--no-such-flag'], { env: { DOCKER_HOST: 'unix:///nonexistent.sock' } });
    const path = `naru ${words.join(' ')}`;
    assert.deepEqual(done, { ...done, code: 125, stdout: '', stderr: `unknown flag: --no-such-flag\n\nUsage:  ${usageLine(path, command)}\n\nRun '${path} --help' for more information\n` });
  }
});
