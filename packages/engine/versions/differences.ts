/**
 * What changed between versions of the Engine API, as a table. Handlers speak one form; a request of a version that had
 * another is brought to it, and its answer back. What depends on more than the document (streams, which fields are worth
 * computing) asks `request.atLeast` where it is done.
 */
import { InvalidArgument } from '#base';
import type { Difference } from './difference.ts';
import { newerAnswers } from './newer-answers.ts';
import { each, inside, omit, type Document } from './difference.ts';

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
const mountOptions: Readonly<Record<string, string>> = { BindOptions: 'bind', VolumeOptions: 'volume', TmpfsOptions: 'tmpfs' };

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
  { route: 'POST /containers/{id}/update', before: '1.40', told: 'PidsLimit is not known', body: (body) => omit(body, ['PidsLimit']) },
  unknownHostFields('1.42', 'ConsoleSize'),
  unknownHostFields('1.43', 'Annotations'),
  unknownMountOptions('1.40', 'BindOptions', 'NonRecursive'),
  unknownMountOptions('1.42', 'BindOptions', 'CreateMountpoint'),
  unknownMountOptions('1.44', 'BindOptions', 'ReadOnlyNonRecursive', 'ReadOnlyForceRecursive'),
  {
    route: create,
    before: '1.40',
    told: 'IpcMode is shareable unless told',
    body: (body) => {
      const host = inside(body, 'HostConfig');
      if (body['HostConfig'] && !host['IpcMode']) host['IpcMode'] = 'shareable';
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
    told: 'an endpoint\'s aliases hold the short id',
    answer: (answer) => {
      const container = answer as Document;
      const short = String(container['Id']).slice(0, 12);
      for (const [name, endpoint] of Object.entries(inside(inside(container, 'NetworkSettings'), 'Networks'))) {
        const settings = endpoint as Document;
        const aliases = (settings['Aliases'] ?? []) as string[];
        if (!['bridge', 'host', 'none'].includes(name) && !aliases.includes(short)) settings['Aliases'] = [...aliases, short];
      }
    },
  },
  {
    route: 'GET /containers/{id}/json',
    before: '1.44',
    told: 'endpoints have no DNSNames',
    answer: (answer) => {
      for (const endpoint of Object.values(inside(inside(answer as Document, 'NetworkSettings'), 'Networks'))) omit(endpoint as Document, ['DNSNames']);
    },
  },
  { route: 'GET /info', before: '1.50', told: 'there are no DiscoveredDevices', answer: (answer) => omit(answer as Document, ['DiscoveredDevices']) },
];

/** The whole table, older versions first. */
export const differences: readonly Difference[] = [...olderRequests, ...olderAnswers, ...newerAnswers];
