/** The processes of a container: its cgroup's; for an ordinary user, who may have none, those of its pid namespace. */
import { readdirSync, readlinkSync } from 'node:fs';
import { tolerating } from '#base';
import { signalProcess, type Cgroup } from '#kernel';

/** Ids as the host's /proc has them. `first` is the first process's; without cgroups and without a pid namespace of its own only that is known. */
export function membersOf(cgroup: Cgroup, first: number): number[] {
  if (cgroup.directories.length > 0) return cgroup.pids();
  const namespace = pidNamespaceOf(first);
  if (namespace === undefined) return [];
  if (namespace === pidNamespaceOf('self')) return [first];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && pidNamespaceOf(name) === namespace).map(Number);
}

/** Sends `signal` to all of them; a first process that is killed takes its pid namespace along (pid_namespaces(7)). */
export function killMembers(cgroup: Cgroup, first: number, signal: number): void {
  if (cgroup.directories.length > 0) return cgroup.kill(signal);
  for (const pid of membersOf(cgroup, first)) signalProcess(pid, signal);
}

/** Undefined for a process that has ended, or is not ours to look at. */
function pidNamespaceOf(pid: number | string): string | undefined {
  return tolerating(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'], undefined, () => readlinkSync(`/proc/${pid}/ns/pid`));
}
