/**
 * Device rules, reduced. A spec lists them in the order they would be written to v1's devices.allow and devices.deny,
 * with repetitions; what counts is the default that is left and the exceptions to it.
 */
import { InvalidArgument } from '#base';
import type { OciDeviceRule } from '#spec';

/** `major`, `minor` undefined: any. */
export interface DeviceException {
  readonly type: 'b' | 'c';
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: string;
}

export interface DevicePolicy {
  readonly allowByDefault: boolean;
  /** Denied when the default is to allow, allowed when it is to deny. */
  readonly exceptions: readonly DeviceException[];
}

/**
 * What every container may use, whatever its spec says: OCI's default devices (config-linux.md), mknod of any, and 10:200, /dev/net/tun,
 * which runC and crun have among them because containers of VPNs make it themselves.
 */
const always: readonly OciDeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...([[1, 3], [1, 5], [1, 7], [1, 8], [1, 9], [5, 0], [5, 1], [5, 2], [10, 200]] as const).map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

/** What no rule speaks of is denied, as with runC. Throws InvalidArgument for rules that this form cannot say. */
export function reduceDeviceRules(rules: readonly OciDeviceRule[]): DevicePolicy {
  let allowByDefault = false;
  const exceptions = new Map<string, DeviceException>();
  for (const rule of [...rules, ...always]) {
    const type = rule.type || 'a';
    if (type === 'a') {
      allowByDefault = rule.allow;
      exceptions.clear();
      continue;
    }
    for (const one of type === 'u' ? ['c'] : [type]) applyRule(exceptions, one as 'b' | 'c', rule, rule.allow === allowByDefault);
  }
  return { allowByDefault, exceptions: [...exceptions.values()] };
}

const letters = ['r', 'w', 'm'];

/** Same as the default: takes the access out of the exception. Otherwise adds it. */
function applyRule(exceptions: Map<string, DeviceException>, type: 'b' | 'c', rule: OciDeviceRule, asDefault: boolean): void {
  const [major, minor] = [number(rule.major), number(rule.minor)];
  const key = `${type} ${major ?? '*'}:${minor ?? '*'}`;
  const asked = rule.access ?? 'rwm';
  if (asDefault) refuseHole(exceptions, { type, major, minor, access: asked });
  const held = exceptions.get(key)?.access ?? '';
  const access = letters.filter((letter) => asked.includes(letter) ? !asDefault : held.includes(letter)).join('');
  if (access) exceptions.set(key, { type, major, minor, access });
  else exceptions.delete(key);
}

/** An exception is taken back as it was made: part of a wider one cannot be, and v1 would pass it over in silence. */
function refuseHole(exceptions: ReadonlyMap<string, DeviceException>, { type, major, minor, access }: DeviceException): void {
  const covers = (held: number | undefined, one: number | undefined): boolean => held === undefined || held === one;
  for (const held of exceptions.values()) {
    const wider = held.type === type && covers(held.major, major) && covers(held.minor, minor) && (held.major !== major || held.minor !== minor);
    if (!wider || ![...access].some((letter) => held.access.includes(letter))) continue;
    const print = (one: number | undefined) => one ?? '*';
    throw new InvalidArgument(`device rule ${type} ${print(major)}:${print(minor)} ${access} is not supported: it would make a hole in ${type} ${print(held.major)}:${print(held.minor)} ${held.access}`);
  }
}

/** -1 and nothing stand for any. */
function number(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}
