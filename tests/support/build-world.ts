/** The builder on real rooms: overlay snapshots, containers without a network, layers. */
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Database } from '#base';
import { classicBuilder, type BuildRequest, type Builder, type KeptContainer } from '#builder';
import { openContentStore } from '#content';
import { createImages, type Image, type Images } from '#images';
import { Cgroup, removalsDone } from '#kernel';
import { createNetworks, type Networks } from '#network';
import { planRuntime, type PlanRuntime } from '#runtime';
import { overlaySnapshotter, withMounts, type Snapshotter } from '#snapshots';
import { createSupervisor, type Supervisor } from '#supervisor';
import { root as checkout } from './command.ts';
import { busyboxTar } from './images.ts';

/** Of this process's own. */
export const cgroupParent = `/naru-build-test-${process.pid}`;

export const shimPath = join(checkout, 'dist/naru-shim');

/** One daemon's rooms in a directory of their own, with busybox as the one image. */
export class BuildWorld implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'naru-build-'));
  readonly db = new Database(join(this.directory, 'naru.db'));
  readonly snapshots: Snapshotter;
  readonly images: Images;
  readonly networks: Networks;
  readonly supervisor: Supervisor;
  readonly builder: Builder;
  text = '';
  /** Containers that builds left on purpose, on their way out. */
  readonly kept: Promise<void>[] = [];
  #count = 0;

  readonly #runtime: PlanRuntime;

  private constructor(spares: number) {
    const { db, directory } = this;
    this.snapshots = overlaySnapshotter({ db, root: join(directory, 'snapshots') });
    this.images = createImages({
      db,
      content: openContentStore(join(directory, 'content')),
      snapshots: this.snapshots,
      registries: { mirrors: [], insecure: [] },
      userAgent: 'naru-test',
    });
    this.networks = createNetworks({ db, execRoot: join(directory, 'run') });
    this.#runtime = planRuntime({ execRoot: join(directory, 'run'), shimPath, cgroupParent, spares: { least: spares, most: spares } });
    this.supervisor = createSupervisor({
      db,
      root: directory,
      runtime: this.#runtime,
      networks: this.networks,
      snapshots: this.snapshots,
      cgroupParent,
      log: (_level, message) => void (this.text += `LOG ${message}\n`),
    });
    this.builder = classicBuilder({
      db,
      images: this.images,
      snapshots: this.snapshots,
      supervisor: this.supervisor,
      scratch: join(directory, 'scratch'),
      defaults: {
        cgroupParent,
        namespaces: { pid: 'private', ipc: 'private', uts: 'private', cgroup: 'host', user: 'host' },
        dns: { servers: [], search: [], options: [] },
        network: 'bridge',
        shmSize: 64 << 20,
      },
      version: 'test',
    });
  }

  static async open({ spares = 0 } = {}): Promise<BuildWorld> {
    const world = new BuildWorld(spares);
    const image = await world.images.import(createReadStream(await busyboxTar()), { config: { Env: ['PATH=/bin'], Cmd: ['sh'] } });
    world.images.tag({ domain: 'docker.io', path: 'library/busybox', tag: 'latest', digest: undefined }, image.id);
    return world;
  }

  /** Builds what `files` writes into a context; `text` is what it printed. */
  async build(files: (context: string) => void, request: Partial<BuildRequest> = {}): Promise<Image> {
    const context = join(this.directory, `context-${this.#count++}`);
    mkdirSync(context);
    files(context);
    this.text = '';
    const keep = ({ id }: KeptContainer): void => void this.kept.push(this.supervisor.remove(id, { force: true }));
    const events = { stream: (text: string) => void (this.text += text), aux: () => undefined, progress: () => undefined, made: () => undefined, gone: () => undefined, keep };
    return this.images.find(await this.builder.build({ ...plainRequest(context), ...request }, events));
  }

  /** Looks at an image's files. */
  async look<T>(image: Image, work: (root: string) => T): Promise<T> {
    const key = `look-${this.#count++}`;
    try {
      return await withMounts(await this.snapshots.view(key, image.chainId), async (root) => work(root));
    } finally {
      await this.snapshots.remove(key);
    }
  }

  /** What a build must not leave. */
  async leftovers(): Promise<string[]> {
    await Promise.all(this.kept);
    await removalsDone();
    const active = this.snapshots.list().filter((snapshot) => snapshot.kind !== 'committed').map((snapshot) => snapshot.key);
    return [...active, ...this.supervisor.list('builder').map((state) => state.id), ...readdirSync(join(this.directory, 'containers'))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime[Symbol.asyncDispose]();
    this.images.close();
    this.db[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
    await new Cgroup(cgroupParent).remove();
  }
}

function plainRequest(context: string): BuildRequest {
  return {
    context, dockerfile: 'Dockerfile', tags: [], buildArgs: {}, labels: {}, target: '', noCache: false, pull: false, cacheFrom: [],
    networkMode: 'none', extraHosts: [], platform: undefined, squash: false, shmSize: 0, memory: 0, memorySwap: 0, cpuShares: 0,
    cpuQuota: 0, cpuPeriod: 0, cpusetCpus: '', cpusetMems: '', cgroupParent: '', ulimits: [], removeIntermediate: true,
    forceRemove: false, auths: {}, signal: new AbortController().signal,
  };
}

/** Writes a context: text by name. */
export function holding(files: Record<string, string>): (context: string) => void {
  return (context) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(context, name)), { recursive: true });
      writeFileSync(join(context, name), text);
    }
  };
}
