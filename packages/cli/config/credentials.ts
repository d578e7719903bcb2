/**
 * Credentials of registries: in the configuration file, or with a helper program (`docker-credential-NAME`, which
 * speaks JSON on its standard streams) that the file names for all registries or for one.
 */
import { isDeepStrictEqual } from 'node:util';
import { isKind } from '#base';
import type { AuthConfig } from './auth-config.ts';
import type { ConfigFile, StoredAuth } from './config-file.ts';
import { helperErase, helperGet, helperList, helperStore } from './credential-helper.ts';

/** Docker Hub's name in the configuration file. */
export const hubServer = 'https://index.docker.io/v1/';

/** The key under which a registry's credentials are kept: Docker Hub has one of its own. */
export function serverOf(domain: string): string {
  return domain === 'docker.io' || domain === 'index.docker.io' ? hubServer : domain;
}

/** The credentials for a server; empty when there are none, or its helper fails: what needs none is not to suffer, what does is told by the registry. */
export async function credentialsFor(config: ConfigFile, server: string): Promise<AuthConfig> {
  const helper = helperFor(config, server);
  if (helper) return (await helperGet(helper, server).catch(noneOf)) ?? {};
  const auths = config.values.auths ?? {};
  const exact = auths[server];
  if (exact) return decoded(server, exact);
  const other = Object.keys(auths).find((key) => hostOf(key) === hostOf(server));
  const found = other === undefined ? undefined : auths[other];
  return other === undefined || found === undefined ? {} : decoded(other, found);
}

function noneOf(error: unknown): undefined {
  if (!isKind(error, 'Unavailable')) throw error;
}

/** Every credential there is, by server: what a build may need. Throws Unavailable when the helper for all of them fails. */
export async function allCredentials(config: ConfigFile): Promise<Record<string, AuthConfig>> {
  const all: Record<string, AuthConfig> = Object.fromEntries(Object.entries(config.values.auths ?? {}).map(([server, stored]) => [server, decoded(server, stored)]));
  const store = config.values.credsStore;
  if (store) for (const server of await helperList(store)) all[server] = (await helperGet(store, server)) ?? {};
  for (const [server, helper] of Object.entries(config.values.credHelpers ?? {})) {
    const auth = await helperGet(helper, server).catch(noneOf); // one that fails takes nothing from the others
    if (auth) all[server] = auth;
  }
  return all;
}

/** The same; none where that helper fails. */
export async function credentialsOrNone(config: ConfigFile): Promise<Record<string, AuthConfig>> {
  return (await allCredentials(config).catch(noneOf)) ?? {};
}

/** Keeps credentials: with a helper, or unencrypted in the file, where they may stand already. The caller writes the file unless they do. */
export async function storeCredentials(config: ConfigFile, auth: AuthConfig): Promise<'helper' | 'file' | 'unchanged'> {
  const server = auth.serveraddress ?? hubServer;
  const helper = helperFor(config, server);
  const auths = (config.values.auths ??= {});
  if (helper) {
    await helperStore(helper, auth);
    auths[server] = {};
    return 'helper';
  }
  const stored = encoded(auth);
  if (isDeepStrictEqual(auths[server], stored)) return 'unchanged';
  auths[server] = stored;
  return 'file';
}

/** Forgets credentials; the caller writes the file. */
export async function eraseCredentials(config: ConfigFile, server: string): Promise<void> {
  const helper = helperFor(config, server);
  if (helper) await helperErase(helper, server);
  if (config.values.auths) delete config.values.auths[server];
}

/** `X-Registry-Auth` and its like: JSON in base64url, padded. */
export function headerOf(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function helperFor(config: ConfigFile, server: string): string | undefined {
  return config.values.credHelpers?.[server] ?? (config.values.credsStore || undefined);
}

function decoded(server: string, stored: StoredAuth): AuthConfig {
  const [username = '', password = ''] = Buffer.from(stored.auth ?? '', 'base64').toString().split(/:(.*)/s, 2);
  return {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password: password.replace(/\0+$/, '') }),
    serveraddress: server,
    ...(stored.identitytoken ? { identitytoken: stored.identitytoken } : {}),
    ...(stored.registrytoken ? { registrytoken: stored.registrytoken } : {}),
  };
}

/** As the configuration file keeps it. */
export function encoded(auth: AuthConfig): StoredAuth {
  const pair = `${auth.username ?? ''}:${auth.password ?? ''}`;
  return {
    ...(pair === ':' ? {} : { auth: Buffer.from(pair).toString('base64') }),
    ...(auth.identitytoken ? { identitytoken: auth.identitytoken } : {}),
    ...(auth.registrytoken ? { registrytoken: auth.registrytoken } : {}),
  };
}

function hostOf(server: string): string {
  return server.replace(/^https?:\/\//, '').split('/', 1)[0] ?? server;
}
