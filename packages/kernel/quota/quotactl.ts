/**
 * What a file system counts and limits by project id: quotactl_fd(2), Linux 5.14, with the commands of linux/dqblk_xfs.h,
 * which xfs and ext4 both understand. `fd` is of any file of the file system. Bytes are rounded up to units of 512.
 */
import { bind, check } from '../libc.ts';

const quotactlOf = bind<(number: number, fd: number, command: number, id: number, structure: Buffer) => number>('long syscall(long number, unsigned int fd, unsigned int command, unsigned int id, _Inout_ uint8_t *structure)');

const quotactlNumber = 443;
const ofProjects = 2; // PRJQUOTA
const commands = { get: 0x5803, limit: 0x5804, state: 0x5805 } as const; // Q_XGETQUOTA, Q_XSETQLIM, Q_XGETQSTAT
const unit = 512;

/** What one project holds; limits of 0 are none. */
export interface ProjectUsage {
  readonly limit: number;
  readonly used: number;
  readonly inodes: number;
}

/** Whether the file system counts by project and enforces limits: xfs mounted with `pquota`, ext4 with `prjquota`. Throws SystemError where it knows no such quota. */
export function enforcesProjects(fd: number): boolean {
  const state = Buffer.alloc(80); // struct fs_quota_stat
  quotactl(fd, commands.state, 0, state);
  const accountedAndEnforced = 0x30; // FS_QUOTA_PDQ_ACCT | FS_QUOTA_PDQ_ENFD
  return (state.readUInt16LE(2) & accountedAndEnforced) === accountedAndEnforced;
}

/** Throws SystemError, of code ENOENT for an id that was never used. */
export function projectUsage(fd: number, id: number): ProjectUsage {
  const quota = Buffer.alloc(quotaSize);
  quotactl(fd, commands.get, id, quota);
  const units = (at: number): number => Number(quota.readBigUInt64LE(at)) * unit;
  return { limit: units(8), used: units(40), inodes: Number(quota.readBigUInt64LE(48)) };
}

/** Limits what the project may hold in all; 0 lifts the limit. Throws SystemError. */
export function limitProject(fd: number, id: number, bytes: number): void {
  const quota = Buffer.alloc(quotaSize);
  quota.writeInt8(1, 0); // FS_DQUOT_VERSION
  quota.writeInt8(2, 1); // XFS_PROJ_QUOTA
  quota.writeUInt16LE(0x0c, 2); // FS_DQ_BSOFT | FS_DQ_BHARD
  quota.writeUInt32LE(id, 4);
  for (const at of [8, 16]) quota.writeBigUInt64LE(BigInt(Math.ceil(bytes / unit)), at);
  quotactl(fd, commands.limit, id, quota);
}

/** struct fs_disk_quota. */
const quotaSize = 112;

function quotactl(fd: number, command: number, id: number, structure: Buffer): void {
  check('quotactl', quotactlOf(quotactlNumber, fd, ((command << 8) | ofProjects) >>> 0, id, structure), `project ${id}`);
}
