/** `container:NAME` in NetworkMode, PidMode and IpcMode. */

export function isContainerMode(mode: string): boolean {
  return mode.startsWith('container:') && mode.length > 'container:'.length;
}

/** The name or id behind `container:`; undefined for any other mode. */
export function containerOfMode(mode: string): string | undefined {
  return isContainerMode(mode) ? mode.slice('container:'.length) : undefined;
}

/** `bridge`, `host`, `none` and user-defined ones; not `container:…`. */
export function isUserDefined(mode: string): boolean {
  return !isContainerMode(mode) && !['', 'default', 'bridge', 'host', 'none'].includes(mode);
}
