import { InvalidArgument } from '#base';
import { calls } from '#client';
import { atLeast } from '../../command/arguments.ts';
import { command } from '../../command/command.ts';
import { bytes, bytesOrUnlimited, decimal } from '../../command/flag-sizes.ts';
import { int, string, uint } from '../../command/flag-types.ts';
import { idOf, inTurn } from '../each.ts';
import { parseRestart } from './options/body.ts';

/** `update CONTAINER…`: limits and restart policy of containers that are there. */
export default command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  takes: atLeast(1),
  completes: 'container',
  flags: {
    'blkio-weight': uint('Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)', { bits: 16 }),
    'cpu-period': int('Limit CPU CFS (Completely Fair Scheduler) period'),
    'cpu-quota': int('Limit CPU CFS (Completely Fair Scheduler) quota'),
    'cpu-rt-period': int('Limit the CPU real-time period in microseconds', { since: '1.25' }),
    'cpu-rt-runtime': int('Limit the CPU real-time runtime in microseconds', { since: '1.25' }),
    'cpu-shares': int('CPU shares (relative weight)', { short: 'c' }),
    cpus: decimal('Number of CPUs', { since: '1.29' }),
    'cpuset-cpus': string('CPUs in which to allow execution (0-3, 0,1)'),
    'cpuset-mems': string('MEMs in which to allow execution (0-3, 0,1)'),
    memory: bytes('Memory limit', { short: 'm' }),
    'memory-reservation': bytes('Memory soft limit'),
    'memory-swap': bytesOrUnlimited('Swap limit equal to memory plus swap: -1 to enable unlimited swap'),
    'pids-limit': int('Tune container pids limit (set -1 for unlimited)', { since: '1.40' }),
    restart: string('Restart policy to apply when a container exits'),
    'kernel-memory': bytes('Kernel memory limit (deprecated)', { hidden: true }),
  },
  async run({ arguments: names, flags, given }, cli) {
    if (!updatable.some((name) => given(name))) throw new InvalidArgument('you must provide one or more flags when using this command');
    const body = bodyOf(flags);
    const warnings: string[] = [];
    const updating = inTurn(names, async (name) => {
      const { Warnings } = await cli.engine().call(calls.containerUpdate, { path: { id: idOf('container', name) }, json: body });
      cli.stdout.write(`${name}\n`);
      warnings.push(...(Warnings ?? []));
    });
    await updating.finally(() => warnings.forEach((warning) => cli.stdout.write(`${warning}\n`)));
  },
});

const updatable = [
  'blkio-weight', 'cpu-period', 'cpu-quota', 'cpu-rt-period', 'cpu-rt-runtime', 'cpu-shares', 'cpus', 'cpuset-cpus', 'cpuset-mems', 'memory', 'memory-reservation', 'memory-swap', 'kernel-memory', 'pids-limit', 'restart',
] as const;

type Numbers = 'blkio-weight' | 'cpu-period' | 'cpu-quota' | 'cpu-rt-period' | 'cpu-rt-runtime' | 'cpu-shares' | 'cpus' | 'memory' | 'memory-reservation' | 'memory-swap' | 'kernel-memory' | 'pids-limit';
type UpdateFlags = Readonly<Record<Numbers, number>> & Readonly<Record<'cpuset-cpus' | 'cpuset-mems' | 'restart', string>>;

/** Zero and null leave a setting as it is. */
function bodyOf(flags: UpdateFlags) {
  return {
    CpuShares: flags['cpu-shares'], Memory: flags.memory, NanoCpus: flags.cpus, CgroupParent: '', BlkioWeight: flags['blkio-weight'], BlkioWeightDevice: null,
    BlkioDeviceReadBps: null, BlkioDeviceWriteBps: null, BlkioDeviceReadIOps: null, BlkioDeviceWriteIOps: null,
    CpuPeriod: flags['cpu-period'], CpuQuota: flags['cpu-quota'], CpuRealtimePeriod: flags['cpu-rt-period'], CpuRealtimeRuntime: flags['cpu-rt-runtime'],
    CpusetCpus: flags['cpuset-cpus'], CpusetMems: flags['cpuset-mems'], Devices: null, DeviceCgroupRules: null, DeviceRequests: null,
    ...(flags['kernel-memory'] === 0 ? {} : { KernelMemory: flags['kernel-memory'] }), MemoryReservation: flags['memory-reservation'], MemorySwap: flags['memory-swap'], MemorySwappiness: null, OomKillDisable: null,
    PidsLimit: flags['pids-limit'] || null, Ulimits: null, CpuCount: 0, CpuPercent: 0, IOMaximumIOps: 0, IOMaximumBandwidth: 0,
    RestartPolicy: parseRestart(flags.restart),
  };
}
