/**
 * What becomes of a container that is unhealthy, beyond Docker: the label `naru.health-on-failure` says `restart`, `kill`
 * (the restart policy decides what follows), `stop`, or `none`, which is Docker's way and the default.
 */
import { InvalidArgument, messageOf, quote } from '#base';
import { type ContainerConfig, healthOnFailureLabel } from '#spec';
import { HealthMonitor } from './health.ts';
import type { ContainerRecord } from './record.ts';
import { restartContainer, stopContainer } from './stop.ts';

const policies = ['none', 'kill', 'restart', 'stop'] as const;

type Needs = Parameters<typeof restartContainer>[0] & Parameters<typeof HealthMonitor.start>[0];

/** Throws InvalidArgument for a policy that is none, and for one without a check. */
export function validateHealthPolicy(config: Pick<ContainerConfig, 'Labels' | 'Healthcheck'>): void {
  const policy = config.Labels[healthOnFailureLabel];
  if (policy === undefined) return;
  if (!(policies as readonly string[]).includes(policy)) throw new InvalidArgument(`invalid ${healthOnFailureLabel} ${quote(policy)}: use one of ${policies.join(', ')}`);
  const [kind = 'NONE'] = config.Healthcheck?.Test ?? [];
  if (policy !== 'none' && kind === 'NONE') throw new InvalidArgument(`${healthOnFailureLabel} ${quote(policy)} needs a health check`);
}

/** Begins to look after a run; nothing for a container without a check. */
export function watchHealth(engine: Needs, record: ContainerRecord, run: 'new' | 'resumed'): void {
  const life = engine.lives.of(record.id);
  life.health = HealthMonitor.start(engine, record, run);
  const pid = engine.supervisor.state(record.id)?.pid;
  life.onUnhealthy = () => engine.lives.track(record, act(engine, record.id, pid));
  // A daemon that died between the verdict and the deed.
  if (run === 'resumed' && life.health?.state.Status === 'unhealthy') life.onUnhealthy();
}

/** `pid` is the run's that was found unhealthy: another run, which somebody has begun since, is not to blame. */
async function act(engine: Needs, id: string, pid: number | undefined): Promise<void> {
  const record = engine.containers.get(id);
  if (engine.supervisor.state(id)?.pid !== pid) return;
  const policy = record?.config.Labels[healthOnFailureLabel] ?? 'none';
  if (!record || policy === 'none') return;
  engine.log('warn', `container ${record.name} is unhealthy: ${policy}`);
  try {
    if (policy === 'kill') await engine.supervisor.kill(id, 9);
    else if (policy === 'restart') await restartContainer(engine, record, { timeout: undefined, signal: '' });
    else await stopContainer(engine, record, { timeout: undefined, signal: '' });
  } catch (error) {
    engine.log('error', `container ${record.name}, ${policy} on failed health: ${messageOf(error)}`);
  }
}
