/**
 * A Container Device Interface document (cncf.io/tags/container-device-interface, SPEC.md 0.8): what a vendor wants
 * done to a container that asks for one of its devices. JSON or YAML.
 */
import { InvalidArgument, quote } from '#base';
import { hookPoints } from '#spec';

export interface CdiSpec {
  /** `vendor.com/class`. */
  readonly kind: string;
  readonly devices: readonly CdiDevice[];
  /** Of every device. */
  readonly containerEdits: ContainerEdits;
}

export interface CdiDevice {
  readonly name: string;
  readonly containerEdits: ContainerEdits;
}

export interface ContainerEdits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly DeviceNode[];
  readonly mounts?: readonly { readonly hostPath: string; readonly containerPath: string; readonly type?: string; readonly options?: readonly string[] }[];
  readonly hooks?: readonly { readonly hookName: string; readonly path: string; readonly args?: readonly string[]; readonly env?: readonly string[]; readonly timeout?: number }[];
  readonly additionalGids?: readonly number[];
}

export interface DeviceNode {
  readonly path: string;
  readonly hostPath?: string;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly permissions?: string;
  readonly uid?: number;
  readonly gid?: number;
}

const kindShape = /^[A-Za-z][\w.-]*[A-Za-z0-9]\/[A-Za-z][\w.-]*$/;
const nameShape = /^[A-Za-z0-9](?:[\w.:-]*[A-Za-z0-9])?$/;
/** What a document may ask for and nothing here does. */
const unsupported = ['intelRdt', 'netDevices'];

/** Throws InvalidArgument with one sentence for whatever is wrong with a document. */
export function parseCdiSpec(document: unknown): CdiSpec {
  const { cdiVersion, kind, devices, containerEdits = {} } = fields(document, 'document');
  if (typeof cdiVersion !== 'string' || !/^\d+\.\d+\.\d+$/.test(cdiVersion)) throw new InvalidArgument('missing or malformed cdiVersion');
  if (typeof kind !== 'string' || !kindShape.test(kind)) throw new InvalidArgument(`invalid kind ${quote(String(kind))}`);
  if (!Array.isArray(devices) || devices.length === 0) throw new InvalidArgument('no devices');
  const parsed = devices.map(parseDevice);
  const repeated = parsed.find(({ name }, index) => parsed.findIndex((other) => other.name === name) < index);
  if (repeated) throw new InvalidArgument(`multiple devices with the same name ${quote(repeated.name)}`);
  return { kind, devices: parsed, containerEdits: parseEdits(containerEdits) };
}

function parseDevice(value: unknown): CdiDevice {
  const { name, containerEdits = {} } = fields(value, 'device');
  // YAML reads a device called 0 as a number.
  const text = String(name);
  if (!nameShape.test(text)) throw new InvalidArgument(`invalid device name ${quote(text)}`);
  return { name: text, containerEdits: parseEdits(containerEdits) };
}

function parseEdits(value: unknown): ContainerEdits {
  const edits = fields(value, 'containerEdits');
  for (const name of unsupported) if (edits[name] !== undefined) throw new InvalidArgument(`containerEdits.${name} is not supported`);
  for (const name of ['env', 'deviceNodes', 'mounts', 'hooks', 'additionalGids']) {
    if (edits[name] !== undefined && edits[name] !== null && !Array.isArray(edits[name])) throw new InvalidArgument(`containerEdits.${name} is no list`);
  }
  const parsed = edits as ContainerEdits;
  for (const entry of parsed.env ?? []) if (!/^[^=]+=/.test(entry)) throw new InvalidArgument(`invalid environment variable ${quote(entry)}`);
  for (const { path } of parsed.deviceNodes ?? []) if (!path?.startsWith('/')) throw new InvalidArgument('invalid device node, missing path');
  for (const { hostPath, containerPath } of parsed.mounts ?? []) if (!hostPath || !containerPath) throw new InvalidArgument('invalid mount, missing path');
  for (const { hookName, path } of parsed.hooks ?? []) {
    if (!hookPoints.some((point) => point === hookName)) throw new InvalidArgument(`invalid hook name ${quote(hookName)}`);
    if (!path?.startsWith('/')) throw new InvalidArgument(`invalid hook ${quote(hookName)}, missing path`);
  }
  return parsed;
}

function fields(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidArgument(`${what} is no object`);
  return value as Record<string, unknown>;
}
