/**
 * A container's unit. systemd wants a process to make one around: a placeholder waits in it until the container's own is
 * there, since a unit that nothing is in ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Cgroup, cgroupLayout, type DirectoryCalls, inUserNamespace, layoutBelow, mayEnter } from '#kernel';
import type { OciResources, OciSpec } from '#spec';
import { hasOwnManager, SystemdManager } from './manager.ts';
import { resourceProperties, type Scope, scopeOf, scopeProperties } from './scope.ts';

/** What is kept of it on record. */
export interface SystemdUnit {
  readonly unit: string;
  /** Of the user's own manager, not of the system's. */
  readonly user: boolean;
  /** The manager's cgroup: the container's path is below it. "" for the system's. */
  readonly root: string;
}

export interface PlacedUnit extends SystemdUnit {
  readonly scope: Scope;
  readonly cgroup: Cgroup;
}

/** Where the container of `spec` is to be; `calls` are for the cgroup's directories. Throws InvalidArgument for a cgroupsPath that is not systemd's, Unavailable without systemd. */
export async function placeUnit(spec: OciSpec, id: string, calls?: DirectoryCalls): Promise<PlacedUnit> {
  const user = process.geteuid?.() !== 0 || (inUserNamespace() && hasOwnManager()); // a system's own root may be one of a user namespace
  const scope = scopeOf(spec.linux?.cgroupsPath, id, user);
  using manager = await SystemdManager.open(user);
  const root = user ? await manager.controlGroup() : '';
  return { unit: scope.unit, user, root, scope, cgroup: cgroupOf({ root }, scope.path, calls) };
}

/** The cgroup at `path` below the manager's. */
function cgroupOf({ root }: Pick<SystemdUnit, 'root'>, path: string, calls: DirectoryCalls | undefined): Cgroup {
  return root ? new Cgroup(path, layoutBelow(root), calls) : new Cgroup(join('/', path), cgroupLayout(), calls);
}

/**
 * Whether processes of ours can be put into it by ourselves. Who is in a session's scope cannot put any into his own manager's
 * units: only systemd moves a process between the two.
 */
export function canEnter({ user, root }: SystemdUnit, cgroup: Cgroup): boolean {
  return !user || mayEnter(join('/', root, cgroup.path));
}

/** Makes the unit around `pid`, and gives it its limits. */
export async function startUnitAround({ unit, user, scope, cgroup }: PlacedUnit, spec: OciSpec, id: string, pid: number): Promise<void> {
  using manager = await SystemdManager.open(user);
  await manager.stop(unit); // what an earlier container of that name left
  await manager.startTransient(unit, scopeProperties(spec, id, scope, pid, isPure(cgroup)));
}

/** Puts a process into the unit, or into a cgroup `below` its own. */
export async function attachToUnit({ unit, user }: SystemdUnit, below: string, pid: number): Promise<void> {
  using manager = await SystemdManager.open(user);
  await manager.attach(unit, below, [pid]);
}

/** Makes the unit; it stays while what is returned is not disposed of, and then as long as something is in it. */
export async function startUnit(placed: PlacedUnit, spec: OciSpec, id: string): Promise<AsyncDisposable> {
  const placeholder = spawn('/bin/sh', ['-c', 'read -r line'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(placeholder, 'exit');
  const release = async (): Promise<void> => {
    placeholder.stdin.end();
    await ended;
  };
  try {
    await startUnitAround(placed, spec, id, placeholder.pid ?? 0);
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

/** Ends whatever is in the unit. */
export async function stopUnit({ unit, user }: SystemdUnit): Promise<void> {
  using manager = await SystemdManager.open(user);
  await manager.stop(unit);
}

/** Tells systemd of new limits, which it would otherwise write over. */
export async function updateUnit({ unit, user }: SystemdUnit, cgroup: Cgroup, resources: OciResources): Promise<void> {
  using manager = await SystemdManager.open(user);
  await manager.setProperties(unit, resourceProperties(resources, isPure(cgroup)));
}

const isPure = ({ layout }: Cgroup): boolean => layout.v1.length === 0;
