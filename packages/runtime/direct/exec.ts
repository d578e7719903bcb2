/** One more process in a container of the command line. */
import { join } from 'node:path';
import { InvalidArgument } from '#base';
import { securityModules } from '#kernel';
import type { OciProcess } from '#spec';
import { compileExec } from '../compile.ts';
import type { CgroupPlacement } from '../compile/cgroup.ts';
import { withLabels } from '../compile/labels.ts';
import { cannotRaise, unraisableCapabilities, warnOfUnknown } from '../compile/names.ts';
import { placementOf } from '../plan/placement.ts';
import { consoleSocketIn } from './console.ts';
import type { Container } from './container.ts';
import { withEnvironment } from './environment.ts';
import { execEntranceOf } from './entrance.ts';
import { launch, type Launch } from './launch.ts';
import { readSeccomp } from './layout.ts';

export interface ExecRequest {
  readonly shimPath: string;
  readonly process: OciProcess;
  readonly consoleSocket: string | undefined;
  readonly preserved: number;
  /** `[controller:]path` of cgroups below the container's. */
  readonly cgroups: readonly string[];
  /** It is to outlive us: whoever reaps our orphans sees its end, we do not. */
  readonly detached: boolean;
  warn(message: string): void;
  debug(message: string): void;
}

/** The process runs. Throws in runC's words. */
export async function execProcess(container: Container, request: ExecRequest): Promise<Launch> {
  const { directory, record } = container;
  const { process, consoleSocket, preserved, shimPath, warn } = request;
  const terminal = process.terminal ?? false;
  using socket = consoleSocketIn(directory, consoleSocket);
  const program = readSeccomp(directory);
  for (const name of unraisableCapabilities(process.capabilities)) warn(cannotRaise(name));
  warnOfUnknown(process.capabilities, warn);
  const { placement, place } = execEntranceOf(container, placementBelow(container, request.cgroups), warn);
  const plan = compileExec({
    id: record.id,
    process: withLabels({ ...withEnvironment(process, `/proc/${record.pid}/root`), capabilities: process.capabilities ?? record.capabilities }, record.labels),
    modules: securityModules(),
    memoryPolicy: record.memoryPolicy,
    personality: record.personality,
    stdio: { terminal, stdin: true, stdinOnce: true, log: undefined },
    listener: record.listener,
    seccomp: program && { flags: record.seccompFlags, program },
    cgroup: placement,
    namespaces: record.namespaces,
    seeded: false,
    groupsDenied: record.groupsDenied ?? false,
    direct: { terminal, consoleSocket: socket.path, preserved, keepKeyring: record.keepKeyring, pid: record.pid },
  });
  request.debug(`nsexec container setup: a launch plan of ${plan.length} operations`);
  const initial = plan.find(({ op }) => op === 'affinity');
  if (process.execCPUAffinity?.initial && initial?.op === 'affinity') request.debug(`nsexec container setup: affinity: 0x${Buffer.from(initial.mask).reverse().toString('hex').replace(/^0+/, '')}`);
  const launched = await launch({ shimPath, directory, label: record.id, plan, preserved, reaper: !request.detached, warn, hooks: place });
  request.debug(`child process in init(): ${launched.pid}`);
  request.debug(`setns_init: about to exec ${process.args?.[0] ?? ''}`);
  return launched;
}

function placementBelow({ cgroup, record }: Container, wanted: readonly string[]): CgroupPlacement {
  const below = new Map<string, string>();
  for (const one of wanted) {
    const [names, path] = one.includes(':') ? [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)] : ['', one];
    if (path.split('/').includes('..')) throw new InvalidArgument(`bad sub cgroup path: ${path}`);
    for (const name of names.split(',')) below.set(name, path);
  }
  const everywhere = below.get('') ?? '';
  const placement = placementOf(cgroup, undefined, below.has('') ? undefined : record.pid); // what is asked for by name is that, or nothing
  const controllers = new Set(cgroup.layout.v1.flatMap((hierarchy) => hierarchy.controllers));
  const unknown = [...below.keys()].find((name) => name !== '' && !controllers.has(name));
  if (unknown) throw new InvalidArgument(`unknown controller ${unknown} in SubCgroupPaths`);
  return {
    ...placement,
    tasks: cgroup.layout.v1.map((hierarchy) => join(hierarchy.mountPoint, cgroup.path, hierarchy.controllers.map((name) => below.get(name)).find(Boolean) ?? everywhere, 'tasks')),
    into: placement.into && join(placement.into, everywhere),
  };
}
