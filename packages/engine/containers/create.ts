/** `POST /containers/create`: a container out of an image and what the client asks of it. Nothing is left when it throws. */
import { hostname as hostnameOfHost } from 'node:os';
import { messageOf, newId, NotFound } from '#base';
import type { Image } from '#images';
import { formatPlatform, hostPlatform, platformFit, type CreateContainerBody, type HostConfig, type Platform } from '#spec';
import type { Engine } from '../context.ts';
import { attributesOf } from './attributes.ts';
import { fillNewVolumes } from './copy-up.ts';
import { validateHealthPolicy } from './health-policy.ts';
import { givesLabels, labelsFor, withImpliedLabels } from './labels/given.ts';
import { machine } from './machine.ts';
import { inventName, parseContainerName } from './names.ts';
import type { ContainerRecord } from './record.ts';
import { completeConfig, completeHostConfig } from './spec/complete.ts';
import { discardUnsupported } from './spec/discard-resources.ts';
import { containerSpec } from './spec/container-spec.ts';
import { endpointsOf } from './spec/endpoints.ts';
import { resolveLinks } from './spec/links.ts';
import { hostConfigOf } from './spec/stray.ts';
import { mergeImage } from './spec/merge-image.ts';
import { withSharers } from './spec/modes.ts';
import { withPropagation } from './spec/propagation.ts';
import { validateConfig } from './spec/validate-config.ts';
import { validateHostConfig, validateRemapped, validateTogether } from './spec/validate-host-config.ts';
import { wantedMounts } from './spec/wanted-mounts.ts';
import { resolveVolumes } from './volumes.ts';
import { makeWorkingDirectory } from './working-directory.ts';

export interface CreateRequest {
  readonly body: CreateContainerBody;
  /** '' for an invented one. */
  readonly name: string;
  readonly platform: Platform | undefined;
  /** `ro` is meant of a bind alone, not of the mounts below it: so it was before API 1.44. */
  readonly submountsStayWritable: boolean;
  /** Addresses may be chosen of subnets that nobody configured. */
  readonly anySubnet: boolean;
}

type Needs = Pick<Engine, 'config' | 'images' | 'networks' | 'volumes' | 'supervisor' | 'containers' | 'events' | 'snapshots' | 'clock' | 'log'>;

/** Throws in Docker's words whatever is wrong with the request. */
export async function createContainer(engine: Needs, request: CreateRequest): Promise<{ Id: string; Warnings: string[] }> {
  const id = newId();
  const { draft, warnings, image } = compose(engine, id, request);
  const name = request.name !== '' ? parseContainerName(request.name) : inventName((candidate) => isTaken(engine, candidate));
  using _name = engine.containers.reserveName(name, id);
  await using undo = new AsyncDisposableStack();
  const wanted = wantedMounts(draft.config, draft.hostConfig, engine.containers, request).map((mount) => withPropagation(mount, engine.config.dataRoot));
  const volumes = await resolveVolumes(engine, wanted, undo);
  const record: ContainerRecord = { ...draft, name, ...volumes };
  await make(engine, record, image, undo);
  engine.containers.insert(record);
  undo.move();
  engine.events.publish('container', 'create', id, attributesOf(record));
  return { Id: id, Warnings: warnings };
}

type Draft = Omit<ContainerRecord, 'name' | 'mounts' | 'wantedMounts'>;

/** Everything that can be refused without touching anything. */
function compose(engine: Needs, id: string, request: CreateRequest): { draft: Draft; warnings: string[]; image: Image | undefined } {
  const { body } = request;
  const asked = completeConfig(body);
  const fit = discardUnsupported(completeHostConfig(hostConfigOf(body), machine().cgroupVersion), machine());
  const hostConfig = withinReach(withImpliedLabels(withSharers(fit.resources, engine.containers), engine.containers), engine.networks);
  validateConfig(asked);
  const warnings = [...fit.warnings, ...validateHostConfig(hostConfig, machine(), givesLabels(engine.config))];
  if (engine.config.usernsRemap !== '') validateRemapped(hostConfig);
  validateTogether(asked, hostConfig, asked.Hostname !== '');
  const image = asked.Image === '' ? undefined : findImage(engine, asked.Image, request.platform);
  const config = mergeImage(asked, image?.config.config);
  validateConfig(config);
  validateHealthPolicy(config);
  const networks = config.NetworkDisabled ? {} : endpointsOf(body.NetworkingConfig, hostConfig.NetworkMode, { networks: engine.networks, anySubnet: request.anySubnet });
  const labels = labelsFor(engine, hostConfig);
  const draft: Draft = {
    id,
    created: engine.clock.now(),
    image: image?.id ?? '',
    config: { ...config, ...(isWithoutNetwork(engine.config, hostConfig) && { NetworkDisabled: true }), Hostname: config.Hostname || defaultHostname(id, hostConfig.NetworkMode) },
    hostConfig,
    networks,
    restartCount: 0,
    manuallyStopped: false,
    platform: image?.config.os || 'linux',
    ...(labels && { labels }),
    links: resolveLinks(hostConfig.Links ?? [], hostConfig.NetworkMode, engine.containers),
  };
  return { draft, warnings: [...(image ? platformWarning(image, request) : []), ...warnings], image };
}

function platformWarning({ config }: Image, { platform }: CreateRequest): string[] {
  const host = hostPlatform();
  if (platform || platformFit(host, config) > 0) return [];
  const [wanted, own] = [formatPlatform(config), formatPlatform(host)];
  return [`The requested image's platform (${wanted}) does not match the detected host platform (${own}) and no specific platform was requested`];
}

/** With `--bridge none` who names no network gets none. */
function isWithoutNetwork({ bridge }: Needs['config'], { NetworkMode }: HostConfig): boolean {
  return bridge === 'none' && NetworkMode === 'bridge';
}

/** A container on the host's network is called as the host is; one on another container's takes that one's name when it starts. */
function defaultHostname(id: string, networkMode: string): string {
  return networkMode === 'host' ? hostnameOfHost() : id.slice(0, 12);
}

function isTaken(engine: Needs, name: string): boolean {
  try {
    engine.containers.reserveName(name, '')[Symbol.dispose]();
    return false;
  } catch {
    return true;
  }
}

function findImage(engine: Needs, reference: string, platform: Platform | undefined): Image {
  const image = engine.images.find(reference);
  const { os, architecture } = image.config;
  if (platform && (platform.os !== os || platform.architecture !== architecture)) {
    throw new NotFound(
      `image with reference ${reference} was found but does not match the specified platform: wanted ${platform.os}/${platform.architecture}, actual: ${os}/${architecture}`,
    );
  }
  return image;
}

async function make(engine: Needs, record: ContainerRecord, image: Image | undefined, undo: AsyncDisposableStack): Promise<void> {
  const chainId = image && (await engine.images.unpack(image));
  const spec = containerSpec(record, {
    directory: engine.supervisor.directory(record.id),
    chainId,
    cgroupDriver: engine.config.cgroupDriver,
    cgroupParent: engine.config.cgroupParent,
    remaps: engine.config.usernsRemap !== '',
    containerSize: engine.config.containerSize,
    init: engine.config.init,
    initPath: engine.config.initPath,
    seccomp: engine.config.seccomp.profile,
    containers: engine.containers,
  });
  await engine.supervisor.create(spec);
  undo.defer(() => removeQuietly(engine, record.id));
  await makeWorkingDirectory(engine, record);
  await fillNewVolumes(engine, record);
}

async function removeQuietly(engine: Needs, id: string): Promise<void> {
  try {
    await engine.supervisor.remove(id, { force: true });
  } catch (error) {
    engine.log('error', `undoing a failed create of ${id}: ${messageOf(error)}`);
  }
}

/** Where there is no default bridge, the host's network is the default. */
function withinReach(hostConfig: HostConfig, networks: Engine['networks']): HostConfig {
  return networks.hostOnly && hostConfig.NetworkMode === 'bridge' ? { ...hostConfig, NetworkMode: 'host' } : hostConfig;
}
