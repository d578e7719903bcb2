/** The configuration that a stage builds up, and the forms in which a step records itself in it. */
import { digestOf } from '#base';
import type { ContainerDefaults } from '#spec';

const defaultShell = ['/bin/sh', '-c'];

/** SHELL, for the shell form of RUN, CMD and ENTRYPOINT. */
export function shellOf(config: ContainerDefaults): readonly string[] {
  return config.Shell && config.Shell.length > 0 ? config.Shell : defaultShell;
}

/**
 * The configuration of a step that runs nothing: its Cmd says what the step did, and so does the image's history
 * (`/bin/sh -c #(nop)  CMD ["x"]`).
 */
export function recorded(config: ContainerDefaults, comment: string): ContainerDefaults {
  return { ...config, Cmd: [...shellOf(config), '#(nop) ', comment] };
}

/** WORKDIR, COPY and ADD have always recorded themselves in one word less (`/bin/sh -c #(nop) WORKDIR /x`). */
export function recordedInOne(config: ContainerDefaults, comment: string): ContainerDefaults {
  return { ...config, Cmd: [...shellOf(config), `#(nop) ${comment}`] };
}

/** `created_by` of the history. */
export function createdBy(config: ContainerDefaults): string {
  return (config.Cmd ?? []).join(' ');
}

/** What must be equal for a step to be taken from the cache: everything but names and the parent, which is compared apart. */
export function cacheKeyOf(config: ContainerDefaults): string {
  const { Hostname: _hostname, Domainname: _domainname, Image: _image, ...compared } = config;
  return digestOf(JSON.stringify(sorted(compared)));
}

/** Key order must not matter, and an empty list or map is none. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => !isEmpty(each));
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return Array.isArray(value) && value.length === 0;
}
