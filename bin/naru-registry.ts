/** naru-registry: the registry as a command. Flags in, `createRegistryServer` out. */
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { collectSeldom, messageOf } from '#base';
import { endProcess } from '#kernel';
import { basicAuthority, bearerAuthority, createRegistryServer, htpasswdUsers, tokenService, type RegistryOptions } from '#registry';

const usage = `Usage:  naru-registry [OPTIONS]

A registry that speaks the OCI distribution protocol v1.1

Options:
      --listen ADDR:PORT     Address to serve (port 0: any free one) (default "127.0.0.1:5000")
      --root DIR             Directory that holds everything (default "/var/lib/naru-registry")
      --htpasswd FILE        Users with bcrypt hashes; Basic authentication unless --token is given
      --token                Ask for Bearer tokens, and issue them to the users of --htpasswd
      --anonymous-pull       With --token: whoever has no name may pull
      --token-realm URL      Trust the tokens of another service, which clients find here
      --token-key FILE       Its public key, PEM
      --token-service NAME   Audience of tokens (default "naru-registry")
      --token-issuer NAME    Issuer of tokens (default "naru-registry")
      --tls-cert FILE        Serve https with this certificate
      --tls-key FILE         and this key
      --read-only            Serve, take nothing
  -h, --help                 Print usage
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

try {
  const { values } = parseArgs({
    options: {
      listen: { ...text, short: 'l' }, host: text, root: { ...text, default: '/var/lib/naru-registry' }, htpasswd: text, token: flag, 'anonymous-pull': flag,
      'token-realm': text, 'token-key': text, 'token-service': { ...text, default: 'naru-registry' }, 'token-issuer': { ...text, default: 'naru-registry' },
      'tls-cert': text, 'tls-key': text, 'read-only': flag, help: { ...flag, short: 'h' },
    },
  });
  if (values.help) process.stdout.write(usage);
  else await serve(values.listen ?? values.host ?? '127.0.0.1:5000', values);
} catch (error) {
  console.error(`naru-registry: ${messageOf(error)}`);
  endProcess(1);
}

interface Flags {
  readonly root: string;
  readonly htpasswd?: string;
  readonly token: boolean;
  readonly 'anonymous-pull': boolean;
  readonly 'token-realm'?: string;
  readonly 'token-key'?: string;
  readonly 'token-service': string;
  readonly 'token-issuer': string;
  readonly 'tls-cert'?: string;
  readonly 'tls-key'?: string;
  readonly 'read-only': boolean;
}

async function serve(listen: string, flags: Flags): Promise<void> {
  const found = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]*)):(?<port>\d+)$/.exec(listen)?.groups;
  if (!found) throw new Error(`invalid address ${JSON.stringify(listen)}: ADDR:PORT is wanted`);
  collectSeldom();
  mkdirSync(flags.root, { recursive: true });
  const { 'tls-cert': cert, 'tls-key': key } = flags;
  const tls = cert && key ? { tls: { cert: readFileSync(cert), key: readFileSync(key) } } : {};
  const server = await createRegistryServer({ root: flags.root, readOnly: flags['read-only'], log: console.error, ...tls, ...(await authOf(flags)) });
  console.log(`listening on ${await server.listen(Number(found.port), found.six ?? (found.four || '0.0.0.0'))}`);
  const collect = (): void => void server.collect().catch((error: unknown) => console.error(`garbage collection: ${messageOf(error)}`));
  collect();
  setInterval(collect, 24 * 3600_000).unref();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close().then(() => endProcess(0)));
}

async function authOf(flags: Flags): Promise<Pick<RegistryOptions, 'authority' | 'front'>> {
  const { 'token-service': service, 'token-issuer': issuer, 'token-realm': realm, 'token-key': keyFile } = flags;
  if (realm && keyFile) return { authority: bearerAuthority({ realm, service, issuer, key: createPublicKey(readFileSync(keyFile)) }) };
  if (realm || keyFile) throw new Error('--token-realm and --token-key go together');
  if (!flags.htpasswd) {
    if (flags.token) throw new Error('--token needs --htpasswd: who may have one');
    return {};
  }
  const users = await htpasswdUsers(flags.htpasswd);
  if (!flags.token) return { authority: basicAuthority(users) };
  const secret = randomBytes(32);
  const permits = (name: string | undefined, access: { action: string }): boolean => name !== undefined || (flags['anonymous-pull'] && access.action === 'pull');
  return { authority: bearerAuthority({ realm: '{host}/token', service, issuer, key: secret }), front: tokenService({ users, service, issuer, secret, permits }) };
}
