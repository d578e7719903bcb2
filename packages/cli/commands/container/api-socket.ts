/** `--use-api-socket`: the engine's socket in the container, and this user's credentials beside it. */
import { InvalidArgument, messageOf, type TarEntry, writeTar } from '#base';
import { calls } from '#client';
import type { Cli } from '../../cli.ts';
import type { StoredAuth } from '../../config/config-file.ts';
import { allCredentials, encoded } from '../../config/credentials.ts';
import type { CreateBody } from './options/body.ts';

/** Where clients in the container look for the socket, and where they find their configuration. */
const socket = '/var/run/docker.sock';
const directory = 'run/secrets/docker';

/**
 * Mounts the socket. Gives what is to be done once the container is there: this user's credentials, where there are any,
 * are copied into it, unless its environment names a configuration of its own. Throws InvalidArgument where the engine
 * has no socket, or the credentials cannot be had.
 */
export async function shareApiSocket(cli: Cli, body: CreateBody): Promise<(id: string) => Promise<void>> {
  const { host } = cli.connection();
  if (!host.startsWith('unix://')) throw new InvalidArgument(`flag --use-api-socket can only be used with unix sockets: docker endpoint ${host} incompatible`);
  const bind = { Type: 'bind' as const, Source: host.slice('unix://'.length), Target: socket, BindOptions: {} };
  body.HostConfig.Mounts = [...(body.HostConfig.Mounts ?? []), bind];
  const auths = (body.Env ?? []).some((pair) => pair.startsWith('DOCKER_CONFIG=')) ? {} : await resolved(cli);
  if (Object.keys(auths).length === 0) return async () => {};
  body.Env = [...(body.Env ?? []), `DOCKER_CONFIG=/${directory}`];
  return async (id) => {
    const archive = writeTar(entriesOf(JSON.stringify({ auths })));
    const { body: answer } = await cli.engine().open(calls.archivePut, { path: { id }, query: { path: '/' }, body: archive, contentType: 'application/x-tar' });
    for await (const chunk of answer) void chunk;
  };
}

async function resolved(cli: Cli): Promise<Record<string, StoredAuth>> {
  const all = await allCredentials(cli.config).catch((error: unknown) => {
    throw new InvalidArgument(`resolving credentials failed: ${messageOf(error)}`, { cause: error });
  });
  return Object.fromEntries(Object.entries(all).map(([server, auth]) => [server, encoded(auth)]));
}

function entriesOf(config: string): TarEntry[] {
  const parents = directory.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return [
    ...parents.map((name): TarEntry => ({ member: { name: `${name}/`, type: 'directory', mode: 0o755 } })),
    { member: { name: `${directory}/config.json`, type: 'file', mode: 0o600 }, body: config },
  ];
}
