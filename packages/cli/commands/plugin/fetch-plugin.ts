/** Fetching a plugin, for install and upgrade: what it wants is shown and agreed to first. */
import { InvalidArgument, messageOf } from '#base';
import { type Call, calls, type PluginPrivilege, type QueryValue } from '#client';
import { familiarReference, type ImageRef } from '#spec';
import type { Cli } from '../../cli.ts';
import { Exit } from '../../command/exit.ts';
import { credentialsFor, headerOf, serverOf } from '../../config/credentials.ts';
import { showProgress } from '../../terminal/progress.ts';
import { confirmed } from '../../terminal/prompt.ts';

export interface PluginFetch {
  readonly remote: ImageRef;
  /** Grants what it wants without asking. */
  readonly grants: boolean;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, QueryValue>>;
}

/** Throws Exit when what it wants is not granted, StreamFailure and DaemonError when it cannot be had. */
export async function fetchPlugin(cli: Cli, call: Call<unknown>, { remote, grants, path = {}, query = {} }: PluginFetch): Promise<void> {
  const headers = { 'X-Registry-Auth': headerOf(await credentialsFor(cli.config, serverOf(remote.domain))) };
  const name = familiarReference(remote);
  const privileges = (await cli.engine().call(calls.pluginPrivileges, { query: { remote: name }, headers }).catch(hint)) ?? [];
  if (!grants && privileges.length > 0 && !(await confirmed(cli, questionOf(name, privileges)))) throw new Exit(1, `permission denied while installing plugin ${name}`);
  const { body } = await cli.engine().open(call, { path, query: { remote: name, ...query }, json: privileges, headers, signal: cli.interrupted }).catch(hint);
  await showProgress(body, cli.stdout);
}

function questionOf(name: string, privileges: readonly PluginPrivilege[]): string {
  const wishes = privileges.map(({ Name, Value }) => ` - ${Name}: [${(Value ?? []).join(' ')}]\n`);
  return `Plugin ${JSON.stringify(name)} is requesting the following privileges:\n${wishes.join('')}Do you grant the above permissions?`;
}

/** An image is no plugin: there is another command for it. */
function hint(error: unknown): never {
  if (!/\(image\) when fetching|target is image/.test(messageOf(error))) throw error;
  throw new InvalidArgument(`${messageOf(error)} - Use "docker image pull"`, { cause: error });
}
