/** Device rules as writes to v1's devices.allow and devices.deny. */
import type { OciDeviceRule } from '#spec';
import { type DeviceException, reduceDeviceRules } from './device-rules.ts';
import type { Setting } from './setting.ts';

/** Nothing when there are no rules: the cgroup keeps those it has. */
export function deviceSettings(rules: readonly OciDeviceRule[] | undefined): Setting[] {
  if (!rules) return [];
  const { allowByDefault, exceptions } = reduceDeviceRules(rules);
  const write = (file: 'allow' | 'deny', value: string): Setting => ({ controller: 'devices', file: `devices.${file}`, value });
  return [write(allowByDefault ? 'allow' : 'deny', 'a'), ...exceptions.map((exception) => write(allowByDefault ? 'deny' : 'allow', printRule(exception)))];
}

function printRule({ type, major, minor, access }: DeviceException): string {
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`;
}
