/** CDI edits as parts of a container: a document's own edits once, then each device's. */
import { Internal, messageOf } from '#base';
import type { OciDevice, OciDeviceRule, OciHook, OciHookPoint, OciMount } from '#spec';
import { deviceAt } from '#supervisor';
import type { OfferedDevice } from './registry.ts';
import type { ContainerEdits, DeviceNode } from './spec.ts';

export interface DeviceEdits {
  readonly env: readonly string[];
  readonly devices: readonly OciDevice[];
  readonly rules: readonly OciDeviceRule[];
  readonly mounts: readonly OciMount[];
  readonly hooks: Partial<Record<OciHookPoint, OciHook[]>>;
  readonly groups: readonly string[];
}

/** Throws Internal for a node that the host does not have. */
export function editsOf(offered: readonly OfferedDevice[]): DeviceEdits {
  const specs = new Set(offered.map(({ spec }) => spec));
  const edits = [...specs].flatMap((spec) => [spec.containerEdits, ...offered.filter((it) => it.spec === spec).map(({ device }) => device.containerEdits)]);
  const nodes = edits.flatMap((edit) => edit.deviceNodes ?? []).map(nodeOf);
  return {
    env: edits.flatMap((edit) => edit.env ?? []),
    devices: nodes.map(({ device }) => device),
    rules: nodes.map(({ rule }) => rule),
    mounts: edits.flatMap((edit) => edit.mounts ?? []).map(mountOf),
    hooks: hooksOf(edits),
    groups: [...new Set(edits.flatMap((edit) => edit.additionalGids ?? []).filter((gid) => gid !== 0))].map(String),
  };
}

/** What the document leaves out is asked of the host's node. */
function nodeOf(node: DeviceNode): { device: OciDevice; rule: OciDeviceRule } {
  const { path, hostPath = path, type, major, minor, fileMode, uid, gid, permissions = 'rwm' } = node;
  const stated = type !== undefined && type !== '' && (type === 'p' || (major !== undefined && minor !== undefined));
  const [found] = stated ? [] : hostDevice(hostPath);
  if (!stated && !found) throw new Internal(`CDI device injection failed: ${hostPath} is no device node`);
  const device: OciDevice = {
    path,
    type: type || found?.type || 'c',
    major: major ?? found?.major ?? 0,
    minor: minor ?? found?.minor ?? 0,
    ...((fileMode ?? found?.fileMode) !== undefined && { fileMode: fileMode ?? found?.fileMode ?? 0o666 }),
    uid: uid ?? found?.uid ?? 0,
    gid: gid ?? found?.gid ?? 0,
  };
  return { device, rule: { allow: true, type: device.type, major: device.major ?? 0, minor: device.minor ?? 0, access: permissions } };
}

function hostDevice(path: string): OciDevice[] {
  try {
    return deviceAt(path);
  } catch (error) {
    throw new Internal(`CDI device injection failed: ${messageOf(error)}`, { cause: error });
  }
}

function mountOf({ hostPath, containerPath, type = 'bind', options = ['rbind', 'ro', 'nosuid', 'nodev'] }: NonNullable<ContainerEdits['mounts']>[number]): OciMount {
  return { destination: containerPath, type, source: hostPath, options: [...options] };
}

function hooksOf(edits: readonly ContainerEdits[]): DeviceEdits['hooks'] {
  const hooks: DeviceEdits['hooks'] = {};
  for (const { hookName, path, args, env, timeout } of edits.flatMap((edit) => edit.hooks ?? [])) {
    const hook = { path, ...(args && { args: [...args] }), ...(env && { env: [...env] }), ...(timeout !== undefined && { timeout }) };
    (hooks[hookName as OciHookPoint] ??= []).push(hook);
  }
  return hooks;
}
