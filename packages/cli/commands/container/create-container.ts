/** Creating a container, for run and create: its image is pulled where it is missing. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { InvalidArgument, isKind } from '#base';
import { calls } from '#client';
import { familiarReference, type ImageRef, parseReference, withDefaultTag } from '#spec';
import type { Cli } from '../../cli.ts';
import { fileComplaint } from '../../file-complaint.ts';
import { platformOf } from '../image/platform-json.ts';
import { pullImage } from '../image/pull-image.ts';
import { proxyEnvironment } from '../proxy-environment.ts';
import { requestFor } from './older-engines.ts';
import type { CreateBody } from './options/body.ts';

export interface CreateRequest {
  readonly body: CreateBody;
  readonly name: string;
  /** `linux/arm64`; empty for the engine's own. */
  readonly platform: string;
  /** `always`, `missing` or `never`. */
  readonly pull: string;
  readonly quiet: boolean;
  /** Gives the container the engine's socket. */
  readonly sharesSocket: boolean;
}

/** Creates the container and gives its id; warnings are printed. Throws InvalidArgument and DaemonError. */
export async function createContainer(cli: Cli, request: CreateRequest): Promise<string> {
  const { body, platform, pull, quiet } = request;
  const ref = referenceOf(body.Image);
  if (platform !== '') platformOf(platform, 'error parsing specified platform: ');
  warnOfLocalDns(cli, body.HostConfig.Dns ?? []);
  using idFile = openIdFile(body.HostConfig.ContainerIDFile);
  const proxies = proxyEnvironment(cli, body.Env ?? []);
  if (proxies.length > 0) body.Env = [...(body.Env ?? []), ...proxies];
  const share = request.sharesSocket ? await (await import('./api-socket.ts')).shareApiSocket(cli, body) : undefined;
  body.HostConfig.ConsoleSize = [cli.stdout.rows, cli.stdout.columns];
  if (pull === 'always' && ref) await pullImage(cli, ref, platform, cli.stderr, quiet);
  const { Id, Warnings } = await createOrPull(cli, request, ref);
  if (body.HostConfig.NetworkMode === 'host' && Object.keys(body.HostConfig.PortBindings ?? {}).length > 0 && !Warnings?.length) {
    cli.stderr.write('WARNING: Published ports are discarded when using host network mode\n');
  }
  for (const warning of Warnings ?? []) cli.stderr.write(`WARNING: ${warning}\n`);
  await share?.(Id);
  idFile?.write(Id);
  return Id;
}

/** A resolver on the host's loopback is not the container's. */
function warnOfLocalDns(cli: Cli, servers: readonly string[]): void {
  for (const server of servers) if (/^127\.|^::1$/.test(server)) cli.stderr.write(`WARNING: Localhost DNS (${server}) may fail in containers.\n`);
}

async function createOrPull(cli: Cli, { body, name, platform, pull, quiet }: CreateRequest, ref: ImageRef | undefined): Promise<{ Id: string; Warnings: readonly string[] | null }> {
  const { json, platform: asked } = await requestFor(cli, body, platform);
  const create = () => cli.engine().call(calls.containerCreate, { query: { name: name || undefined, platform: asked }, json, signal: cli.interrupted });
  try {
    return await create();
  } catch (error) {
    if (!isKind(error, 'NotFound') || !ref || pull !== 'missing') throw error;
    if (!quiet) cli.stderr.write(`Unable to find image '${familiarReference(ref)}' locally\n`);
  }
  await pullImage(cli, ref, platform, cli.stderr, quiet);
  return create();
}

/** The image as a reference; undefined where it is an id, which nobody can pull. Throws InvalidArgument. */
function referenceOf(image: string): ImageRef | undefined {
  return /^(?:sha256:)?[a-f0-9]{64}$/.test(image) ? undefined : withDefaultTag(parseReference(image));
}

/** Opens the file for the id before there is one, so that it cannot fail later; it goes again when nothing was written. */
function openIdFile(path: string): ({ write(id: string): void } & Disposable) | undefined {
  if (path === '') return undefined;
  if (existsSync(path)) throw new InvalidArgument(`container ID file found, make sure the other container isn't running or delete ${path}`);
  try {
    writeFileSync(path, '');
  } catch (error) {
    throw fileComplaint(error, 'open', path, 'failed to create the container ID file: ');
  }
  let written = false;
  return {
    write: (id) => {
      writeFileSync(path, id);
      written = true;
    },
    [Symbol.dispose]: () => {
      if (!written) rmSync(path, { force: true });
    },
  };
}
