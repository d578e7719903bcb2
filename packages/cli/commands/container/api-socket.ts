/** `--use-api-socket`: the engine's socket in the container, and this user's credentials beside it. */
import { type TarEntry, writeTar } from '#base';
import { calls } from '#client';
import type { Cli } from '../../cli.ts';
import { defaultHost } from '../../config/connection.ts';
import { allCredentials } from '../../config/credentials.ts';
import type { CreateBody } from './options/body.ts';

/** Where clients in the container look for the socket, and where they find their configuration. */
const socket = '/var/run/docker.sock';
const directory = 'run/secrets/docker';

/** Mounts the socket. Gives what is to be done once the container is there: the credentials are copied into it. */
export async function shareApiSocket(cli: Cli, body: CreateBody): Promise<(id: string) => Promise<void>> {
  const { endpoint } = cli.engine();
  const source = endpoint.kind === 'unix' ? endpoint.path : defaultHost.slice('unix://'.length);
  body.HostConfig.Mounts = [...(body.HostConfig.Mounts ?? []), { Type: 'bind', Source: source, Target: socket, BindOptions: {} }];
  const auths = Object.fromEntries(Object.entries(await allCredentials(cli.config)).map(([server, { username = '', password = '', identitytoken }]) => [
    server,
    { auth: Buffer.from(`${username}:${password}`).toString('base64'), ...(identitytoken ? { identitytoken } : {}) },
  ]));
  if (!(body.Env ?? []).some((pair) => pair.startsWith('DOCKER_CONFIG='))) body.Env = [...(body.Env ?? []), `DOCKER_CONFIG=/${directory}`];
  return async (id) => {
    const archive = writeTar(entriesOf(JSON.stringify({ auths })));
    const { body: answer } = await cli.engine().open(calls.archivePut, { path: { id }, query: { path: '/' }, body: archive, contentType: 'application/x-tar' });
    for await (const chunk of answer) void chunk;
  };
}

function entriesOf(config: string): TarEntry[] {
  const parents = directory.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return [
    ...parents.map((name): TarEntry => ({ member: { name: `${name}/`, type: 'directory', mode: 0o755 } })),
    { member: { name: `${directory}/config.json`, type: 'file', mode: 0o600 }, body: config },
  ];
}
