/** Requests that nobody meant to send: every endpoint, with parameters and bodies that are nearly right, or not at all. */
import { connectNetworkBody, containerConfig, createContainerBody, createNetworkBody, createVolumeBody, disconnectNetworkBody, updateContainerBody, type Shape } from '#spec';
import { apiEndpoints } from '../../../packages/engine/server-endpoints.ts';

/** A whole number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: object | Uint8Array | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers that come when something happens, or need another protocol. */
const endless = /\/(events|wait|session|grpc|auth|attach\/ws|logs)$|distribution|push$/;
const endpoints = apiEndpoints.filter(([, path]) => !endless.test(path));

/** One request; the objects `c1`, `n1`, `v1` and the image `busybox` are there. */
export function randomRequest(random: Random): Request {
  const creating = random(3) === 0;
  const [method, pattern] = creating ? (['POST', '/containers/create'] as const) : pick(random, endpoints);
  const path = pattern.replace(/\{[^}]+\}/g, () => pick(random, names));
  const query = randomQuery(random, path);
  const body = method === 'POST' || method === 'PUT' ? randomBody(random, pattern) : undefined;
  const headers = body instanceof Uint8Array && random(4) > 0 ? { 'Content-Type': 'application/json' } : undefined;
  return { method, path: `${pick(random, ['', '/v1.24', '/v1.45', '/v1.50'])}${path}?${query}`, body, headers: headers ?? {} };
}

const names = ['c1', 'n1', 'v1', 'busybox', 'x', '%00', '..', 'a%2Fb', `sha256:${'a'.repeat(64)}`, 'A'.repeat(300), '%zz', '%F0%9F%98%80'];
const parameters = [
  'all', 'limit', 'filters', 'size', 'force', 'v', 'name', 'repo', 'tag', 'changes', 'platform', 'signal', 'h', 'w', 'path', 'q', 'buildargs', 'labels', 'ulimits',
  'cachefrom', 'remote', 'dockerfile', 'version', 'detachKeys', 'ps_args', 'container', 'comment', 'pause', 'names', 'quiet', 'type', 'manifests', 'platforms', 'scope', 'memory',
];
const values = [
  '', '1', '0', 'true', 'x', '-1', '99999999999999999999', '{}', '[]', '{"a":', '{"label":["x"]}', '{"label":5}', '{"until":["zz"]}', '{"name":{"(":true}}',
  '{"dangling":["maybe"]}', '{"status":["zz"]}', '{"before":["x"]}', 'null', '\0', '../../etc', 'ctrl-', '1e99', '{"os":5}', 'linux/arm64',
];

function randomQuery(random: Random, path: string): URLSearchParams {
  const query = new URLSearchParams();
  for (let count = random(4); count > 0; count--) query.append(pick(random, parameters), pick(random, values));
  if (path.endsWith('/stats')) query.set('stream', '0');
  if (/\/(stop|restart)$/.test(path)) query.set('t', '0');
  if (path.endsWith('/attach')) query.delete('stream');
  return query;
}

const shapes: Readonly<Record<string, Shape>> = {
  '/containers/create': createContainerBody,
  '/containers/{id}/update': updateContainerBody,
  '/commit': containerConfig,
  '/networks/create': createNetworkBody,
  '/networks/{id}/connect': connectNetworkBody,
  '/networks/{id}/disconnect': disconnectNetworkBody,
  '/volumes/create': createVolumeBody,
};
const noise = ['', '{', 'null', '[]', '5', '"x"', '{"a":}', '{}', '\xff\xfe', 'not a tar'];

function randomBody(random: Random, pattern: string): object | Uint8Array | undefined {
  const shape = shapes[pattern];
  if (!shape || random(6) === 0) return random(3) === 0 ? undefined : Buffer.from(pick(random, noise), 'latin1');
  const body = randomObject(random, shape, 0) as Record<string, unknown>;
  if (pattern === '/containers/create' && random(4) > 0) return { ...body, Image: 'busybox', Cmd: ['true'] };
  return pattern.startsWith('/networks/{id}') ? { ...body, Container: pick(random, ['c1', 'x']) } : body;
}

const words = [
  '', 'x', ':', '/', '//', 'a:b:c:d', '..', '0', '-1', '99999999999', '\0', '\n', 'a b', 'é', '::1', '1.2.3.4', 'fe80::1', '10.200.1.0/24', '0.0.0.0/0', 'fd00::/64', 'host', 'none',
  'container:c1', 'bridge', 'n1', 'v1:/d', '/tmp:/t:ro', 'private', 'shareable', 'host-gateway', 'ALL', 'NET_ADMIN', 'seccomp=unconfined', 'always', 'on-failure', 'json-file', 'SIGKILL',
  '65536/tcp', '80/tcp', '8000-8001', 'x=y', '=', 'bind', 'volume', 'tmpfs', '/dev/null', 'rwm', 'c 1:3 rwm', 'size=1m', '02:42:ac:11:00:02', 'nofile', 'linux', 'CMD', 'a'.repeat(300),
];
const numbers = [0, -1, 1, 5, 4096, 1 << 20, 64 << 20, 2 ** 40, 2 ** 53 - 1, -5, 1_000_000, 1.5, 1e300];

/** Mostly of the right type; sometimes null, sometimes anything. */
function randomValue(random: Random, shape: Shape, depth: number): unknown {
  if (random(20) === 0) return pick(random, [null, 5, 'x', true, [], [null], {}, { '': '' }]);
  if (shape === 'string') return pick(random, words);
  if (shape === 'integer' || shape === 'uint' || shape === 'uint16') return pick(random, numbers);
  if (shape === 'boolean') return random(2) === 0;
  if (shape === 'words') return [pick(random, words)];
  if (shape === 'anything') return null;
  if ('list' in shape) return Array.from({ length: random(3) }, () => randomValue(random, shape.list, depth + 1));
  if ('map' in shape) return Object.fromEntries(Array.from({ length: random(3) }, () => [pick(random, words), randomValue(random, shape.map, depth + 1)]));
  return randomObject(random, shape, depth + 1);
}

/** A few of the fields. */
function randomObject(random: Random, shape: Shape, depth: number): unknown {
  if (typeof shape === 'string' || !('fields' in shape)) return {};
  const fields = Object.entries(shape.fields);
  const count = Math.min(fields.length, depth === 0 ? 3 : 2);
  const chosen = Array.from({ length: count }, () => pick(random, fields));
  return Object.fromEntries(chosen.map(([name, inner]) => [name, randomValue(random, inner, depth)]));
}

function pick<T>(random: Random, of: readonly T[]): T {
  return of[random(of.length)] as T;
}
