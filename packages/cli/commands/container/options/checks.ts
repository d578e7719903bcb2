/** Checks of single values of list flags: each gives the value as it is sent, or throws InvalidArgument in Docker's words. */
import { isIPv4, isIPv6 } from 'node:net';
import { env as environment } from 'node:process';
import { formatIp, InvalidArgument, parseIp, quote } from '#base';

/** `-a`. */
export function checkStream(value: string): string {
  const name = value.toLowerCase();
  if (name !== 'stdin' && name !== 'stdout' && name !== 'stderr') throw new InvalidArgument('valid streams are STDIN, STDOUT and STDERR');
  return name;
}

/** `-e NAME=value`, or `-e NAME` for the value that this process has; a name that is set nowhere stays as it is. */
export function checkEnvironment(value: string): string {
  const at = value.indexOf('=');
  if (value === '' || at === 0) throw new InvalidArgument(`invalid environment variable: ${value}`);
  const inherited = at < 0 ? environment[value] : undefined;
  return inherited === undefined ? value : `${value}=${inherited}`;
}

/** `-l KEY=value`. */
export function checkLabel(value: string): string {
  const key = (value.split('=', 1)[0] ?? '').replace(/^[ \t]+/, '');
  if (key === '') throw new InvalidArgument(`invalid label '${value}': empty name`);
  if (/[ \t]/.test(key)) throw new InvalidArgument(`label '${key}' contains whitespaces`);
  return value;
}

/** `--add-host NAME:IP` or `NAME=IP`; the address may stand in brackets, or be `host-gateway`. */
export function checkExtraHost(value: string): string {
  const at = value.includes('=') ? value.indexOf('=') : value.indexOf(':');
  const name = value.slice(0, Math.max(at, 0));
  if (at < 0 || name === '' || name.includes(':')) throw new InvalidArgument(`bad format for add-host: ${quote(value)}`);
  const address = value.slice(at + 1).replace(/^\[(.+)\]$/, '$1');
  if (address !== 'host-gateway' && !isIPv4(address) && !isIPv6(address)) throw new InvalidArgument(`invalid IP address in add-host: ${quote(address)}`);
  return `${name}:${address}`;
}

/** `--dns`: an address, in its usual form. */
export function checkIp(value: string): string {
  const ip = parseIp(value.trim());
  if (!ip) throw new InvalidArgument(`IP address is not correctly formatted: ${value}`);
  return formatIp(ip);
}

const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domain = new RegExp(`^${label}(?:\\.${label})*\\.?\\s*$`);

/** `--dns-search`; `.` means none. */
export function checkDnsSearch(value: string): string {
  const name = value.replace(/^ +| +$/g, '');
  if (name === '.') return name;
  if (!/[a-zA-Z]/.test(name) || name.length >= 255 || !domain.test(name)) throw new InvalidArgument(`${name} is not a valid domain`);
  return name;
}

/** `--link CONTAINER[:ALIAS]`. */
export function checkLink(value: string): string {
  if (value === '') throw new InvalidArgument('empty string specified for links');
  if (value.split(':').length > 2) throw new InvalidArgument(`bad format for links: ${value}`);
  return value;
}

/** `--device-cgroup-rule`. */
export function checkDeviceRule(value: string): string {
  if (!/^[acb] (?:\d+|\*):(?:\d+|\*) [rwm]{1,3}$/.test(value)) throw new InvalidArgument(`invalid device cgroup format '${value}'`);
  return value;
}

const namespacedSysctl = /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|net\..*|fs\.mqueue\..*)$/s;

/** `--sysctl NAME=value`: only names that belong to a namespace. */
export function checkSysctl(value: string): string {
  const at = value.indexOf('=');
  if (at < 0 || !namespacedSysctl.test(value.slice(0, at))) throw new InvalidArgument(`sysctl '${value}' is not allowed`);
  return value;
}
