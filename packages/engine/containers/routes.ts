/** Engine API, containers. */
import { Internal, InvalidArgument, isKind, messageOf } from '#base';
import { createContainerBody, parsePlatform, updateContainerBody, type CreateContainerBody, type HostConfig } from '#spec';
import type { Engine } from '../context.ts';
import { withDaemonDefaults } from '../daemon/container-defaults.ts';
import { pruneFilters } from '../prune.ts';
import { encodeJson } from '../json.ts';
import type { ApiReply, ApiRequest, Route } from '../router.ts';
import { unlessGone } from '../unless-gone.ts';
import { readArchive, statArchive, writeArchive } from './archive.ts';
import { attachContainer, attachWebsocket } from './attach.ts';
import { createContainer } from './create.ts';
import { exportContainer } from './export.ts';
import { inspectContainer } from './inspect.ts';
import { killContainer } from './kill.ts';
import { listContainers } from './list.ts';
import { listFilters } from './list-filter.ts';
import { autoRemove } from './lifecycle.ts';
import { machine } from './machine.ts';
import { pruneContainers } from './prune.ts';
import { readingRoutes } from './reading-routes.ts';
import type { ContainerRecord } from './record.ts';
import { removeContainer, removeLink } from './remove.ts';
import { rename } from './rename.ts';
import { consoleSizeOf, resizeContainer } from './resize.ts';
import { checkpointRoutes, checkpointToStart, refuseCheckpoint } from './checkpoints.ts';
import { startContainer } from './start.ts';
import { restartContainer, stopContainer, type StopRequest } from './stop.ts';
import { emptyBindings, withFreePorts } from './spec/ports.ts';
import { macAddressWarnings } from './spec/mac-address.ts';
import { updateContainer, validateUpdate } from './update.ts';
import { parseWaitCondition, waitForContainer } from './wait.ts';

export function containerRoutes(engine: Engine): Route[] {
  const recordOf = (request: ApiRequest): ContainerRecord => engine.containers.find(request.path['id'] ?? '');
  /** A verb on one container that answers with nothing. */
  const verb = (method: Route['method'], path: string, work: (record: ContainerRecord, request: ApiRequest) => Promise<void> | void, look?: (request: ApiRequest) => void): Route => ({
    method,
    path: `/containers/{id}${path}`,
    handle: async (request, reply) => {
      look?.(request);
      await work(recordOf(request), request);
      reply.empty(204);
    },
  });
  const routes: Route[] = [
    { method: 'POST', path: '/containers/create', handle: (request, reply) => create(engine, request, reply) },
    { method: 'GET', path: '/containers/json', handle: (request, reply) => list(engine, request, reply) },
    {
      method: 'POST',
      path: '/containers/prune',
      handle: async (request, reply) => {
        const filters = request.filters(pruneFilters);
        reply.json(200, await pruneContainers(engine, filters, (id) => removeContainer(engine, engine.containers.find(id), { force: false, volumes: false })));
      },
    },
    {
      method: 'GET',
      path: '/containers/{id}/json',
      handle: async (request, reply) => reply.json(200, await inspectContainer(engine, recordOf(request), { size: request.flag('size') })),
    },
    verb('POST', '/start', (record, request) => start(engine, record, request.query), (request) => (refuseBody(request), refuseCheckpoint(engine, request.query))),
    verb('POST', '/stop', (record, request) => explained(`cannot stop container: ${request.path['id']}`, stopContainer(engine, record, stopRequest(request)))),
    verb('POST', '/restart', (record, request) => explained(`Cannot restart container ${request.path['id']}`, restartContainer(engine, record, stopRequest(request)))),
    { method: 'POST', path: '/containers/{id}/kill', handle: (request, reply) => kill(engine, request, reply) },
    verb('POST', '/pause', (record) => engine.supervisor.pause(record.id)),
    verb('POST', '/unpause', (record) => engine.supervisor.resume(record.id)),
    { method: 'POST', path: '/containers/{id}/rename', handle: (request, reply) => rename(engine, request, reply) },
    { method: 'POST', path: '/containers/{id}/wait', handle: (request, reply) => wait(engine, request, reply) },
    { method: 'POST', path: '/containers/{id}/attach', handle: (request, reply) => attachContainer(engine, request, reply) },
    { method: 'GET', path: '/containers/{id}/attach/ws', handle: (request, reply) => attachWebsocket(engine, request, reply) },
    {
      method: 'POST',
      path: '/containers/{id}/resize',
      handle: async (request, reply) => {
        const size = consoleSizeOf(request);
        await resizeContainer(engine, recordOf(request), size);
        reply.empty(200);
      },
    },
    {
      method: 'POST',
      path: '/containers/{id}/update',
      handle: async (request, reply) => {
        const body = await request.json(updateContainerBody);
        validateUpdate(body);
        reply.json(200, await updateContainer(engine, recordOf(request), body));
      },
    },
    ...fileRoutes(engine),
    ...checkpointRoutes(engine),
    ...readingRoutes(engine),
    // Last, since the name of a link that it takes has a slash in it.
    { method: 'DELETE', path: '/containers/{id}', handle: async (request, reply) => (await remove(engine, request), reply.empty(204)) },
  ];
  return routes.map((route) => ({ ...route, slashes: true }));
}

/** A container's files, out and in. */
function fileRoutes(engine: Engine): Route[] {
  return [
    { method: 'HEAD', path: '/containers/{id}/archive', handle: (request, reply) => statArchive(engine, request, reply) },
    { method: 'GET', path: '/containers/{id}/archive', handle: (request, reply) => readArchive(engine, request, reply) },
    { method: 'PUT', path: '/containers/{id}/archive', bytes: true, handle: (request, reply) => writeArchive(engine, request, reply) },
    { method: 'GET', path: '/containers/{id}/export', handle: (request, reply) => exportContainer(engine, request, reply) },
  ];
}

async function create(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const asked = await request.json(createContainerBody, 'required');
  requireConfig(asked);
  const unbound = emptyBindings(asked.HostConfig?.PortBindings);
  const body = { ...asked, HostConfig: withDaemonDefaults(asClientsMean(asked.HostConfig ?? {}, unbound, request), engine.config) };
  const platform = request.query.get('platform') ?? '';
  const addressWarnings = request.atLeast('1.44') ? macAddressWarnings(body) : [];
  const { Id, Warnings } = await createContainer(engine, {
    body,
    name: request.query.get('name') ?? '',
    platform: platform === '' ? undefined : parsePlatform(platform),
    submountsStayWritable: !request.atLeast('1.44'),
    anySubnet: request.atLeast('1.52'),
  });
  const portWarnings = request.atLeast('1.52') && unbound.length > 0
    ? [`Following container port(s) have an empty list of port-bindings: ${unbound.join(', ')}. Such bindings will be discarded in a future version.`] : [];
  reply.json(201, { Id, Warnings: [...Warnings, ...addressWarnings, ...portWarnings] });
}

/**
 * Where cgroups are v1, clients from before the cgroup namespaces mean the host's, whatever the daemon's default is. A port
 * that is bound to nothing (`unbound`) is exposed to older clients, and bound to any free one to newer.
 */
function asClientsMean(host: Partial<HostConfig>, unbound: readonly string[], request: ApiRequest): Partial<HostConfig> {
  const older = !request.atLeast('1.41') && !host.CgroupnsMode && machine().cgroupVersion === 1;
  const ports = request.atLeast('1.46') && unbound.length > 0 ? { PortBindings: withFreePorts(host.PortBindings, unbound) } : {};
  return { ...host, ...ports, ...(older && { CgroupnsMode: 'host' }) };
}

/** A body of a HostConfig alone says nothing of what to run; dockerd tells that from an empty image name. */
function requireConfig(body: CreateContainerBody): void {
  if (Object.keys(body).every((name) => name === 'HostConfig' || name === 'NetworkingConfig')) {
    throw new InvalidArgument('config cannot be empty in order to create a container');
  }
}

async function list(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const filters = request.filters(listFilters);
  const shown = await listContainers(engine, { all: request.flag('all'), limit: request.integer('limit', 0), size: request.flag('size'), filters });
  reply.json(200, request.atLeast('1.46') ? shown : shown.map((summary) => ({ ...summary, HostConfig: { NetworkMode: summary.HostConfig.NetworkMode } })));
}

/** `docker start` took a HostConfig once; the shortest has seven bytes. */
function refuseBody({ headers }: ApiRequest): void {
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= 7) return;
  throw new InvalidArgument('starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24');
}

/** A `--rm` container that could not start goes at once, as if it had ended. */
async function start(engine: Engine, record: ContainerRecord, query: URLSearchParams): Promise<void> {
  try {
    await startContainer(engine, record, () => checkpointToStart(engine, record, query));
  } catch (error) {
    const idle = engine.supervisor.state(record.id)?.pid === 0 && !isKind(error, 'NotModified');
    if (record.hostConfig.AutoRemove && idle) await autoRemove(engine, record);
    throw error;
  }
}

async function kill(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const name = request.path['id'] ?? '';
  await killContainer(engine, name, request.query.get('signal') ?? '');
  reply.empty(204);
}

async function remove(engine: Engine, request: ApiRequest): Promise<void> {
  if (request.flag('link')) return removeLink(engine, request.path['id'] ?? '');
  await removeContainer(engine, engine.containers.find(request.path['id'] ?? ''), { force: request.flag('force'), volumes: request.flag('v') });
}

/**
 * The headers go out before anything is waited for: the client starts the container when it has them. `docker run -d` leaves
 * then: nothing of its request may stay for as long as the container runs.
 */
async function wait(engine: Engine, request: ApiRequest, reply: ApiReply): Promise<void> {
  const condition = parseWaitCondition(request.query.get('condition') ?? '');
  const id = request.path['id'] ?? '';
  const departed = engine.containers.get(id) ? undefined : engine.lives.departed(id);
  const result = departed === undefined ? waitForContainer(engine, engine.containers.find(id), condition) : { StatusCode: departed };
  const out = reply.stream(200, 'application/json');
  request.body.resume(); // a request that nobody read is cut off when its client goes: Node makes an error of that
  const ended = await unlessGone(out, result);
  if (ended) out.end(encodeJson(ended));
}

/** What fails on the way is the daemon's failure, whoever is to blame, as in dockerd: only what is as asked already is none. */
async function explained(what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (isKind(error, 'NotModified')) throw error;
    throw new Internal(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

function stopRequest(request: ApiRequest): StopRequest {
  const timeout = request.query.has('t') ? request.integer('t', 0) : undefined;
  return { timeout, signal: request.query.get('signal') ?? '' };
}
