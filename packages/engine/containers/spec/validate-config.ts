/** Refuses a `Config` that cannot work, in Docker's words. */
import { InvalidArgument } from '#base';
import { parseSignal, type ContainerConfig, type Healthcheck } from '#spec';

/** Throws InvalidArgument. */
export function validateConfig(config: ContainerConfig): void {
  for (const entry of config.Env ?? []) {
    if (entry === '' || entry.startsWith('=')) throw new InvalidArgument(`invalid environment variable: ${entry}`);
  }
  if (config.WorkingDir !== '' && !config.WorkingDir.startsWith('/')) {
    throw new InvalidArgument(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal) parseSignal(config.StopSignal);
  if (config.Healthcheck) validateHealth(config.Healthcheck);
  for (const port of Object.keys(config.ExposedPorts ?? {})) requirePort(port);
}

const millisecond = 1_000_000;
const durations = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;

function validateHealth(health: Healthcheck): void {
  for (const name of durations) {
    const value = health[name] ?? 0;
    if (value !== 0 && value < millisecond) throw new InvalidArgument(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if ((health.Retries ?? 0) < 0) throw new InvalidArgument('Retries in Healthcheck cannot be negative');
}

/** `80/tcp`, `80`, `8000-8010/udp`. Of several protocols the first counts: docker-py writes `80/udp/tcp` for a port named `80/udp`. */
export function requirePort(port: string): void {
  const parts = /^(\d+)(?:-(\d+))?(?:\/(\w+)(?:\/\w+)*)?$/.exec(port);
  const last = Number(parts?.[2] ?? parts?.[1] ?? 0);
  if (!parts || last > 65_535 || Number(parts[1]) > last) throw new InvalidArgument(`invalid port specification: ${JSON.stringify(port)}`);
  if (!['tcp', 'udp', 'sctp'].includes(parts[3]?.toLowerCase() ?? 'tcp')) throw new InvalidArgument(`invalid proto: ${parts[3]}`);
}
