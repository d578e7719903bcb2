/** What a new container's request leaves out for an engine whose API is older than the wish, or is refused for. */
import { compareVersions, type QueryValue } from '#client';
import { InvalidArgument } from '#base';
import type { Cli } from '../../cli.ts';
import { speaks } from '../../support.ts';
import type { CreateBody } from './options/body.ts';

/** A request as the engine at hand understands it. Throws InvalidArgument for a wish that would be silently lost. */
export async function requestFor(cli: Cli, body: CreateBody, platform: string): Promise<{ readonly json: CreateBody; readonly platform: QueryValue }> {
  if (await speaks(cli, '1.44')) return { json: body, platform: platform || undefined };
  const { version } = cli.engine();
  const before = (since: string): boolean => compareVersions(version, since) < 0;
  refuseMounts(body, before);
  if (Object.values(body.NetworkingConfig.EndpointsConfig ?? {}).some((endpoint) => endpoint?.MacAddress)) {
    throw new InvalidArgument(`"specify mac-address per network" requires API version 1.44, but the Docker daemon API version is ${version}`);
  }
  const HostConfig = { ...body.HostConfig };
  if (before('1.25')) HostConfig.AutoRemove = false; // the command removes it itself
  if (before('1.42') && platform.startsWith('linux')) HostConfig.ConsoleSize = [0, 0];
  return { json: { ...body, HostConfig }, platform: before('1.41') ? undefined : platform || undefined };
}

function refuseMounts({ HostConfig: { Mounts = [] } }: CreateBody, before: (since: string) => boolean): void {
  for (const { BindOptions: bind } of Mounts) {
    if (bind?.NonRecursive && before('1.40')) throw new InvalidArgument('bind-recursive=disabled requires API v1.40 or later');
    if (bind?.ReadOnlyForceRecursive) throw new InvalidArgument('bind-recursive=readonly requires API v1.44 or later');
  }
}
