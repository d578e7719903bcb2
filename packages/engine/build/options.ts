/** The query of `POST /build`, read as dockerd reads it. */
import { Internal, InvalidArgument, jsonProblem, messageOf } from '#base';
import type { BuildRequest } from '#builder';
import { decodeAs, familiarReference, object, parsePlatform, parseReference, ulimits, withDefaultTag, type Shape, type Ulimit } from '#spec';
import { registryAuths } from '../auth/header.ts';
import { parseInteger } from '../integer.ts';
import type { ApiRequest } from '../router.ts';

/** Everything of a build but its context. */
export type BuildOptions = Omit<BuildRequest, 'context'>;

/** Throws InvalidArgument in Docker's words for what cannot be asked of the classic builder. */
export function buildOptions(request: ApiRequest, signal: AbortSignal, { experimental }: { experimental: boolean }): BuildOptions {
  const text = (name: string): string => request.query.get(name) ?? '';
  refuse(request);
  if (request.flag('squash') && !experimental) throw new InvalidArgument('squash is only supported with experimental mode');
  return {
    dockerfile: text('dockerfile') || 'Dockerfile',
    tags: tagsOf(request.query.getAll('t')),
    buildArgs: buildArgs(text('buildargs')),
    labels: json<Record<string, string>>(text('labels'), 'labels', { map: 'string' }) ?? {},
    target: text('target'),
    noCache: request.flag('nocache'),
    pull: request.flag('pull'),
    cacheFrom: json<string[]>(text('cachefrom'), 'cache-from', { list: 'string' }) ?? [],
    networkMode: text('networkmode'),
    extraHosts: request.query.getAll('extrahosts'),
    platform: request.atLeast('1.32') && text('platform') ? parsePlatform(text('platform')) : undefined,
    squash: request.flag('squash'),
    ...limits(request),
    removeIntermediate: text('rm') === '' || request.flag('rm') || request.flag('forcerm'),
    forceRemove: request.flag('forcerm'),
    auths: registryAuths(request.headers['x-registry-config']),
    upstreamClient: request.headers['user-agent'],
    signal,
  };
}

/** Where BuildKit would put what it made; the classic builder takes them and makes an image. */
const outputs: Shape = { list: object<{ Type: string; Attrs: Record<string, string> }>('types.ImageBuildOutput', { Type: 'string', Attrs: { map: 'string' } }) };

/** What the classic builder of this daemon does not do. */
function refuse(request: ApiRequest): void {
  const version = request.query.get('version') ?? '';
  if (version === '2') throw new InvalidArgument('buildkit not supported by daemon');
  if (version !== '' && version !== '1') throw new InvalidArgument(`invalid version "${version}"`);
  if (request.atLeast('1.40')) json(request.query.get('outputs') ?? '', '', outputs, 'invalid outputs specified');
  const dockerfile = request.query.get('dockerfile') ?? '';
  if (dockerfile.includes('\0')) throw new InvalidArgument(`forbidden path outside the build context: ${dockerfile} ()`); // no file has such a name
  if (request.query.has('securityopt')) throw new InvalidArgument('security options are not supported on linux');
  const isolation = request.query.get('isolation') ?? '';
  if (isolation !== '' && isolation !== 'default') throw new InvalidArgument(`unsupported isolation: "${isolation}"`);
}

/** In full form, each once. */
function tagsOf(names: readonly string[]): string[] {
  const refs = names.filter((name) => name !== '').map((name) => withDefaultTag(tagReference(name)));
  if (refs.some((ref) => ref.digest)) throw new InvalidArgument('build tag cannot contain a digest');
  return [...new Set(refs.map(familiarReference))];
}

/** Throws Internal: dockerd answers 500 here. */
function tagReference(name: string): ReturnType<typeof parseReference> {
  try {
    return parseReference(name);
  } catch (error) {
    throw new Internal(messageOf(error), { cause: error });
  }
}

function limits(request: ApiRequest) {
  const number = (name: string): number => {
    const value = request.query.get(name) ?? '';
    return /^[+-]?\d+$/.test(value) ? Number(value) : 0;
  };
  const shmSize = request.query.get('shmsize') ?? '';
  if (shmSize !== '') parseInteger(shmSize, 'ParseInt');
  return {
    shmSize: number('shmsize'),
    memory: number('memory'),
    memorySwap: number('memswap'),
    cpuShares: number('cpushares'),
    cpuQuota: number('cpuquota'),
    cpuPeriod: number('cpuperiod'),
    cpusetCpus: request.query.get('cpusetcpus') ?? '',
    cpusetMems: request.query.get('cpusetmems') ?? '',
    cgroupParent: request.query.get('cgroupparent') ?? '',
    ulimits: (json<Ulimit[]>(request.query.get('ulimits') ?? '', 'ulimit settings', ulimits) ?? []).map(
      ({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard }),
    ),
  };
}

/** A null argument takes its value from the environment of the client, which had none. */
function buildArgs(text: string): Record<string, string | null> {
  const given = json<Record<string, unknown>>(text, 'build args', { map: 'anything' }) ?? {};
  const values = decodeAs<Record<string, string>>({ map: 'string' }, given, 'build args');
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, given[name] === null ? null : value]));
}

/** A parameter that is a JSON document of that shape; undefined when absent or null. */
function json<T>(text: string, what: string, shape: Shape, complaint = `error reading ${what}`): T | undefined {
  if (text === '') return undefined;
  try {
    return decodeAs<T | null>(shape, JSON.parse(text), what) ?? undefined;
  } catch (error) {
    throw new InvalidArgument(`${complaint}: ${error instanceof SyntaxError ? jsonProblem(text) : messageOf(error).replace(/^invalid JSON: /, '')}`);
  }
}
