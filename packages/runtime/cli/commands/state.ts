import { statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgument, isKind, messageOf } from '#base';
import { type Container, loadContainer, statusOf } from '../../direct/container.ts';
import { listIds } from '../../direct/layout.ts';
import type { Command, Invocation } from '../command.ts';
import { print, table } from '../output.ts';

/** OCI runtime-spec runtime.md, "State", with runC's additions. */
export const state: Command = {
  usage: 'state <container-id>',
  help: 'output the state of a container',
  flags: [],
  takes: [1, 1],
  async run(invocation) {
    print(JSON.stringify(describe(invocation.container(), ''), undefined, 2));
    return 0;
  },
};

export const list: Command = {
  usage: 'list [--format table|json] [--quiet]',
  help: 'list containers started with the given --root',
  flags: [{ name: 'format', short: 'f', value: true }, { name: 'quiet', short: 'q' }],
  takes: [0, 0],
  async run(invocation) {
    const states = all(invocation);
    const format = invocation.text('format') ?? 'table';
    if (invocation.isSet('quiet')) print(states.map(({ id }) => `${id}\n`).join(''));
    else if (format === 'json') print(`${states.length > 0 ? JSON.stringify(states) : 'null'}\n`); // Go's words for an empty list
    else if (format === 'table') print(table([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...states.map((it) => [it.id, String(it.pid), it.status, it.bundle, it.created, it.owner])]));
    else throw new InvalidArgument('invalid format option');
    return 0;
  },
};

function all({ root, log }: Invocation): ContainerState[] {
  return listIds(root).flatMap((id) => {
    try {
      return [describe(loadContainer(root, id), ownerOf(join(root, id)))];
    } catch (error) {
      if (!isKind(error, 'NotFound')) log.write('error', `load container ${id}: ${messageOf(error)}`);
      return []; // removed meanwhile, or not a container's
    }
  });
}

interface ContainerState {
  readonly ociVersion: string;
  readonly id: string;
  /** 0 when it has stopped. */
  readonly pid: number;
  readonly status: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: string;
}

function describe(container: Container, owner: string): ContainerState {
  const { ociVersion, id, pid, bundle, rootfs, created, annotations } = container.record;
  const status = statusOf(container);
  const none = !annotations || Object.keys(annotations).length === 0;
  return { ociVersion, id, pid: status === 'stopped' ? 0 : pid, status, bundle, rootfs, created, ...(none ? {} : { annotations }), owner };
}

function ownerOf(directory: string): string {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (!stat) return '';
  return stat.uid === 0 ? 'root' : `#${stat.uid}`;
}
