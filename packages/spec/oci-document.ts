/**
 * Documents as Go's readers take them, which runC is: a field's name in any case (`pagesize` is `pageSize`), and null is as
 * if it were not there. The names are those of the OCI runtime-spec's configuration.
 */

const names = `
  access action additionalGids allow ambient annotations apparmorProfile architectures args blockIO boottime bounding burst capabilities cgroupsPath
  checkBeforeUpdate class classID closID commandLine consoleSize containerID cpu cpus createContainer createRuntime cwd deadline defaultAction
  defaultErrnoRet destination devices disableOOMKiller domain domainname effective enableMonitoring env errnoRet execCPUAffinity fileMode final flags
  freebsd gid gidMappings hard hcaHandles hcaObjects height hooks hostID hostname hugepageLimits idle index inheritable initial intelRdt ioPriority
  kernel kernelTCP l3CacheSchema leafWeight limit linux listenerMetadata listenerPath major maskedPaths memBwSchema memory memoryPolicy mems minor mode
  monotonic mountLabel mounts name names namespaces nanosecs netDevices network nice nodes noNewPrivileges ociVersion oomScoreAdj op options pageSize
  path period permitted personality pids policy poststart poststop prestart priorities priority process quota rate rdma readonly readonlyPaths
  realtimePeriod realtimeRuntime reservation resources rlimits root rootfsPropagation runtime scheduler schemata seccomp secs selinuxLabel shares size
  soft solaris source startContainer swap swappiness syscalls sysctl terminal throttleReadBpsDevice throttleReadIOPSDevice throttleWriteBpsDevice
  throttleWriteIOPSDevice timeOffsets timeout type uid uidMappings umask unified useHierarchy user username value valueTwo vm weight weightDevice width
  windows zos
`;

/** Their keys are the writer's own. */
const free = new Set(['annotations', 'sysctl', 'unified', 'rdma', 'netDevices']);
const known = new Map(names.trim().split(/\s+/).map((name) => [name.toLowerCase(), name]));

/** The document without nulls, its fields' names in the specification's case; names that it does not know stay as they are. */
export function canonicalDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalDocument);
  if (typeof value !== 'object' || value === null) return value;
  const there = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(there.map(([key, inner]) => {
    const name = known.get(key.toLowerCase()) ?? key;
    return [name, free.has(name) ? inner : canonicalDocument(inner)];
  }));
}
