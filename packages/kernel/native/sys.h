/* Kernel calls that musl has no wrapper for. Each returns what syscall(2) does: -1 with errno. */
#ifndef NARU_SYS_H
#define NARU_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#define MOST_DESCRIPTORS 5

/* descriptors.c: a message whole and up to MOST_DESCRIPTORS with it, 0 or -1; what came, and how many with it. */
int send_with(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);
ssize_t receive_with(int socket, void *bytes, size_t length, int flags, int *descriptors, size_t *count);

/* A socket that is listened to at a path of the working directory. */
int listen_at(const char *name);
/* A socket of `kind` (SOCK_STREAM ...) at a path by `attach`, which is bind or connect; or -1. */
int socket_at(const char *path, int kind, int attach(int, const struct sockaddr *, socklen_t));

/* Closes what is open, and leaves errno as the failed call before it set it. */
static inline void close_keeping_errno(int fd) {
  int saved = errno;
  if (fd >= 0) close(fd);
  errno = saved;
}

/* CLOCK_REALTIME for what is told, CLOCK_MONOTONIC for what is waited for: the former may be set meanwhile. */
static inline uint64_t now_milliseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  int fd = -1, tries = 0;
  do fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
  while (fd < 0 && errno == EAGAIN && ++tries < 128); /* somebody renamed or mounted, anywhere, while ".." was being resolved */
  return fd;
}

static inline int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data) { return (int)syscall(SYS_mount, source, target, type, flags, data); }
static inline int sys_umount2(const char *target, int flags) { return (int)syscall(SYS_umount2, target, flags); }
static inline int sys_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }
static inline int sys_open_tree(int dir, const char *path, unsigned flags) { return (int)syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC); }
static inline int sys_move_mount(int from, int to) { return (int)syscall(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH); }
/* Attaches a mount that is attached nowhere yet, and lets go of both; -1 for either passes on errno. */
static inline int attach_tree(int tree, int target) {
  int result = tree < 0 || target < 0 ? -1 : sys_move_mount(tree, target);
  close_keeping_errno(tree);
  close_keeping_errno(target);
  return result;
}

static inline int sys_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }
static inline int sys_fsconfig(int fs, unsigned command, const char *key, const char *value) { return (int)syscall(SYS_fsconfig, fs, command, key, value, 0); }
static inline int sys_fsmount(int fs, unsigned attributes) { return (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes); }
static inline int sys_mount_setattr(int tree, unsigned flags, struct mount_attr *attributes) { return (int)syscall(SYS_mount_setattr, tree, "", flags, attributes, sizeof *attributes); }
static inline int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int sys_pidfd_send_signal(int pidfd, int signal_number) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0); }
static inline int sys_close_range(unsigned first, unsigned last, unsigned flags) { return (int)syscall(SYS_close_range, first, last, flags); }
static inline pid_t sys_clone3(struct clone_args *arguments) { return (pid_t)syscall(SYS_clone3, arguments, sizeof *arguments); }
#endif
