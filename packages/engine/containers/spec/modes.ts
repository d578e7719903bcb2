/** `container:NAME` in NetworkMode, PidMode and IpcMode. */
import { InvalidArgument, isKind, messageOf } from '#base';
import type { HostConfig } from '#spec';

export function isContainerMode(mode: string): boolean {
  return mode.startsWith('container:') && mode.length > 'container:'.length;
}

/** The name or id behind `container:`; undefined for any other mode. */
export function containerOfMode(mode: string): string | undefined {
  return isContainerMode(mode) ? mode.slice('container:'.length) : undefined;
}

/** `container:NAME` as `container:ID` wherever it stands, so that renaming the other container changes nothing. An unknown network stays for the start to refuse; throws InvalidArgument for the others. */
export function withSharers(host: HostConfig, containers: Containers): HostConfig {
  const required = (mode: string): string => resolved(mode, containers, (error) => new InvalidArgument(messageOf(error), { cause: error }));
  return { ...host, NetworkMode: resolved(host.NetworkMode, containers, () => undefined), PidMode: required(host.PidMode), IpcMode: required(host.IpcMode) };
}

interface Containers {
  find(name: string): { readonly id: string };
}

/** `unknown` gives what to throw where there is no such container; without that the mode stays. */
function resolved(mode: string, containers: Containers, unknown: (error: unknown) => Error | undefined): string {
  const name = containerOfMode(mode);
  if (name === undefined) return mode;
  try {
    return `container:${containers.find(name).id}`;
  } catch (error) {
    const refusal = isKind(error, 'NotFound') ? unknown(error) : error;
    if (refusal === undefined) return mode;
    throw refusal;
  }
}

/** `bridge`, `host`, `none` and user-defined ones; not `container:…`. */
export function isUserDefined(mode: string): boolean {
  return !isContainerMode(mode) && !['', 'default', 'bridge', 'host', 'none'].includes(mode);
}

/** `default`, or nothing, is the bridge by another name. */
export function networkOf(mode: string): string {
  return mode === '' || mode === 'default' ? 'bridge' : mode;
}
