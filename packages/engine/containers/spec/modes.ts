/** `container:NAME` in NetworkMode, PidMode and IpcMode. */
import { isKind } from '#base';
import type { HostConfig } from '#spec';

export function isContainerMode(mode: string): boolean {
  return mode.startsWith('container:') && mode.length > 'container:'.length;
}

/** The name or id behind `container:`; undefined for any other mode. */
export function containerOfMode(mode: string): string | undefined {
  return isContainerMode(mode) ? mode.slice('container:'.length) : undefined;
}

/** `container:NAME` as `container:ID` wherever it stands, so that renaming the other container changes nothing; unknown ones stay for the start to refuse. */
export function withSharers(host: HostConfig, containers: { find(name: string): { readonly id: string } }): HostConfig {
  const resolved = (mode: string): string => {
    const name = containerOfMode(mode);
    if (name === undefined) return mode;
    try {
      return `container:${containers.find(name).id}`;
    } catch (error) {
      if (isKind(error, 'NotFound')) return mode;
      throw error;
    }
  };
  return { ...host, NetworkMode: resolved(host.NetworkMode), PidMode: resolved(host.PidMode), IpcMode: resolved(host.IpcMode) };
}

/** `bridge`, `host`, `none` and user-defined ones; not `container:…`. */
export function isUserDefined(mode: string): boolean {
  return !isContainerMode(mode) && !['', 'default', 'bridge', 'host', 'none'].includes(mode);
}
