/** Where the daemon listens: unix sockets, and tcp on loopback; anything wider wants TLS. */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, isIP } from 'node:net';
import { dirname } from 'node:path';
import { Conflict, errnoOf, InvalidArgument } from '#base';

/** A listening address, parsed. */
export type Address = { readonly kind: 'unix'; readonly path: string } | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Reads `unix:///path`, `tcp://127.0.0.1:2375`. Throws InvalidArgument. */
export function parseAddress(text: string): Address {
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const [, host = '', port = ''] = /^tcp:\/\/(\[[^\]]+\]|[^:/]*):(\d+)\/?$/.exec(text) ?? [];
  if (port === '') throw new InvalidArgument(`invalid bind address format: ${text}`);
  if (!isLoopback(host.replace(/^\[|\]$/g, ''))) {
    throw new InvalidArgument(`refusing to listen on ${text} without TLS: whoever reaches the API is root on this host`);
  }
  return { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Makes the server listen; a socket file left by a dead daemon is replaced, a live one's is refused (Conflict). */
export async function listen(server: Server, address: Address, group: string): Promise<void> {
  if (address.kind === 'unix') await clearSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (address.kind === 'unix') server.listen(address.path, resolve);
    else server.listen(address.port, address.host, resolve);
  });
  if (address.kind === 'unix') protect(address.path, group);
}

async function clearSocket(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  if (await answers(path)) throw new Conflict(`another process listens on unix://${path}`);
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Only root, and the group when the host has it. */
function protect(path: string, group: string): void {
  chmodSync(path, 0o660);
  const gid = groupId(group);
  if (gid !== undefined) chownSync(path, 0, gid);
}

function groupId(name: string): number | undefined {
  try {
    const row = readFileSync('/etc/group', 'utf8').split('\n').find((line) => line.startsWith(`${name}:`));
    return row === undefined ? undefined : Number(row.split(':')[2]);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
