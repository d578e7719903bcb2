/** Lays a client's configuration over its image's defaults, by the rules of `docker run`. */
import { InvalidArgument } from '#base';
import type { ContainerConfig, ContainerDefaults, Healthcheck } from '#spec';
import { clean } from './bind.ts';
import { parsePort } from './ports.ts';
import { requirePort } from './validate-config.ts';

/** Throws InvalidArgument when nothing says what to run. */
export function mergeImage(config: ContainerConfig, image: ContainerDefaults | undefined): ContainerConfig {
  const merged = image ? layOver(config, image) : config;
  // `--entrypoint ''` arrives as [""]: no entrypoint, and the image's command does not come back either.
  const entrypoint = isEmptyWord(merged.Entrypoint) ? null : merged.Entrypoint;
  if (!entrypoint?.length && !merged.Cmd?.length) throw new InvalidArgument('no command specified');
  return { ...merged, Entrypoint: entrypoint };
}

/** The configuration with an image's defaults where it says nothing. */
export function layOver(config: ContainerConfig, image: ContainerDefaults): ContainerConfig {
  const exposed = { ...eachPort(image.ExposedPorts), ...config.ExposedPorts };
  const volumes = { ...image.Volumes, ...config.Volumes };
  const health = mergeHealth(config.Healthcheck, image.Healthcheck);
  const signal = config.StopSignal || image.StopSignal;
  const shell = config.Shell?.length ? config.Shell : image.Shell;
  return {
    ...config,
    User: config.User || (image.User ?? ''),
    ...(Object.keys(exposed).length > 0 && { ExposedPorts: exposed }),
    Env: mergeEnv(config.Env, image.Env),
    ...command(config, image),
    ...(health && { Healthcheck: health }),
    WorkingDir: cleaned(config.WorkingDir || (image.WorkingDir ?? '')),
    Volumes: Object.keys(volumes).length > 0 ? volumes : null,
    Labels: { ...image.Labels, ...config.Labels },
    OnBuild: config.OnBuild ?? image.OnBuild ?? null,
    ...(signal && { StopSignal: signal }),
    ...(shell?.length && { Shell: shell }),
  };
}

/** Images made elsewhere name several ports in one, as `8000-8002/tcp`. Throws InvalidArgument for more than there are. */
function eachPort(ports: ContainerDefaults['ExposedPorts']): ContainerConfig['ExposedPorts'] {
  return Object.fromEntries(Object.keys(ports ?? {}).flatMap((text) => {
    requirePort(text);
    const { port, end, protocol } = parsePort(text);
    return end > port ? Array.from({ length: end - port + 1 }, (_, index) => [`${port + index}/${protocol}`, {}]) : [[text, {}]];
  }));
}

function cleaned(directory: string): string {
  return directory === '' ? '' : clean(directory);
}

/** The image's command goes with its entrypoint only: a new entrypoint does not inherit it. */
function command(config: ContainerConfig, image: ContainerDefaults): Pick<ContainerConfig, 'Cmd' | 'Entrypoint'> {
  if (config.Entrypoint?.length) return { Cmd: config.Cmd, Entrypoint: config.Entrypoint };
  const cmd = config.Cmd?.length ? config.Cmd : (image.Cmd ?? null);
  return { Cmd: cmd, Entrypoint: config.Entrypoint ?? image.Entrypoint ?? null };
}

function isEmptyWord(entrypoint: string[] | null): boolean {
  return entrypoint?.length === 1 && entrypoint[0] === '';
}

/** The client's entries first, then those of the image whose key it did not name. */
function mergeEnv(own: string[] | null, image: string[] | undefined): string[] | null {
  if (!own?.length) return image ?? own;
  const keys = new Set(own.map(keyOf));
  return [...own, ...(image ?? []).filter((entry) => !keys.has(keyOf(entry)))];
}

function keyOf(entry: string): string {
  return entry.split('=', 1)[0] ?? '';
}

function mergeHealth(own: Healthcheck | undefined, image: Healthcheck | undefined): Healthcheck | undefined {
  if (!own || !image) return own ?? image;
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== 0)));
  return { ...image, ...given };
}
