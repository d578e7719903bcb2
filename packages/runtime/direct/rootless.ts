/** What an ordinary user's container takes: who writes its id maps (user_namespaces(7), newuidmap(1)). */
import { existsSync, readFileSync } from 'node:fs';
import { findCommand, InvalidArgument, Unavailable } from '#base';
import { setgroupsDenied } from '#kernel';
import type { IdMapping, OciSpec } from '#spec';
import type { Rootless } from '../compile.ts';

/**
 * Undefined for root, be it of a user namespace. Throws InvalidArgument for a spec that takes root, Unavailable when
 * its maps take newuidmap and there is none.
 */
export function rootlessOf(spec: OciSpec, uid = process.geteuid?.() ?? 0, gid = process.getegid?.() ?? 0): Rootless | undefined {
  if (uid === 0) return undefined;
  const { namespaces = [], uidMappings = [], gidMappings = [] } = spec.linux ?? {};
  const user = namespaces.find(({ type }) => type === 'user');
  if (!user) throw new InvalidArgument('rootless container requires user namespaces');
  if (user.path) return { joined: true, groupsDenied: deniesGroupsIn(user.path) };
  if (uidMappings.length === 0) throw new InvalidArgument('rootless containers requires at least one UID mapping');
  if (gidMappings.length === 0) throw new InvalidArgument('rootless containers requires at least one GID mapping');
  if (isOwn(uidMappings, uid) && isOwn(gidMappings, gid)) {
    if (spec.process?.user.additionalGids?.length) throw new InvalidArgument('cannot set any additional groups in a rootless container');
    return { joined: false, mappers: undefined };
  }
  return { joined: false, mappers: { uid: required('newuidmap'), gid: required('newgidmap') } };
}

/** Whoever writes a group map without privilege gives up setgroups first, and so for every namespace below (user_namespaces(7)). */
export function deniesGroups(rootless: Rootless | undefined): boolean {
  if (!rootless) return setgroupsDenied();
  return rootless.joined ? rootless.groupsDenied : !rootless.mappers;
}

/** Of a namespace that is named by a process in it; one that is named otherwise has been mapped by who could. */
function deniesGroupsIn(path: string): boolean {
  const process = /^\/proc\/\d+(?=\/ns\/user$)/.exec(path)?.[0];
  return process !== undefined && existsSync(process) && readFileSync(`${process}/setgroups`, 'utf8').trim() === 'deny';
}

/** The kernel lets a user map himself, and nobody else. */
function isOwn(mappings: readonly IdMapping[], id: number): boolean {
  return mappings.length === 1 && mappings[0]?.hostID === id && mappings[0].size === 1;
}

function required(command: string): string {
  const path = findCommand(command);
  if (!path) throw new Unavailable(`mapping more than one id takes ${command}: sudo apt-get install -y uidmap`);
  if (!/^[\w./+-]+$/.test(path)) throw new Unavailable(`${path}: a path that a shell would not take for one word is not supported`); // the shim runs it by one
  return path;
}
