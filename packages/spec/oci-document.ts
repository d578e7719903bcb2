/**
 * Documents as Go's readers take them, which runC is: a field's name in any case (`pagesize` is `pageSize`), null as if it were not
 * there, and nothing but what a field can hold. The fields are those of the OCI runtime-spec's configuration.
 */
import { InvalidArgument } from '#base';

/** `any` is looked at by nobody here; `[shape]` is an array; `*` stands for keys that are the writer's own. */
export type DocumentShape = 'string' | 'boolean' | 'int' | 'uint' | 'any' | readonly [DocumentShape] | { readonly [name: string]: DocumentShape };

const device = { major: 'int', minor: 'int' } as const;
const maps = [{ containerID: 'uint', hostID: 'uint', size: 'uint' }] as const;
const throttle = [{ ...device, rate: 'uint' }] as const;
const hook = [{ path: 'string', args: ['string'], env: ['string'], timeout: 'int' }] as const;
const capabilities = ['string'] as const;
const rlimit = { type: 'string', hard: 'uint', soft: 'uint' } as const;
const mount = { destination: 'string', type: 'string', source: 'string', options: ['string'], uidMappings: maps, gidMappings: maps } as const;
const namespace = { type: 'string', path: 'string' } as const;
const node = { type: 'string', path: 'string', ...device, fileMode: 'uint', uid: 'uint', gid: 'uint' } as const;
const condition = { index: 'uint', value: 'uint', valueTwo: 'uint', op: 'string' } as const;
const syscall = { names: ['string'], action: 'string', errnoRet: 'uint', args: [condition] } as const;

/** Fields that must be there: one that is not has Go's zero, and is refused as that where it is not allowed. */
const zeros = new Map<DocumentShape, object>([
  [rlimit, { type: '', hard: 0, soft: 0 }],
  [mount, { destination: '' }],
  [namespace, { type: '' }],
  [node, { type: '', path: '' }],
  [condition, { index: 0, value: 0, op: '' }],
  [syscall, { names: [], action: '' }],
  [hook[0], { path: '' }],
]);

/** Of `process`, which exec reads too. */
export const processShape: DocumentShape = {
  terminal: 'boolean',
  consoleSize: { height: 'uint', width: 'uint' },
  cwd: 'string',
  env: ['string'],
  args: ['string'],
  commandLine: 'any',
  user: { uid: 'uint', gid: 'uint', umask: 'uint', additionalGids: ['uint'], username: 'string' },
  rlimits: [rlimit],
  capabilities: { bounding: capabilities, effective: capabilities, inheritable: capabilities, permitted: capabilities, ambient: capabilities },
  noNewPrivileges: 'boolean',
  apparmorProfile: 'string',
  selinuxLabel: 'string',
  oomScoreAdj: 'int',
  scheduler: { policy: 'string', nice: 'int', priority: 'int', flags: ['string'], runtime: 'uint', deadline: 'uint', period: 'uint' },
  ioPriority: { class: 'string', priority: 'int' },
  execCPUAffinity: { initial: 'string', final: 'string' },
};

/** Of `linux.resources`, which update reads too. */
export const resourcesShape: DocumentShape = {
  devices: [{ allow: 'boolean', type: 'string', ...device, access: 'string' }],
  memory: { limit: 'int', reservation: 'int', swap: 'int', kernel: 'int', kernelTCP: 'int', swappiness: 'uint', disableOOMKiller: 'boolean', useHierarchy: 'boolean', checkBeforeUpdate: 'boolean' },
  cpu: { shares: 'uint', quota: 'int', burst: 'uint', period: 'uint', realtimeRuntime: 'int', realtimePeriod: 'uint', cpus: 'string', mems: 'string', idle: 'int' },
  pids: { limit: 'int' },
  blockIO: {
    weight: 'uint',
    leafWeight: 'uint',
    weightDevice: [{ ...device, weight: 'uint', leafWeight: 'uint' }],
    throttleReadBpsDevice: throttle,
    throttleWriteBpsDevice: throttle,
    throttleReadIOPSDevice: throttle,
    throttleWriteIOPSDevice: throttle,
  },
  hugepageLimits: [{ pageSize: 'string', limit: 'uint' }],
  network: { classID: 'uint', priorities: [{ name: 'string', priority: 'uint' }] },
  rdma: { '*': { hcaHandles: 'uint', hcaObjects: 'uint' } },
  unified: { '*': 'string' },
};

/** Of a whole `config.json`. Other platforms' sections are refused elsewhere, by their names. */
export const configShape: DocumentShape = {
  ociVersion: 'string',
  process: processShape,
  root: { path: 'string', readonly: 'boolean' },
  hostname: 'string',
  domainname: 'string',
  mounts: [mount],
  hooks: { prestart: hook, createRuntime: hook, createContainer: hook, startContainer: hook, poststart: hook, poststop: hook },
  annotations: { '*': 'string' },
  linux: {
    uidMappings: maps,
    gidMappings: maps,
    sysctl: { '*': 'string' },
    resources: resourcesShape,
    cgroupsPath: 'string',
    namespaces: [namespace],
    devices: [node],
    netDevices: { '*': { name: 'string' } },
    seccomp: {
      defaultAction: 'string',
      defaultErrnoRet: 'uint',
      architectures: ['string'],
      flags: ['string'],
      listenerPath: 'string',
      listenerMetadata: 'string',
      syscalls: [syscall],
    },
    rootfsPropagation: 'string',
    maskedPaths: ['string'],
    readonlyPaths: ['string'],
    mountLabel: 'string',
    intelRdt: 'any',
    memoryPolicy: { mode: 'string', nodes: 'string', flags: ['string'] },
    personality: { domain: 'string', flags: ['string'] },
    timeOffsets: { boottime: { secs: 'int', nanosecs: 'uint' }, monotonic: { secs: 'int', nanosecs: 'uint' } },
  },
  solaris: 'any',
  windows: 'any',
  vm: 'any',
  zos: 'any',
  freebsd: 'any',
};

/**
 * The document without nulls, its fields' names in the specification's case; names that it does not know stay as they are, with all below
 * them. Throws InvalidArgument in the words of Go's reader for a value that its field cannot hold.
 */
export function canonicalDocument(value: unknown, shape: DocumentShape = configShape, path = ''): unknown {
  if (typeof shape === 'string') return holds(shape, value) ? value : refuse(value, shape, path);
  if (isList(shape)) return Array.isArray(value) ? value.map((item) => canonicalDocument(item, shape[0], path)) : refuse(value, shape, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(value, shape, path);
  const own = shape['*'];
  const there = Object.entries(value).filter(([, inner]) => inner !== null);
  const said = there.map(([key, inner]): [string, unknown] => {
    const name = own ? key : nameIn(shape, key);
    const of = own ?? (Object.hasOwn(shape, name) ? shape[name] : undefined);
    return [name, of ? canonicalDocument(inner, of, path ? `${path}.${name}` : name) : inner];
  });
  return Object.fromEntries([...Object.entries(zeros.get(shape) ?? {}), ...said]);
}

const isList = (shape: DocumentShape): shape is readonly [DocumentShape] => Array.isArray(shape);

function nameIn(shape: Readonly<Record<string, DocumentShape>>, key: string): string {
  if (Object.hasOwn(shape, key)) return key;
  const low = key.toLowerCase();
  return Object.keys(shape).find((name) => name.toLowerCase() === low) ?? key;
}

function holds(shape: Extract<DocumentShape, string>, value: unknown): boolean {
  if (shape === 'any') return true;
  if (shape === 'string' || shape === 'boolean') return typeof value === shape;
  const [least, most] = ranges[shape];
  return (typeof value === 'bigint' || Number.isInteger(value)) && (value as bigint) >= least && (value as bigint) <= most;
}

const ranges = { int: [-(2n ** 63n), 2n ** 63n - 1n], uint: [0n, 2n ** 64n - 1n] } as const;

const goTypes = { string: 'string', boolean: 'bool', int: 'int64', uint: 'uint64', any: 'any' } as const;

function goTypeOf(shape: DocumentShape): string {
  if (typeof shape === 'string') return goTypes[shape];
  return isList(shape) ? `[]${goTypeOf(shape[0])}` : 'object';
}

function refuse(value: unknown, shape: DocumentShape, path: string): never {
  const number = typeof value === 'number' || typeof value === 'bigint';
  const kind = number ? `number${typeof shape === 'string' && shape.endsWith('int') ? ` ${value}` : ''}` : Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw new InvalidArgument(`json: cannot unmarshal ${kind} into Go ${path ? `struct field Spec.${path} of type ${goTypeOf(shape)}` : 'value of type specs.Spec'}`);
}
