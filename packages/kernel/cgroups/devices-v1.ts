/** Device rules as writes to v1's devices.allow and devices.deny. */
import type { OciDeviceRule } from '#spec';
import { type DeviceException, reduceDeviceRules } from './device-rules.ts';
import type { Setting } from './setting.ts';

/** Nothing when the spec says nothing: the cgroup keeps its parent's rules. */
export function deviceSettings(rules: readonly OciDeviceRule[] | undefined): Setting[] {
  if (!rules?.length) return [];
  const { allowByDefault, exceptions } = reduceDeviceRules(rules);
  const write = (file: 'allow' | 'deny', value: string): Setting => ({ controller: 'devices', file: `devices.${file}`, value });
  return [write(allowByDefault ? 'allow' : 'deny', 'a'), ...exceptions.map((exception) => write(allowByDefault ? 'deny' : 'allow', printRule(exception)))];
}

function printRule({ type, major, minor, access }: DeviceException): string {
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`;
}
