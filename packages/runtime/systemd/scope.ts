/** Where systemd puts a container: cgroupsPath as "slice:prefix:name" (as runC reads it), and what the unit is given. Pure. */
import { InvalidArgument } from '#base';
import type { OciResources, OciSpec } from '#spec';
import { weightOfShares } from '#kernel';
import type { Property } from './manager.ts';

export interface Scope {
  readonly slice: string;
  readonly unit: string;
  /** Below the manager's own cgroup. */
  readonly path: string;
}

/** Throws InvalidArgument for a path of another form, and for a slice that is none. */
export function scopeOf(cgroupsPath: string | undefined, id: string, user: boolean): Scope {
  const fallback = user ? 'user.slice' : 'system.slice';
  const parts = cgroupsPath ? cgroupsPath.split(':') : ['', 'runc', id];
  if (parts.length !== 3) throw new InvalidArgument(`expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "${cgroupsPath}" instead`);
  const [slice = '', prefix = '', name = ''] = parts;
  const unit = name.endsWith('.slice') ? name : `${prefix ? `${prefix}-` : ''}${name}.scope`;
  const parent = slice || fallback;
  return { slice: parent, unit, path: `${expandSlice(parent)}/${unit}` };
}

/** `a-b.slice` lies in `a.slice` (systemd.slice(5)); `-.slice` is the root. */
export function expandSlice(slice: string): string {
  const bad = new InvalidArgument(`invalid slice name: ${slice}`);
  if (!slice.endsWith('.slice') || slice.includes('/')) throw bad;
  const name = slice.slice(0, -'.slice'.length);
  if (name === '-') return '';
  const words = name.split('-');
  if (words.some((word) => word === '')) throw bad;
  return words.map((_, index) => `/${words.slice(0, index + 1).join('-')}.slice`).join('');
}

const text = (value: string) => ({ signature: 's', value });
const flag = (value: boolean) => ({ signature: 'b', value });
const count = (value: bigint | number) => ({ signature: 't', value: BigInt(value) });
const INFINITY = 2n ** 64n - 1n;
const MICROSECONDS = 1_000_000n;

/** What a new scope is made with; `pid` is its first process. */
export function scopeProperties(spec: OciSpec, id: string, { slice, unit }: Scope, pid: number, v2: boolean): Property[] {
  return [
    ['Description', text(`naru container ${id}`)],
    unit.endsWith('.slice') ? ['Wants', { signature: 'as', value: [slice] }] : ['Slice', text(slice)],
    ...(unit.endsWith('.slice') ? [] : [['Delegate', flag(true)] as const]),
    ['PIDs', { signature: 'au', value: [pid] }],
    ...['MemoryAccounting', 'CPUAccounting', 'TasksAccounting', v2 ? 'IOAccounting' : 'BlockIOAccounting'].map((name) => [name, flag(true)] as const),
    ['DefaultDependencies', flag(false)],
    ...resourceProperties(spec.linux?.resources ?? {}, v2),
    ...annotated(spec.annotations ?? {}),
  ];
}

/** Limits that systemd has properties for: what is not among them is in the cgroup's files alone. */
export function resourceProperties({ memory = {}, cpu = {}, pids }: OciResources, v2: boolean): Property[] {
  const most = (value: number) => count(value < 0 ? INFINITY : value);
  const properties: Property[] = [];
  if (memory.limit) properties.push([v2 ? 'MemoryMax' : 'MemoryLimit', most(memory.limit)]);
  if (v2 && memory.reservation) properties.push(['MemoryLow', most(memory.reservation)]);
  if (v2 && memory.swap) properties.push(['MemorySwapMax', most(memory.swap < 0 ? -1 : Math.max(0, memory.swap - Math.max(0, memory.limit ?? 0)))]);
  if (cpu.shares) properties.push(v2 ? ['CPUWeight', count(weightOfShares(cpu.shares))] : ['CPUShares', count(cpu.shares)]);
  if (cpu.period) properties.push(['CPUQuotaPeriodUSec', count(cpu.period)]);
  if (cpu.quota) properties.push(['CPUQuotaPerSecUSec', count(cpu.quota < 0 ? INFINITY : quotaPerSecond(cpu.quota, cpu.period || 100_000))]);
  if (v2 && cpu.cpus) properties.push(['AllowedCPUs', bits(cpu.cpus)]);
  if (v2 && cpu.mems) properties.push(['AllowedMemoryNodes', bits(cpu.mems)]);
  if (pids?.limit !== undefined) properties.push(['TasksMax', most(pids.limit || 1)]); // systemd knows no 0
  return properties;
}

/** systemd keeps whole hundredths of a CPU: what is less than one would be none. */
function quotaPerSecond(quota: number, period: number): bigint {
  const exact = (BigInt(quota) * MICROSECONDS) / BigInt(period);
  return ((exact + 9999n) / 10_000n) * 10_000n;
}

/** `0-2,5` as the bytes of a mask. */
function bits(list: string): { signature: string; value: number[] } {
  const mask: number[] = [];
  for (const range of list.split(',')) {
    const [first = NaN, last = first] = range.trim().split('-').map(Number);
    if (!(first <= last && last < 8192)) throw new InvalidArgument(`invalid CPU or node list: ${list}`);
    for (let bit = first; bit <= last; bit++) mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  return { signature: 'ay', value: Array.from(mask, (byte) => byte ?? 0) };
}

const PREFIX = 'org.systemd.property.';

/** Annotations that set a unit's property: a name, and a value as GVariant writes it. `…Sec` becomes `…USec`, as D-Bus has it. */
function annotated(annotations: Readonly<Record<string, string>>): Property[] {
  return Object.entries(annotations).filter(([name]) => name.startsWith(PREFIX)).map(([key, value]) => {
    const name = key.slice(PREFIX.length);
    if (!/^[A-Z][A-Za-z]{2,}$/.test(name)) throw new InvalidArgument(`Annotation ${key} name incorrect: invalid systemd property name`);
    if (name.endsWith('Sec') && !name.endsWith('USec')) return [`${name.slice(0, -3)}USec`, count(BigInt(Math.round(numberOf(key, value) * 1e6)))];
    return [name, parseVariant(key, value)];
  });
}

function parseVariant(key: string, value: string): Property[1] {
  const [, type = '', plain = ''] = /^(?:(int32|uint32|int64|uint64) )?(.*)$/s.exec(value) ?? [];
  if (plain === 'true' || plain === 'false') return flag(plain === 'true');
  const quoted = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(plain);
  if (quoted) return text(quoted[1] ?? quoted[2] ?? '');
  const signature = ({ int32: 'i', uint32: 'u', int64: 'x', uint64: 't' } as const)[type] ?? 'i';
  const number = numberOf(key, plain);
  return { signature, value: signature === 'x' || signature === 't' ? BigInt(plain) : number };
}

function numberOf(key: string, value: string): number {
  const plain = value.replace(/^u?int\d+ /, '');
  if (!/^-?\d+(\.\d+)?$/.test(plain)) throw new InvalidArgument(`Annotation ${key}=${value} value parse error`);
  return Number(plain);
}
