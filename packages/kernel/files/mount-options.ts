/** The flags of mount(2) by the words of fstab(5), `MS_RDONLY` and so on; 0 for words that say what goes without saying. */
const mountFlags: Readonly<Record<string, number>> = {
  ro: 0x1, nosuid: 0x2, nodev: 0x4, noexec: 0x8, sync: 0x10, dirsync: 0x80, nosymfollow: 0x100, noatime: 0x400, nodiratime: 0x800,
  bind: 0x1000, rbind: 0x5000, relatime: 0x20_0000, strictatime: 0x100_0000,
  defaults: 0, rw: 0, suid: 0, dev: 0, exec: 0, async: 0, atime: 0, diratime: 0,
};

/** Splits options as fstab and snapshotters write them into the flags of mount(2) and what is left for the file system. */
export function classicOptions(options: readonly string[]): { flags: number; data: string[] } {
  const data = options.filter((option) => !(option in mountFlags));
  return { flags: options.reduce((sum, option) => sum | (mountFlags[option] ?? 0), 0), data };
}
