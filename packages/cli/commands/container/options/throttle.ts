/** `--blkio-weight-device` and the `--device-read-…` and `--device-write-…` limits. */
import { InvalidArgument } from '#base';
import type { ThrottleDevice, WeightDevice } from '#spec';
import { flag } from '../../../command/flag-types.ts';
import type { Flag } from '../../../command/flag.ts';
import { parseSize } from '../../../format/units.ts';

/** `/dev/sda:200`: a weight from 10 to 1000, 0 for none. */
export function weightedDevice(description: string): Flag<WeightDevice[]> {
  const parse = (text: string, earlier: WeightDevice[]): WeightDevice[] => {
    const [path, value] = split(text);
    const weight = Number(value);
    if (!/^\d+$/.test(value) || (weight > 0 && (weight < 10 || weight > 1000))) throw new InvalidArgument(`invalid weight for device: ${text}`);
    return [...earlier, { Path: path, Weight: weight }];
  };
  return flag({ name: 'list', initial: [], shown: '[]', parse }, description);
}

/** `/dev/sda:1mb` by bytes, `/dev/sda:1000` by operations a second. */
export function throttledDevice(description: string, by: 'bytes' | 'operations'): Flag<ThrottleDevice[]> {
  const parse = (text: string, earlier: ThrottleDevice[]): ThrottleDevice[] => {
    const [path, value] = split(text);
    return [...earlier, { Path: path, Rate: by === 'bytes' ? bytesOf(value, text) : operationsOf(value, text) }];
  };
  return flag({ name: 'list', initial: [], shown: '[]', parse }, description);
}

function split(text: string): [path: string, value: string] {
  const at = text.indexOf(':');
  if (at <= 0) throw new InvalidArgument(`bad format: ${text}`);
  if (!text.startsWith('/dev/')) throw new InvalidArgument(`bad format for device path: ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function bytesOf(value: string, text: string): number {
  try {
    return parseSize(value);
  } catch (error) {
    const form = '<device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb';
    throw new InvalidArgument(`invalid rate for device: ${text}. The correct format is ${form}`, { cause: error });
  }
}

function operationsOf(value: string, text: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgument(`invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`);
  return Number(value);
}
