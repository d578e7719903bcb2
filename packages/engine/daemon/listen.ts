/**
 * Where the daemon listens: unix sockets, tcp (beyond loopback with TLS alone), and sockets that the service manager
 * opened (sd_listen_fds(3)).
 *
 * A unix socket is made under another name and moved to its own: whoever finds it can use it at once, and Node, which
 * deletes the name it bound when a listener closes, does not delete the one that a successor goes on to serve.
 */
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import { connect, isIP } from 'node:net';
import { dirname } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { Conflict, InvalidArgument } from '#base';
import { closeOnExec, isUnixSocket, readOr } from '#kernel';

/** A listening address, parsed. `activated` is what the service manager opened: all of it, or what has that name or number. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'activated'; readonly name: string };

/** A server that listens. `host` is the address as it was given. */
export interface Listener {
  readonly host: string;
  readonly server: Server;
  /** The listening socket's descriptor. */
  readonly fd: number;
}

/** Makes a server for one listener; with `tls` it speaks that. */
export type OpenServer = (tls: TlsOptions | undefined) => Server;

const tcpAddress = /^(?:tcp:\/\/)?(\[[^\]]+\]|[^:/]*)(?::(\d+))?\/?$/;

/**
 * An address as it was written, in full: what names no scheme is TCP, TCP without a host is this machine's own, and without a
 * port Docker's. Others stay, also those that `parseAddress` cannot read.
 */
export function fullAddress(text: string, options: { tls: boolean }): string {
  const [, host, port = options.tls ? '2376' : '2375'] = tcpAddress.exec(text) ?? [];
  return host === undefined || text === '' ? text : `tcp://${host || 'localhost'}:${port}`;
}

/** Reads `unix:///path`, `tcp://127.0.0.1:2375`, `fd://`. Throws InvalidArgument, also for an open door to the network without TLS. */
export function parseAddress(text: string, options: { tls: boolean }): Address {
  const path = /^unix:\/\/(\/.+)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const name = /^fd:\/\/(.*)$/.exec(text)?.[1];
  if (name !== undefined) return { kind: 'activated', name: name === '*' ? '' : name };
  const [, given, port] = tcpAddress.exec(fullAddress(text, options)) ?? [];
  if (given === undefined || port === undefined) throw new InvalidArgument(`invalid bind address format: ${text}`);
  const host = given.replace(/^\[|\]$/g, '');
  if (!options.tls && !isLoopback(host)) {
    throw new InvalidArgument(`refusing to listen on ${text} without TLS: whoever reaches the API is root on this host (give --tlsverify, --tlscacert, --tlscert and --tlskey)`);
  }
  return { kind: 'tcp', host, port: Number(port) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Opens every listener of one address. A socket file left by a dead daemon is replaced, a live one's is refused (Conflict). */
export async function listen(open: OpenServer, host: string, options: { tls: TlsOptions | undefined; group: string }): Promise<Listener[]> {
  const address = parseAddress(host, { tls: options.tls !== undefined });
  if (address.kind === 'activated') return Promise.all(activated(address.name).map((fd) => adopt(open, host, fd, options.tls)));
  const server = open(address.kind === 'tcp' ? options.tls : undefined);
  if (address.kind === 'tcp') await begin(server, { port: address.port, host: await ipOf(address.host) });
  else await listenUnix(server, address.path, options.group);
  return [{ host, server, fd: descriptorOf(server) }];
}

/** A name that has addresses of both families is listened to on IPv4's, as Go's listeners do: clients say 127.0.0.1 for localhost. */
async function ipOf(host: string): Promise<string> {
  return (await lookup(host, { order: 'ipv4first' })).address;
}

/** Goes on listening on a socket that another process opened. */
export async function adopt(open: OpenServer, host: string, fd: number, tls: TlsOptions | undefined): Promise<Listener> {
  closeOnExec(fd);
  const server = open(isUnixSocket(fd) ? undefined : tls);
  await begin(server, { fd });
  return { host, server, fd: descriptorOf(server) };
}

async function listenUnix(server: Server, path: string, group: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  if (await answers(path)) throw new Conflict(`another process listens on unix://${path}`);
  const temporary = `${path}.${process.pid}`;
  rmSync(temporary, { force: true });
  await begin(server, { path: temporary });
  protect(temporary, group);
  renameSync(temporary, path);
}

/** Takes a unix socket's name away; other addresses have none. */
export function removeSocket(host: string): void {
  if (host.startsWith('unix://')) rmSync(host.slice('unix://'.length), { force: true });
}

function begin(server: Server, where: { port: number; host: string } | { path: string } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Node has no public name for it. */
function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

/** Descriptors from 3 on, when they are meant for this process; throws InvalidArgument when there are none. */
function activated(name: string): number[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = process.env;
  const count = LISTEN_PID === String(process.pid) ? Number(LISTEN_FDS) : 0;
  const names = LISTEN_FDNAMES.split(':');
  const all = Array.from({ length: count || 0 }, (_, index) => 3 + index);
  const chosen = all.filter((fd, index) => name === '' || name === names[index] || name === String(fd));
  if (chosen.length === 0) throw new InvalidArgument('no sockets found via socket activation: make sure the service was started by systemd');
  return chosen;
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

/** A number is a group's id. */
function groupId(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const row = readOr('/etc/group', '').split('\n').find((line) => line.startsWith(`${name}:`));
  return row === undefined ? undefined : Number(row.split(':')[2]);
}
