import { isRepositoryPath } from '#spec';
import { deleteBlob, getBlob } from './blobs/endpoints.ts';
import { RegistryError } from './errors.ts';
import { deleteManifest, getManifest, listReferrers } from './manifests/endpoints.ts';
import { putManifest } from './manifests/put.ts';
import type { Access, Action, Exchange } from './port.ts';
import { listRepositories, listTags } from './tags/endpoints.ts';
import { appendUpload, cancelUpload, finishUpload, startUpload, uploadStatus } from './uploads/endpoints.ts';

interface Endpoint {
  readonly method: string;
  readonly path: RegExp;
  readonly action: Action;
  readonly handle: (exchange: Exchange) => Promise<void>;
}

const base = /^\/v2\/?$/;
const catalog = /^\/v2\/_catalog$/;
const uploads = /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/;
const upload = /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<target>[^/]+)$/;
const blob = /^\/v2\/(?<name>.+)\/blobs\/(?<target>[^/]+)$/;
const manifest = /^\/v2\/(?<name>.+)\/manifests\/(?<target>[^/]+)$/;
const tags = /^\/v2\/(?<name>.+)\/tags\/list$/;
const referrers = /^\/v2\/(?<name>.+)\/referrers\/(?<target>[^/]+)$/;

/** Every endpoint of the distribution-spec v1.1 (its table "Endpoints") and Docker's catalog. The first path that matches counts. */
const endpoints: readonly Endpoint[] = [
  { method: 'GET', path: base, action: 'pull', handle: sayHello },
  { method: 'GET', path: catalog, action: '*', handle: listRepositories },
  { method: 'POST', path: uploads, action: 'push', handle: startUpload },
  { method: 'GET', path: upload, action: 'push', handle: uploadStatus },
  { method: 'PATCH', path: upload, action: 'push', handle: appendUpload },
  { method: 'PUT', path: upload, action: 'push', handle: finishUpload },
  { method: 'DELETE', path: upload, action: 'push', handle: cancelUpload },
  { method: 'GET', path: blob, action: 'pull', handle: getBlob },
  { method: 'DELETE', path: blob, action: 'delete', handle: deleteBlob },
  { method: 'GET', path: manifest, action: 'pull', handle: getManifest },
  { method: 'PUT', path: manifest, action: 'push', handle: putManifest },
  { method: 'DELETE', path: manifest, action: 'delete', handle: deleteManifest },
  { method: 'GET', path: tags, action: 'pull', handle: listTags },
  { method: 'GET', path: referrers, action: 'pull', handle: listReferrers },
];

export interface Match {
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly target: string;
  readonly accesses: readonly Access[];
}

/** Finds the endpoint; undefined for a path that is none of ours; throws NAME_INVALID and UNSUPPORTED (with Allow). */
export function matchEndpoint(method: string, pathname: string): Match | undefined {
  const first = endpoints.find((endpoint) => endpoint.path.test(pathname));
  if (!first) return undefined;
  const alike = endpoints.filter((endpoint) => endpoint.path === first.path);
  const endpoint = alike.find((each) => each.method === (method === 'HEAD' ? 'GET' : method));
  if (!endpoint) throw new RegistryError('UNSUPPORTED', undefined, { headers: { Allow: alike.map((each) => each.method).join(', ') } });
  const { name = '', target = '' } = endpoint.path.exec(pathname)?.groups ?? {};
  if (name !== '' && !isRepositoryPath(name)) throw new RegistryError('NAME_INVALID', { name });
  return { endpoint, name, target, accesses: accessesOf(endpoint, name) };
}

/** Pushing includes reading what is there already. */
function accessesOf(endpoint: Endpoint, name: string): Access[] {
  if (endpoint.path === base) return [];
  if (name === '') return [{ type: 'registry', name: 'catalog', action: '*' }];
  const actions: Action[] = endpoint.action === 'push' ? ['pull', 'push'] : [endpoint.action];
  return actions.map((action) => ({ type: 'repository', name, action }));
}

/** GET /v2/ (end-1): the protocol is spoken here, and the credentials, if any were needed, are good. */
async function sayHello(exchange: Exchange): Promise<void> {
  exchange.response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': 2 }).end('{}');
}
