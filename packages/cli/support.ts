import { compareVersions, ConnectionFailed, type Ping } from '#client';
import type { Cli } from './cli.ts';
import type { Command, Leaf } from './command/command.ts';
import { Exit } from './command/exit.ts';
import type { FlagRestrictions, ParsedFlags } from './command/flag.ts';

/** Refuses a command or flag that the engine is too old for, or has no experimental features for. Throws Exit. */
export async function checkSupport(leaf: Leaf, path: string, command: Command, parsed: ParsedFlags, cli: Cli): Promise<void> {
  const restricted = [...parsed.given].sort()
    .map((name) => [name, command.flags[name]?.restrictions ?? {}] as const)
    .filter(([, rules]) => rules.since !== undefined || rules.os !== undefined || rules.experimental);
  if (leaf.since === undefined && !leaf.experimental && restricted.length === 0) return;
  const engine = cli.engine();
  const ping = await orUnreachable(engine.ping());
  if (!ping) return;
  const refusals = restricted.map(([name, rules]) => refusalOf(`"--${name}"`, rules, engine.version, ping)).filter((refusal) => refusal !== undefined);
  const own = refusalOf(path, leaf, engine.version, ping);
  if (own !== undefined) throw new Exit(1, own);
  if (refusals.length > 0) throw new Exit(1, refusals.join('\n'));
}

/** True when the API version in use is `since` or newer; an engine that does not answer is taken for a new one. */
export async function speaks(cli: Cli, since: string): Promise<boolean> {
  await orUnreachable(cli.engine().settleVersion());
  return compareVersions(cli.engine().version, since) >= 0;
}

/** What the engine answers; undefined where there is none: the command itself will say so, in its own way. */
function orUnreachable<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof ConnectionFailed) return undefined;
    throw error;
  });
}

function refusalOf(what: string, rules: Pick<FlagRestrictions, 'since' | 'os' | 'experimental'>, version: string, ping: Ping): string | undefined {
  if (rules.since !== undefined && compareVersions(version, rules.since) < 0) {
    return `${what} requires API version ${rules.since}, but the Docker daemon API version is ${version}`;
  }
  if (rules.os !== undefined && ping.osType !== '' && rules.os !== ping.osType) {
    return `${what} is only supported on a Docker daemon running on ${rules.os}, but the Docker daemon is running on ${ping.osType}`;
  }
  if (rules.experimental && !ping.experimental) return `${what} is only supported on a Docker daemon with experimental features enabled`;
  return undefined;
}
