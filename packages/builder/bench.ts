/** Puts the builder on the fake rooms for one test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, type Digest } from '#base';
import type { Image } from '#images';
import { classicBuilder } from './classic.ts';
import { fakeImages, fakeSnapshots, fakeSupervisor, fakeTrees, listFiles, writeFiles, type FakeImages, type FakeSnapshots, type FakeSupervisor, type Program } from './fakes.ts';
import type { BuildEvents, BuildRequest, KeptContainer } from './port.ts';

export class Bench implements Disposable {
  readonly images: FakeImages;
  readonly snapshots: FakeSnapshots;
  readonly supervisor: FakeSupervisor;
  /** What the last build printed, every id shown as ID. */
  text = '';
  /** What the last build printed, as it is. */
  raw = '';
  readonly #directory = mkdtempSync(join(tmpdir(), 'builder-'));
  readonly kept: KeptContainer[] = [];
  /** What the last build told of containers. */
  told: string[] = [];
  readonly #builder: ReturnType<typeof classicBuilder>;

  /** Every RUN does `program`. */
  constructor(program: Program = () => 0) {
    this.snapshots = fakeSnapshots(join(this.#directory, 'snapshots'));
    this.images = fakeImages(this.snapshots);
    this.supervisor = fakeSupervisor(this.snapshots, program);
    this.#builder = classicBuilder({
      db: new Database(':memory:'),
      images: this.images,
      snapshots: this.snapshots,
      supervisor: this.supervisor,
      trees: fakeTrees(),
      scratch: join(this.#directory, 'scratch'),
      defaults: {
        cgroupParent: '/naru',
        namespaces: { pid: 'private', ipc: 'private', uts: 'private', cgroup: 'private', user: 'host' },
        dns: { servers: [], search: [], options: [] },
        network: 'bridge',
        shmSize: 64 << 20,
      },
      version: '1.2.3',
    });
  }

  /** Builds a context of `files`. */
  async build(files: Readonly<Record<string, string>>, request: Partial<BuildRequest> = {}): Promise<Image> {
    const context = join(this.#directory, 'context');
    rmSync(context, { recursive: true, force: true });
    writeFiles(context, files);
    this.raw = '';
    this.told = [];
    const events: BuildEvents = {
      stream: (text) => void (this.raw += text),
      made: ({ config }) => void this.told.push(`made ${config.Cmd?.join(' ')}`),
      gone: () => void this.told.push('gone'),
      keep: (container) => void this.kept.push(container),
      aux: (value) => void (this.raw += `aux ${JSON.stringify(value)}\n`),
      progress: () => undefined,
    };
    try {
      return this.images.find(await this.#builder.build({ ...plainRequest(context), ...request }, events));
    } finally {
      this.text = this.raw.replace(/sha256:[0-9a-f]{64}/g, 'DIGEST').replace(/\b[0-9a-f]{12}\b/g, 'ID');
    }
  }

  recover(): Promise<void> {
    return this.#builder.recover();
  }

  /** Every file of an image. */
  files(image: Image): Record<string, string> {
    return image.chainId === undefined ? {} : listFiles(this.snapshots.path(image.chainId));
  }

  /** `created_by` of the image's history, the base's own left out. */
  history(image: Image): string[] {
    return (image.config.history ?? []).flatMap((entry) => entry.created_by ?? []);
  }

  /** What a build must not leave: containers, snapshots that are no layer of an image. */
  leftovers(): string[] {
    return [...this.supervisor.containers.keys(), ...[...this.snapshots.keys.keys()].filter((key) => !key.startsWith('sha256:'))];
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function plainRequest(context: string): BuildRequest {
  return {
    context,
    dockerfile: 'Dockerfile',
    tags: [],
    buildArgs: {},
    labels: {},
    target: '',
    noCache: false,
    pull: false,
    cacheFrom: [],
    networkMode: 'default',
    extraHosts: [],
    platform: undefined,
    squash: false,
    shmSize: 0,
    memory: 0,
    memorySwap: 0,
    cpuShares: 0,
    cpuQuota: 0,
    cpuPeriod: 0,
    cpusetCpus: '',
    cpusetMems: '',
    cgroupParent: '',
    ulimits: [],
    removeIntermediate: true,
    forceRemove: false,
    auths: {},
    signal: new AbortController().signal,
  };
}

/** The id as people see it. */
export function short(id: Digest): string {
  return id.slice('sha256:'.length, 'sha256:'.length + 12);
}
