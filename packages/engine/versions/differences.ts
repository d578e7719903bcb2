/**
 * What changed between versions of the Engine API, as a table. Handlers speak one form; a request of a version that had
 * another is brought to it, and its answer back. What depends on more than the document (streams, which fields are worth
 * computing) asks `request.atLeast` where it is done.
 */
import { InvalidArgument, quote } from '#base';
import type { Difference } from './difference.ts';
import { newerAnswers } from './newer-answers.ts';
import { each, inside, nullWhereEmpty, omit, type Document } from './difference.ts';

const create = 'POST /containers/create';

/** A query parameter that the version does not know. */
function unknownParameter(route: string, before: string, name: string): Difference {
  return { route, before, told: `the parameter ${name} is not known`, query: (query) => query.delete(name) };
}

/** Fields of HostConfig that the version does not know. */
function unknownHostFields(before: string, ...names: string[]): Difference {
  return { route: create, before, told: `HostConfig has no ${names.join(', ')}`, body: (body) => omit(inside(body, 'HostConfig'), names) };
}

/** Options of mounts that the version does not know. */
function unknownMountOptions(before: string, kind: string, ...names: string[]): Difference {
  return { route: create, before, told: `${kind} has no ${names.join(', ')}`, body: (body) => mountsOf(body).forEach((mount) => omit(inside(mount, kind), names)) };
}

/** Which type of mount has which options. */
const mountOptions: Readonly<Record<string, string>> = { VolumeOptions: 'volume', BindOptions: 'bind', TmpfsOptions: 'tmpfs' };

function mountsOf(body: Document): Document[] {
  return each(inside(body, 'HostConfig')['Mounts']);
}

const olderRequests: readonly Difference[] = [
  unknownParameter('POST /containers/{id}/wait', '1.30', 'condition'),
  unknownParameter('GET /containers/{id}/stats', '1.41', 'one-shot'),
  unknownParameter(create, '1.41', 'platform'),
  unknownParameter('POST /containers/{id}/stop', '1.42', 'signal'),
  unknownParameter('POST /containers/{id}/restart', '1.42', 'signal'),
  unknownParameter('GET /images/json', '1.42', 'shared-size'),
  unknownParameter('GET /system/df', '1.42', 'type'),
  unknownParameter('GET /images/json', '1.47', 'manifests'),
  unknownParameter('GET /images/{name:.*}/json', '1.48', 'manifests'),
  unknownParameter('GET /images/{name:.*}/history', '1.48', 'platform'),
  unknownParameter('GET /images/{name:.*}/get', '1.48', 'platform'),
  unknownParameter('POST /images/load', '1.48', 'platform'),
  unknownParameter('GET /images/{name:.*}/json', '1.49', 'platform'),
  unknownParameter('DELETE /images/{name:.*}', '1.50', 'platforms'),
  unknownParameter('GET /system/df', '1.52', 'verbose'),
  { route: 'POST /networks/create', before: '1.47', told: 'every network has IPv4', body: (body) => omit(body, ['EnableIPv4']) },
  {
    route: 'GET /containers/{id}/attach/ws',
    before: '1.42',
    told: 'the parameters stdin, stdout and stderr are not known: all are attached',
    query: (query) => ['stdin', 'stdout', 'stderr'].forEach((name) => query.set(name, '1')),
  },
  { route: 'POST /containers/{id}/exec', before: '1.42', told: 'ConsoleSize is not known', body: (body) => omit(body, ['ConsoleSize']) },
  {
    route: create,
    before: '1.25',
    told: 'AutoRemove is the client\'s own doing',
    body: (body) => omit(inside(body, 'HostConfig'), ['AutoRemove']),
  },
  {
    route: create,
    before: '1.42',
    told: 'options of another type of mount say nothing',
    body: (body) => {
      for (const mount of mountsOf(body)) omit(mount, Object.keys(mountOptions).filter((kind) => mountOptions[kind] !== mount['Type']));
    },
  },
  {
    route: create,
    from: '1.42',
    told: 'options of another type of mount are refused before anything else is looked at, and KernelMemory is not known',
    body: (body) => {
      omit(inside(body, 'HostConfig'), ['KernelMemory']);
      for (const mount of mountsOf(body)) {
        const stray = Object.keys(mountOptions).find((kind) => typeof mount[kind] === 'object' && mount[kind] && mountOptions[kind] !== mount['Type']);
        if (stray) throw new InvalidArgument(`${stray} must not be specified on mount type ${quote(String(mount['Type'] ?? ''))}`);
      }
    },
  },
  { route: 'POST /containers/{id}/update', from: '1.42', told: 'KernelMemory is not known', body: (body) => omit(body, ['KernelMemory']) },
  { route: 'POST /containers/{id}/update', before: '1.40', told: 'PidsLimit is not known', body: (body) => omit(body, ['PidsLimit']) },
  { route: 'POST /exec/{id}/start', before: '1.42', told: 'ConsoleSize is not known', body: (body) => omit(body, ['ConsoleSize']) },
  unknownHostFields('1.40', 'KernelMemoryTCP'),
  unknownHostFields('1.42', 'ConsoleSize'),
  unknownHostFields('1.43', 'Annotations'),
  unknownMountOptions('1.40', 'BindOptions', 'NonRecursive'),
  unknownMountOptions('1.42', 'BindOptions', 'CreateMountpoint'),
  {
    route: create,
    before: '1.44',
    told: 'nobody can rely on mounts that are read-only all the way down',
    body: (body) => {
      if (mountsOf(body).some((mount) => mount['Type'] === 'bind' && inside(mount, 'BindOptions')['ReadOnlyForceRecursive'])) {
        throw new InvalidArgument('BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer');
      }
    },
  },
  {
    route: create,
    before: '1.40',
    told: 'IpcMode is shareable unless told',
    body: (body) => {
      const host = inside(body, 'HostConfig');
      if (Object.keys(body).length > 0 && !host['IpcMode']) body['HostConfig'] = { ...host, IpcMode: 'shareable' };
    },
  },
  {
    route: create,
    before: '1.44',
    told: 'the hardware address is the container\'s own, not its endpoint\'s',
    body: (body) => {
      for (const endpoint of Object.values(inside(inside(body, 'NetworkingConfig'), 'EndpointsConfig'))) {
        if (typeof endpoint === 'object' && endpoint !== null) omit(endpoint as Document, ['MacAddress']);
      }
    },
  },
  { route: create, before: '1.44', told: 'health checks have no StartInterval', body: (body) => omit(inside(body, 'Healthcheck'), ['StartInterval']) },
  {
    route: create,
    before: '1.44',
    told: 'a container is made on one network',
    body: (body) => {
      const names = Object.keys(inside(inside(body, 'NetworkingConfig'), 'EndpointsConfig'));
      if (names.length > 1) throw new InvalidArgument(`Container cannot be created with multiple network endpoints: ${names.join(', ')}`);
    },
  },
  {
    route: create,
    before: '1.45',
    told: 'volumes have no Subpath',
    body: (body) => {
      if (mountsOf(body).some((mount) => inside(mount, 'VolumeOptions')['Subpath'])) throw new InvalidArgument('VolumeOptions.Subpath needs API v1.45 or newer');
    },
  },
  unknownMountOptions('1.46', 'TmpfsOptions', 'Options'),
  { route: create, from: '1.52', told: 'MacAddress is an endpoint\'s alone', body: (body) => omit(body, ['MacAddress']) },
];

const olderAnswers: readonly Difference[] = [
  {
    route: 'GET /info',
    before: '1.25',
    told: 'security options have names alone, and there is an ExecutionDriver',
    answer: (answer) => {
      const info = answer as Document;
      info['ExecutionDriver'] = '<not supported>';
      info['SecurityOptions'] = (info['SecurityOptions'] as string[]).flatMap((option) => /(?:^|,)name=([^,]+)/.exec(option)?.[1] ?? []);
    },
  },
  {
    route: 'GET /containers/{id}/json',
    before: '1.45',
    told: 'an endpoint\'s aliases hold the short id and the host name',
    answer: (answer) => {
      const container = answer as Document;
      const short = String(container['Id']).slice(0, 12);
      for (const [name, settings] of networksOf(container)) {
        const own = [...((settings['Aliases'] ?? []) as string[]), short, String(inside(container, 'Config')['Hostname'])];
        if (!['bridge', 'host', 'none'].includes(name)) settings['Aliases'] = [...new Set(own)];
      }
    },
  },
  {
    route: 'GET /containers/{id}/json',
    before: '1.48',
    told: 'endpoints have no GwPriority',
    answer: (answer) => withoutPriorities(answer as Document),
  },
  {
    route: 'GET /containers/json',
    before: '1.48',
    told: 'endpoints have no GwPriority',
    rows: (containers) => {
      for (const container of containers) {
        const seats = networksOf(container).map(([name, { GwPriority: _priority, ...settings }]) => [name, settings]);
        container['NetworkSettings'] = { Networks: Object.fromEntries(seats) };
      }
    },
  },
  {
    route: 'GET /system/df',
    before: '1.46',
    told: 'lists of containers tell nothing of annotations',
    answer: (answer) => each((answer as Document)['Containers']).forEach((container) => omit(inside(container, 'HostConfig'), ['Annotations'])),
  },
  {
    route: 'GET /system/df',
    before: '1.48',
    told: 'endpoints have no GwPriority',
    answer: (answer) => each((answer as Document)['Containers']).forEach(withoutPriorities),
  },
  {
    route: 'GET /system/df',
    before: '1.44',
    told: 'images have a VirtualSize',
    answer: (answer) => each((answer as Document)['Images']).forEach((image) => (image['VirtualSize'] = image['Size'])),
  },
  {
    route: 'GET /images/json',
    before: '1.43',
    told: 'lists without a name are null, unless there is no name at all',
    rows: (images) => images.forEach((image) => nullWhereEmpty(image, ['RepoTags', 'RepoDigests'])),
  },
  { route: 'GET /info', before: '1.44', told: 'runtimes have no status', answer: (answer) => Object.values(inside(answer as Document, 'Runtimes')).forEach((runtime) => omit(runtime as Document, ['status'])) },
];

/** Endpoints by network, of a container as inspect or a list shows it. */
function networksOf(container: Document): [string, Document][] {
  return Object.entries(inside(inside(container, 'NetworkSettings'), 'Networks')) as [string, Document][];
}

function withoutPriorities(container: Document): void {
  for (const [, settings] of networksOf(container)) omit(settings, ['GwPriority']);
}

/** The whole table, older versions first. */
export const differences: readonly Difference[] = [...olderRequests, ...olderAnswers, ...newerAnswers];
