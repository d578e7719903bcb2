/**
 * Network namespaces (network_namespaces(7), setns(2)). setns moves one thread, here the caller's; since the work is
 * synchronous nothing else of this process can run on that thread before it is back. Sockets opened inside stay inside.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { bind, check } from './libc.ts';

const CLONE_NEWNET = 0x40000000;

const setns = bind<(fd: number, kind: number) => number>('int setns(int fd, int nstype)');

let home: number | undefined;

/** Runs `work`, which must not await, in the network namespace of the process `pid`, and returns home whatever happens. */
export function inNetworkNamespace<T>(pid: number, work: () => T): T {
  return inNamespaceFile(`/proc/${pid}/ns/net`, work);
}

/** As `inNetworkNamespace`, for a namespace held by a file (`/proc/PID/ns/net`, `/run/netns/NAME`). */
export function inNamespaceFile<T>(path: string, work: () => T): T {
  const back = ownNetwork();
  const there = openSync(path, 'r');
  try {
    check('setns', setns(there, CLONE_NEWNET), path);
  } finally {
    closeSync(there);
  }
  try {
    return work();
  } finally {
    goHome(back);
  }
}

/**
 * This process's own network namespace as a file that other processes can open. Not /proc/PID/ns/net: that is wherever
 * the first thread happens to be.
 */
export function ownNetworkFile(): string {
  return `/proc/${process.pid}/fd/${ownNetwork()}`;
}

function ownNetwork(): number {
  return (home ??= openSync('/proc/thread-self/ns/net', 'r'));
}

/** A daemon left in a container's network would act on the wrong links: there is no going on from that. */
function goHome(fd: number): void {
  if (setns(fd, CLONE_NEWNET) === 0) return;
  writeSync(2, 'fatal: the thread cannot return to its network namespace\n');
  process.abort();
}
