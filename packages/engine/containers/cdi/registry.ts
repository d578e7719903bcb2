/** The devices that this host's CDI documents offer, by their qualified names `vendor.com/class=name`. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { messageOf, tolerating } from '#base';
import { parseCdiSpec, type CdiDevice, type CdiSpec } from './spec.ts';

export interface OfferedDevice {
  readonly spec: CdiSpec;
  readonly device: CdiDevice;
}

export interface CdiRegistry {
  readonly devices: ReadonlyMap<string, OfferedDevice>;
  /** Documents that could not be read, and why. */
  readonly broken: readonly string[];
}

/**
 * Reads every `.json` and `.yaml` of the directories. A later directory goes before an earlier one; a device that one
 * directory offers twice is offered by none.
 */
export async function readCdiRegistry(directories: readonly string[]): Promise<CdiRegistry> {
  const devices = new Map<string, OfferedDevice>();
  const broken: string[] = [];
  for (const directory of directories) {
    const here = new Map<string, OfferedDevice>();
    const conflicting = new Set<string>();
    for (const path of documentsIn(directory)) {
      try {
        const spec = parseCdiSpec(await readDocument(path));
        for (const device of spec.devices) {
          const name = `${spec.kind}=${device.name}`;
          if (here.has(name)) conflicting.add(name);
          here.set(name, { spec, device });
        }
      } catch (error) {
        broken.push(`${path}: ${messageOf(error)}`);
      }
    }
    for (const [name, offered] of here) if (!conflicting.has(name)) devices.set(name, offered);
    for (const name of conflicting) broken.push(`${directory}: conflicting device ${name}`);
  }
  return { devices, broken };
}

function documentsIn(directory: string): string[] {
  return tolerating(['ENOENT', 'ENOTDIR'], [], () => readdirSync(directory).filter((name) => ['.json', '.yaml'].includes(extname(name))).toSorted().map((name) => join(directory, name)));
}

/** The YAML reader is loaded when the first such document is met. */
async function readDocument(path: string): Promise<unknown> {
  const text = readFileSync(path, 'utf8');
  if (extname(path) === '.json') return JSON.parse(text);
  const { parse } = await import('yaml');
  return parse(text);
}
