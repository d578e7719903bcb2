/** `--device HOST[:CONTAINER[:rwm]]`, or the name of a CDI device (`vendor.com/class=name`). */
import { posix } from 'node:path';
import { InvalidArgument } from '#base';
import type { DeviceMapping, DeviceRequest } from '#spec';

const cdiName = /^[a-zA-Z][\w.-]*\/[a-zA-Z][\w.-]*=[a-zA-Z0-9][\w.:-]*$/;

/** Devices by path, and a request for those that CDI describes. Throws InvalidArgument in Docker's words. */
export function parseDevices(specs: readonly string[]): { mappings: DeviceMapping[]; requests: DeviceRequest[] } {
  const names = specs.filter((spec) => cdiName.test(spec));
  const requests = names.length === 0 ? [] : [{ Driver: 'cdi', Count: 0, DeviceIDs: names, Capabilities: null, Options: null }];
  return { mappings: specs.filter((spec) => !cdiName.test(spec)).map(parseDevice), requests };
}

function parseDevice(spec: string): DeviceMapping {
  const [source = '', second, third, ...more] = spec.split(':');
  if (more.length > 0 || source === '') throw new InvalidArgument(`bad format for path: ${spec}`);
  const secondIsMode = third === undefined && second !== undefined && isMode(second);
  if (third !== undefined && !isMode(third)) throw new InvalidArgument(`bad mode specified: ${third}`);
  const target = second === undefined || secondIsMode ? source : second;
  if (!posix.isAbsolute(target)) throw new InvalidArgument(`${target} is not an absolute path`);
  const host = second === undefined || secondIsMode ? clean(source) : source;
  return { PathOnHost: host, PathInContainer: third === undefined ? clean(target) : target, CgroupPermissions: third ?? (secondIsMode ? second : 'rwm') };
}

function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}

/** Each of r, w and m at most once. */
function isMode(text: string): boolean {
  return /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}
