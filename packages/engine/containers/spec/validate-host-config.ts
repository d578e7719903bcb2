/** Refuses a `HostConfig` that cannot work, in Docker's words, and collects what is only worth a warning. */
import { Internal, InvalidArgument, parseIp, quote } from '#base';
import { parseCapability, type ContainerConfig, type HostConfig } from '#spec';
import { isForwarding, validateLogOptions } from '../logs/forward/options.ts';
import { securityWarnings } from './security.ts';
import { hostLinksConflict } from './links.ts';
import { isContainerMode } from './modes.ts';
import { requirePort } from './validate-config.ts';
import { validateResources, type Machine } from './validate-resources.ts';

/** Throws InvalidArgument, Internal where dockerd answers 500. `labels`: SELinux's are set. Gives the warnings of `docker create`. */
export function validateHostConfig(host: HostConfig, machine: Machine, labels: boolean): string[] {
  if (host.AutoRemove && host.RestartPolicy.Name !== 'no') throw new InvalidArgument("can't create 'AutoRemove' container with restart policy");
  for (const entry of host.ExtraHosts ?? []) requireExtraHost(entry);
  for (const server of host.Dns ?? []) requireNameserver(server);
  validatePortBindings(host);
  validateRestartPolicy(host.RestartPolicy);
  for (const name of host.CapAdd ?? []) parseCapability(name, 'CapAdd');
  for (const name of host.CapDrop ?? []) parseCapability(name, 'CapDrop');
  for (const key of Object.keys(host.Annotations ?? {})) if (key === '') throw new InvalidArgument('invalid Annotations: the empty string is not permitted as an annotation key');
  if (host.ShmSize < 0) throw new InvalidArgument('SHM size can not be less than 0');
  if (host.OomScoreAdj < -1000 || host.OomScoreAdj > 1000) {
    throw new InvalidArgument(`Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  if (!['', 'default'].includes(host.Isolation)) throw new Internal(`Invalid isolation: ${quote(host.Isolation)} - linux only supports 'default'`);
  validateModes(host);
  const security = securityWarnings(host.SecurityOpt ?? [], { apparmor: machine.apparmor, selinux: labels });
  validateLog(host.LogConfig);
  const warnings = [...validateResources(host, machine), ...security];
  const published = Object.keys(host.PortBindings ?? {}).length > 0;
  if (host.NetworkMode === 'host' && published) warnings.push('Published ports are discarded when using host network mode');
  return warnings;
}

/** What the two halves of the configuration forbid each other. Throws InvalidArgument. */
export function validateTogether(config: ContainerConfig, host: HostConfig, hostnameGiven: boolean): void {
  const network = host.NetworkMode;
  const published = Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts;
  const refuse = (what: string): never => {
    throw new InvalidArgument(`conflicting options: ${what}`);
  };
  if (config.MacAddress && !macAddress.test(config.MacAddress)) throw new InvalidArgument(`invalid config for network ${network}: invalid MAC address ${config.MacAddress}`);
  if (host.UTSMode === 'host' && hostnameGiven) refuse('hostname and the UTS mode');
  if (host.Links?.length && network === 'host') throw new InvalidArgument(hostLinksConflict);
  if (!isContainerMode(network)) return;
  if (hostnameGiven) refuse('hostname and the network mode');
  if (host.Links?.length) refuse("container type network can't be used with links. This would result in undefined behavior");
  if (host.Dns?.length) refuse('dns and the network mode');
  if (host.ExtraHosts?.length) refuse('custom host-to-IP mapping and the network mode');
  if (config.MacAddress) refuse('mac-address and the network mode');
  if (published) refuse('port publishing and the container type network mode');
  if (Object.keys(config.ExposedPorts ?? {}).length > 0) refuse('port exposing and the container type network mode');
}

const macAddress = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;

/** What a user namespace of its own cannot go with, on a daemon that remaps ids. Throws InvalidArgument. */
export function validateRemapped(host: HostConfig): void {
  if (host.UsernsMode === 'host') return;
  if (host.Privileged) {
    throw new InvalidArgument('privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode');
  }
  if (host.NetworkMode === 'host') throw new InvalidArgument("cannot share the host's network namespace when user namespaces are enabled");
  if (host.PidMode === 'host') throw new InvalidArgument('cannot share the host PID namespace when user namespaces are enabled');
}

/** An address, which may name its zone (`fe80::1%eth0`). */
function requireNameserver(server: string): void {
  if (!parseIp(server.replace(/(?<=:.*)%.+$/, ''))) throw new InvalidArgument(`bad nameserver address ${server}: ParseAddr(${quote(server)}): unable to parse IP`);
}

function requireExtraHost(entry: string): void {
  const colon = entry.indexOf(':');
  if (colon < 1) throw new InvalidArgument(`bad format for add-host: ${quote(entry)}`);
  const address = entry.slice(colon + 1);
  if (address !== 'host-gateway' && !/^\[?[0-9a-fA-F:.]+\]?(%\w+)?$/.test(address)) {
    throw new InvalidArgument(`invalid IP address in add-host: ${quote(address)}`);
  }
}

function validatePortBindings(host: HostConfig): void {
  for (const [port, bindings] of Object.entries(host.PortBindings ?? {})) {
    requirePort(port);
    const [number = ''] = port.split('/');
    if (number.includes('-')) throw new InvalidArgument(`invalid port specification: ${quote(number)}`); // a range is for ExposedPorts
    for (const { HostPort } of bindings ?? []) if (HostPort) requireHostPort(HostPort);
  }
}

/** `80`, or `8000-8010` for any free one of them. */
function requireHostPort(text: string): void {
  const [first = 0, last = first] = /^\d+(?:-\d+)?$/.test(text) ? text.split('-').map(Number) : [NaN];
  if (!(first <= last && last <= 65_535)) throw new InvalidArgument(`invalid port specification: ${quote(text)}`);
}

/** Throws InvalidArgument; update uses it too. */
export function validateRestartPolicy(policy: HostConfig['RestartPolicy']): void {
  const { Name, MaximumRetryCount = 0 } = policy;
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(Name)) {
    throw new InvalidArgument(`invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  if (Name !== 'on-failure' && MaximumRetryCount !== 0) {
    const negative = MaximumRetryCount < 0 ? ' and cannot be negative' : '';
    throw new InvalidArgument(`invalid restart policy: maximum retry count can only be used with 'on-failure'${negative}`);
  }
  if (MaximumRetryCount < 0) throw new InvalidArgument('invalid restart policy: maximum retry count cannot be negative');
}

function validateModes(host: HostConfig): void {
  if (/^container:?$/.test(host.NetworkMode)) throw new InvalidArgument('Invalid network mode: invalid container format container:<name|id>');
  const check = (what: string, value: string, plain: readonly string[], joins: boolean): void => {
    if (plain.includes(value) || (joins && isContainerMode(value))) return;
    throw new InvalidArgument(`invalid ${what}: ${value}`);
  };
  check('IPC mode', host.IpcMode, ['', 'host', 'private', 'shareable', 'none'], true);
  check('PID mode', host.PidMode, ['', 'host'], true);
  check('UTS mode', host.UTSMode, ['', 'host'], false);
  check('cgroup namespace mode', host.CgroupnsMode, ['', 'host', 'private'], false);
}

function validateLog(log: HostConfig['LogConfig']): void {
  validateLogOptions(log.Type, log.Config);
  parseLogLimits(log);
}

/** Bytes and files of a json-file log; bounded also where nothing was asked. Throws InvalidArgument. */
export function parseLogLimits(log: HostConfig['LogConfig']): { maxBytes: number; maxFiles: number } {
  const prefix = isForwarding(log.Type) ? 'cache-' : '';
  const [bytes, kept] = prefix !== '' || log.Type === 'local' ? [20 << 20, 5] : [10 << 20, 3];
  const size = log.Config[`${prefix}max-size`];
  const files = log.Config[`${prefix}max-file`];
  const alone = log.Type === 'json-file' && size !== undefined;
  const maxFiles = files === undefined ? (alone ? 1 : kept) : Number(files);
  if (!Number.isInteger(maxFiles)) throw new InvalidArgument(`strconv.Atoi: parsing ${quote(files ?? '')}: invalid syntax`);
  if (maxFiles < 1) throw new InvalidArgument('max-file cannot be less than 1');
  return { maxBytes: size === undefined ? bytes : parseSize(size), maxFiles };
}

const units: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `10m`, `1.5g`, `4kb`; -1 is no bound. */
function parseSize(text: string): number {
  if (text === '-1') return Number.MAX_SAFE_INTEGER;
  const parts = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text);
  if (!parts) throw new InvalidArgument(`invalid size: '${text}'`);
  return Math.floor(Number(parts[1]) * 1024 ** (units[(parts[2] ?? '').toLowerCase()] ?? 0));
}
