/*
 * The launch plan: what to do to make a process, as a flat list of operations. packages/runtime compiles it, this
 * program executes it in order and decides nothing.
 *
 *   plan  = magic u32 'NRPL' | version u16 | reserved u16 | count u32 | op × count
 *   op    = code u16 | soft u16 | length u32 | payload       (soft: a failure is told and passed over)
 *   str   = length u32 | bytes | NUL        (the length leaves the NUL out; no NUL inside)
 *   list  = count u32 | str × count
 *   blob  = length u32 | bytes
 *
 * Everything is little-endian and unaligned. The operations come in three sections, run by three processes: those
 * up to OP_STAGE set up the shim's side (stdio, log), those up to OP_CLONE run in the stage (cgroups, namespaces to
 * join), the rest in the new process, the last of them being OP_EXEC.
 */
#ifndef NARU_PLAN_H
#define NARU_PLAN_H

#include <stdint.h>
#include <stddef.h>

#define PLAN_MAGIC 0x4c50524eu
#define PLAN_VERSION 1
#define PLAN_MAX (8u << 20)

/*
 * Name, code, payload. The first section is the shim's own; the others are functions op_NAME of (struct run *, payload).
 */
#define SHIM_OPERATIONS(OP)                                                                     \
  OP(stdio, 1) /* flags u32 */                                                                  \
  OP(log, 2) /* path str, max bytes u64, max files u32 */                                       \
  OP(oom, 3) /* control file str, v1's event_control str or "" */                               \
  OP(sweep, 4) /* cgroup.procs str: kill what is left there when the first process has ended */ \
  OP(label, 5) /* text str: what our last argument shows from now on, as far as it has room */ \
  OP(notify, 6) /* seccomp listener's socket, message before, between, after two pids str */          \
  OP(console_socket, 7) /* path str: who gets the terminal's master in our place */                  \
  OP(preserve, 8) /* count u32: of our descriptors from 3 on, for the program to have */             \
  OP(stage, 9)

#define OPERATIONS(OP)                                                                                                \
  OP(cgroup, 10) /* list of cgroup.procs or v1's tasks */                                                              \
  OP(cgroup_into, 11) /* v2 directory str */                                                                          \
  OP(join, 12) /* namespace file str, type u32 */                                                                     \
  OP(join_task, 13) /* CLONE_NEW* flags u32: namespaces of the container's first process */                           \
  OP(unshare, 14) /* CLONE_NEW* flags u32 */                                                                          \
  OP(time_offsets, 15) /* text str */                                                                                 \
  OP(clone, 19) /* CLONE_NEW* flags u32, uid map str, gid map str, deny setgroups u32 */                              \
  OP(task, 16) /* pid u32: the container's first process, where no shim holds it */                                   \
  OP(fifo, 17) /* path str: is made; where the byte that says start comes from */                                     \
  OP(mappers, 48) /* newuidmap, newgidmap path str: they write the maps of OP_clone */                                \
  OP(take, 18) /* source, flags u32, set, clear, rset, rclear u64, propagation, recursive u32, uid map, gid map */    \
  OP(propagation, 20) /* path str, MS_* flags u32 */                                                                  \
  OP(mount, 21) /* source, target (host path), type str, MS_* flags u32, data str, directory str */                   \
  OP(root, 22) /* path str */                                                                                         \
  OP(mount_fs, 23) /* destination, type, source str, flags u32, attributes u64, propagation u32, options list */      \
  OP(attach, 24) /* destination str, number u32: which of those taken */                                              \
  OP(pivot, 25) /* mode u32: 0 pivot_root, 1 move and chroot, 2 chroot; list: mounts that go before a chroot */                  \
  OP(mask, 26) /* paths list, options list: of the tmpfs over a directory */                                          \
  OP(readonly, 27) /* paths list */                                                                                   \
  OP(device, 28) /* path str, mode (with type) u32, major, minor, uid, gid u32, host path str */                      \
  OP(symlink, 29) /* target, path str */                                                                              \
  OP(proc_write, 30) /* path below /proc, value str */                                                                \
  OP(hostname, 31) /* name str */                                                                                     \
  OP(domainname, 32) /* name str */                                                                                   \
  OP(directory, 33) /* path str, mode u32 */                                                                          \
  OP(console, 34) /* rows, columns, flags, owner u32 */                                                               \
  OP(attributes, 35) /* path str, set u64, propagation u32, recursive u32 */                                          \
  OP(rlimit, 36) /* resource u32, soft, hard u64 */                                                                   \
  OP(personality, 38) /* u32 */                                                                                       \
  OP(scheduler, 39) /* policy, nice i32, priority u32, flags, runtime, deadline, period u64 */                        \
  OP(io_priority, 40) /* u32 */                                                                                       \
  OP(keyring, 41) /* name str */                                                                                      \
  OP(affinity, 42) /* mask blob */                                                                                    \
  OP(parent_death, 43) /* signal u32 */                                                                               \
  OP(host_hooks, 44) /* says that the hooks of the host's side are to run now, and waits for a byte */                \
  OP(console_listen, 45) /* path str: a socket is made where another runtime sends the terminal's master */           \
  OP(adopt, 46) /* pid file str, args list, env list: run a runtime; the process whose pid it writes is ours */       \
  OP(run, 47) /* args list, env list: run a program to its end */                                                     \
  OP(dial, 37) /* path str, number u32: a SOCK_SEQPACKET connection, open by that number in what adopt and run run */  \
  OP(null_stdio, 49) /* stdio that is the host's null device becomes the container's */                               \
  OP(bounding, 50) /* capability mask u64 */                                                                          \
  OP(user, 51) /* uid, gid, umask u32 (-1: leave), groups count u32 × u32; a single -1: leave */                                          \
  OP(capabilities, 52) /* effective, permitted, inheritable, ambient u64 */                                           \
  OP(directory_change, 53) /* path str, early u32: EACCES is for a later one */                                       \
  OP(no_new_privs, 54)                                                                                                \
  OP(seccomp, 55) /* flags u32, program blob */                                                                       \
  OP(command, 56) /* arguments list, environment list */                                                              \
  OP(lookup, 57)                                                                                                      \
  OP(ready, 58) /* u32: 2 wait for the fifo's byte, 1 for the shim's, 0 go on */                                      \
  OP(hook, 59) /* name str, path str, args list, env list, timeout seconds u32, stdin before and after the pid str */           \
  OP(relabel, 61) /* path, SELinux's label str */                                                                    \
  OP(memory_policy, 62) /* mode and its flags u32, mask of nodes blob */                                               \
  OP(mount_mapper, 63) /* a process keeps the rights there are, by which OP_take maps ids, until OP_pivot */            \
  OP(exec, 60) /* flags u32 */

#define CODE(name, code) OP_##name = code,
enum op_code { SHIM_OPERATIONS(CODE) OPERATIONS(CODE) };

enum stdio_flag { STDIO_TERMINAL = 1, STDIO_STDIN = 2, STDIO_STDIN_ONCE = 4, STDIO_HOLD = 8, STDIO_INHERIT = 16 };
enum mount_flag { MOUNT_COPY_UP = 1, MOUNT_STRICT = 2, MOUNT_RECURSIVE = 4, MOUNT_MAP_ALL = 8, MOUNT_KEEP_MODE = 16 };
enum console_flag { CONSOLE_BIND = 1 /* at /dev/console */, CONSOLE_PLAIN = 2 /* newlines stay as they are */ };
enum exec_flag { EXEC_INIT = 1, EXEC_TELL = 2 };

/* A cursor over bytes that came from outside: past the end it yields zeros and empty strings, and `bad` is set. */
struct reader {
  const uint8_t *at;
  const uint8_t *end;
  int bad;
};

struct plan_op {
  uint16_t code;
  uint16_t soft;
  struct reader payload;
};

uint16_t read_u16(struct reader *reader);
uint32_t read_u32(struct reader *reader);
uint64_t read_u64(struct reader *reader);
const char *read_str(struct reader *reader);
const uint8_t *read_blob(struct reader *reader, uint32_t *length);
/* The strings of a list as a NULL-terminated array from malloc, which operations leave to the process's end; NULL with `bad` set on nonsense or no memory. */
char **read_list(struct reader *reader);

/* Checks the header and every operation's frame; leaves `reader` at the first operation. 0, or -1. */
int plan_open(const uint8_t *bytes, size_t length, struct reader *reader, uint32_t *count);
/* The next operation; 0 at the end of the plan. */
int plan_next(struct reader *reader, struct plan_op *op);

#endif
