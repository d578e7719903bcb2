/** `--storage-opt`: what the overlay2 driver is told, by the daemon and by each container. */
import { Internal, InvalidArgument, parseBool, parseRamSize } from '#base';

interface StorageOptions {
  /** Bytes that a container may write to its layer unless it says otherwise; 0 is no limit. */
  readonly containerSize: number;
  /** Of what changes nothing. */
  readonly remarks: readonly string[];
}

/** The daemon's. Throws InvalidArgument for options that overlay2 has not. */
export function parseStorageOptions(options: readonly string[]): StorageOptions {
  let containerSize = 0;
  const remarks: string[] = [];
  for (const option of options) {
    const [, key = '', value] = /^([^=]*)=(.*)$/.exec(option) ?? [];
    if (value === undefined) throw new InvalidArgument(`unable to parse key/value option: "${option}"`);
    switch (key.trim().toLowerCase()) {
      case 'overlay2.override_kernel_check':
        parseBool(value);
        remarks.push('the overlay2.override_kernel_check option is ignored');
        break;
      case 'overlay2.size':
        containerSize = parseRamSize(value.trim());
        break;
      default:
        throw new InvalidArgument(`overlay2: unknown option ${key.trim()}`);
    }
  }
  return { containerSize, remarks };
}

/** The size of a container's layer in bytes; undefined where neither it nor the daemon (`containerSize`) limits it. Throws Internal, as dockerd answers 500. */
export function layerSize(options: Readonly<Record<string, string>>, containerSize: number): number | undefined {
  let size = containerSize || undefined;
  for (const [key, value] of Object.entries(options)) {
    if (key.toLowerCase() !== 'size') throw new Internal(`Unknown option ${key.toLowerCase()}`);
    size = sizeOf(value);
  }
  return size;
}

function sizeOf(value: string): number {
  try {
    return parseRamSize(value);
  } catch (error) {
    throw new Internal(`invalid size: '${value}'`, { cause: error });
  }
}
