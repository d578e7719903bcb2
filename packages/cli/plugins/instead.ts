/** Commands that are none of Naru's own. */
import type { Cli } from '../cli.ts';
import { Exit } from '../command/exit.ts';
import { usablePlugin } from './find.ts';
import { forwarded } from './forward.ts';
import { runPlugin } from './run.ts';

/**
 * Runs the plugin that `rest` names or is forwarded to, and gives its exit code; undefined where the command is Naru's own
 * or nobody's. `options` are the words before it, which the plugin gets too. Throws as `forwarded`.
 */
export async function runInstead(options: readonly string[], rest: readonly string[], cli: Cli): Promise<number | undefined> {
  const elsewhere = await forwarded(rest, cli);
  const words = elsewhere?.words ?? rest;
  const [name = ''] = words;
  const plugin = isNobodys(name, cli) ? undefined : await usablePlugin(name, cli);
  if (!plugin) return undefined;
  const code = await runPlugin(plugin, { words: [...options, ...words], commandPath: elsewhere?.commandPath ?? `${cli.program} ${name}`, env: elsewhere?.env ?? {} }, cli);
  if (code === 0 && cli.stdout.isTerminal && cli.config.values.plugins) await (await import('./hooks.ts')).hookPlugin(cli, words);
  return code;
}

/** `help NAME`: the plugin answers for itself. False where there is none. Throws Exit where it fails. */
export async function helpInstead(options: readonly string[], rest: readonly string[], cli: Cli): Promise<boolean> {
  const [, name = ''] = rest;
  const plugin = isNobodys(name, cli) ? undefined : await usablePlugin(name, cli);
  if (!plugin) return false;
  const code = await runPlugin(plugin, { words: [...options, ...rest], commandPath: `${cli.program} ${name}`, isHailed: false }, cli);
  if (code !== 0) throw new Exit(1, `exit status ${code}`);
  return true;
}

/** `__complete NAME …`: the plugin completes its own words. Undefined where there is none. */
export async function completeInstead(how: string, words: readonly string[], cli: Cli): Promise<number | undefined> {
  const [name = '', ...others] = words;
  const plugin = isNobodys(name, cli) || others.length === 0 ? undefined : await usablePlugin(name, cli);
  if (!plugin) return undefined;
  const code = await runPlugin(plugin, { words: [how, ...words], commandPath: `${cli.program} ${name} ${name}`, isHailed: false }, cli);
  if (code === 0) return 0;
  cli.stdout.write(':1\n');
  cli.stderr.write('Completion ended with directive: ShellCompDirectiveError\n');
  return 0;
}

/** No plugin's name. */
function isNobodys(name: string, cli: Cli): boolean {
  return name === '' || name === 'help' || name.startsWith('__complete') || cli.builtIn(name) !== undefined;
}
