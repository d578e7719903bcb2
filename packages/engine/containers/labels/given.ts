/** Whether narud labels, and which labels a new container is given. */
import { Internal } from '#base';
import { securityModules } from '#kernel';
import type { HostConfig } from '#spec';
import type { Engine } from '../../context.ts';
import type { ContainerStore } from '../store.ts';
import { containerOfMode } from '../spec/modes.ts';
import { parseSecurityOptions } from '../spec/security.ts';
import { chooseLabels, levelOf, optionsOf, type ContainerLabels } from './choose.ts';
import { hostContexts } from './contexts.ts';

/** With `--selinux-enabled`, where the host has SELinux. */
export function givesLabels({ selinux }: Engine['config']): boolean {
  return selinux && securityModules().selinux;
}

/** undefined where nothing is labelled. Throws Internal, as dockerd answers 500. */
export function labelsFor(engine: Pick<Engine, 'config' | 'containers'>, { SecurityOpt }: HostConfig): ContainerLabels | undefined {
  if (!givesLabels(engine.config)) return undefined;
  const taken = new Set(engine.containers.list().map(({ labels }) => levelOf(labels?.process ?? '')));
  return chooseLabels(parseSecurityOptions(SecurityOpt ?? []).labels, hostContexts(), taken);
}

/**
 * Where the client says nothing of labels: what sees the host's processes or memory has none, what sees another container's has
 * that one's. dockerd writes it among the options, whether the host has SELinux or not. Throws Internal, as dockerd answers 500.
 */
export function withImpliedLabels(host: HostConfig, containers: Pick<ContainerStore, 'find'>): HostConfig {
  const given = host.SecurityOpt ?? [];
  if (given.some((option) => option.split('=')[0] === 'label')) return host;
  const open = host.Privileged || host.PidMode === 'host' || host.IpcMode === 'host';
  const implied = open ? ['disable'] : sharedOptions(host, containers);
  return implied.length > 0 ? { ...host, SecurityOpt: [...given, ...implied.map((option) => `label=${option}`)] } : host;
}

function sharedOptions({ IpcMode, PidMode }: HostConfig, containers: Pick<ContainerStore, 'find'>): string[] {
  const [ipc, pid] = [IpcMode, PidMode].map((mode) => {
    const other = containerOfMode(mode);
    return other === undefined ? undefined : optionsOf(containers.find(other).labels?.process ?? '');
  });
  if (ipc && pid && ipc.length > 0 && pid.length > 0 && ipc.join() !== pid.join()) throw new Internal("--ipc and --pid containers SELinux labels aren't the same");
  return (pid?.length ? pid : ipc) ?? [];
}
