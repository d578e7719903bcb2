/** Who on this host listens at a port: read from /proc, and only once somebody was refused it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tolerating } from '#base';
import type { HostPort } from '#kernel';

const LISTENING = { tcp: '0A', udp: '07', sctp: '' } as const;

/** `process 812, nginx`; undefined when nobody is found, or may not be seen. */
export function listenerAt({ protocol, port }: HostPort, proc = '/proc'): string | undefined {
  if (protocol === 'sctp') return undefined;
  const inodes = new Set(['', '6'].flatMap((family) => listeningInodes(readIfThere(`${proc}/net/${protocol}${family}`), port, LISTENING[protocol])));
  if (inodes.size === 0) return undefined;
  const pid = readdirSync(proc).find((name) => /^\d+$/.test(name) && holdsSocket(`${proc}/${name}/fd`, inodes));
  return pid && `process ${pid}, ${readIfThere(`${proc}/${pid}/comm`).trim()}`;
}

/** Lines of /proc/net/tcp: `sl local remote state … inode` with the port in hexadecimal after the address. */
function listeningInodes(table: string, port: number, state: string): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    return fields[1]?.endsWith(`:${hex}`) && fields[3] === state && fields[9] ? [fields[9]] : [];
  });
}

function holdsSocket(directory: string, inodes: ReadonlySet<string>): boolean {
  return whileThere(() => readdirSync(directory), []).some((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(whileThere(() => readlinkSync(`${directory}/${fd}`), ''))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

function readIfThere(path: string): string {
  return whileThere(() => readFileSync(path, 'utf8'), '');
}

/** Processes end while one looks at them. */
function whileThere<T>(look: () => T, gone: T): T {
  return tolerating(['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'], gone, look);
}
