/** The counters of memory.stat that the Engine API has; kernels know more by now (cgroup-v1/memory.rst, cgroup-v2.rst). */
const own = [
  'cache', 'rss', 'rss_huge', 'mapped_file', 'dirty', 'writeback', 'pgpgin', 'pgpgout', 'pgfault', 'pgmajfault',
  'inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable',
];
const versionOne = new Set([...own, ...own.map((name) => `total_${name}`), 'hierarchical_memory_limit', 'hierarchical_memsw_limit']);

const versionTwo = new Set([
  'anon', 'file', 'kernel_stack', 'slab', 'sock', 'shmem', 'file_mapped', 'file_dirty', 'file_writeback', 'anon_thp',
  'inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable', 'slab_reclaimable', 'slab_unreclaimable',
  'pgfault', 'pgmajfault', 'workingset_refault', 'workingset_activate', 'workingset_nodereclaim', 'pgrefill', 'pgscan', 'pgsteal',
  'pgactivate', 'pgdeactivate', 'pglazyfree', 'pglazyfreed', 'thp_fault_alloc', 'thp_collapse_alloc',
]);

/** Version 1 tells `rss`, version 2 `anon`. */
export function memoryFields(stats: Readonly<Record<string, number>>): Record<string, number> {
  const known = 'rss' in stats ? versionOne : versionTwo;
  const fields: Record<string, number> = {};
  for (const name in stats) if (known.has(name)) fields[name] = stats[name] ?? 0;
  return fields;
}
