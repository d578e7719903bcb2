/* The stage: cgroups and namespaces, and the clone that makes the first process. It enters the cgroups itself, so
 * that everything after it is born inside. Its one thread is all that has to move, by v1's `tasks`: a write to cgroup.procs would
 * wait until nobody on the machine can fork (10 to 20 ms). */
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

int op_cgroup(struct run *run, struct reader *payload) {
  char **files = read_list(payload);
  if (!files) return errno = EBADMSG, -1;
  int result = 0;
  for (char **file = files; *file && result == 0; file++) {
    result = write_text(open(*file, O_WRONLY | O_CLOEXEC), "0");
    if (result < 0) run->detail = (uint32_t)(file - files);
  }
  return result;
}

int op_cgroup_into(struct run *run, struct reader *payload) {
  return (run->into = open(read_str(payload), O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ? -1 : 0;
}

int op_join(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  uint32_t type = read_u32(payload);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int result = fd < 0 ? -1 : setns(fd, (int)type);
  close_keeping_errno(fd);
  return result;
}

int op_join_task(struct run *run, struct reader *payload) {
  return setns(run->task, (int)read_u32(payload));
}

int op_task(struct run *run, struct reader *payload) {
  return (run->task = sys_pidfd_open((pid_t)read_u32(payload))) < 0 ? -1 : 0;
}

/* Open both ways: reading waits for somebody's byte, and never sees an end. */
int op_fifo(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  if (mkfifo(path, 0600) < 0) return -1;
  return (run->fifo = open(path, O_RDWR | O_CLOEXEC)) < 0 ? -1 : 0;
}

int op_unshare(struct run *run, struct reader *payload) {
  return unshare((int)read_u32(payload));
}

int op_time_offsets(struct run *run, struct reader *payload) {
  return write_text(open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC), read_str(payload));
}

static int write_map(pid_t pid, const char *file, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  return write_text(open(path, O_WRONLY | O_CLOEXEC), text);
}

int op_mappers(struct run *run, struct reader *payload) {
  for (int i = 0; i < 2; i++) run->mappers[i] = read_str(payload);
  return payload->bad ? (errno = EBADMSG, -1) : 0;
}

/* newuidmap(1) takes the map's numbers as arguments, and says itself what it finds wrong. */
static int map_by(const char *mapper, pid_t pid, const char *numbers) {
  char command[8192];
  if ((size_t)snprintf(command, sizeof command, "exec %s %d %s", mapper, (int)pid, numbers) >= sizeof command) return errno = E2BIG, -1;
  return system(command) == 0 ? 0 : (errno = EPERM, -1);
}

static int map_ids(pid_t pid, const char *uids, const char *gids, int deny_setgroups) {
  if (deny_setgroups && write_map(pid, "setgroups", "deny") < 0) return -1;
  if (*gids && write_map(pid, "gid_map", gids) < 0) return -1;
  return *uids ? write_map(pid, "uid_map", uids) : 0;
}

/* mount_setattr(2) takes an id map in the form of a user namespace that has it: one is made for it, with a process inside that ends
 * when nobody can write to it any more; or `uids` is the path of one. */
static int open_map(const struct id_map *map) {
  if (*map->uids == '/') return open(map->uids, O_RDONLY | O_CLOEXEC);
  struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  char path[64];
  int held[2];
  if (pipe2(held, O_CLOEXEC) < 0) return -1;
  pid_t pid = sys_clone3(&arguments);
  if (pid == 0) _exit(close(held[1]) < 0 || read(held[0], path, 1) < 0);
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
  int space = pid < 0 || map_ids(pid, map->uids, map->gids, 0) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  close_keeping_errno(held[0]);
  close_keeping_errno(held[1]);
  if (pid > 0) waitpid(pid, NULL, 0);
  return space;
}

/* Mounts' ids are mapped with the host's rights, which are kept here for who will have left them: for as long as he can ask. */
int op_mount_mapper(struct run *run, struct reader *payload) {
  (void)payload;
  struct id_map map;
  int pair[2], tree;
  size_t count;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  pid_t pid = fork();
  if (pid != 0) {
    close_keeping_errno(pair[1]);
    return run->mapper = pair[0], pid < 0 ? -1 : 0;
  }
  if (dup2(pair[1], 0) < 0 || sys_close_range(1, ~0u, 0) < 0) _exit(1);
  while (receive_with(0, &map, sizeof map, 0, &tree, &count) == (ssize_t)sizeof map && count) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)open_map(&map)};
    int error = (int)attributes.userns_fd < 0 || sys_mount_setattr(tree, AT_EMPTY_PATH | map.recursive, &attributes) < 0 ? errno : 0;
    close((int)attributes.userns_fd);
    close(tree);
    if (send(0, &error, sizeof error, MSG_NOSIGNAL) < 0) break;
  }
  _exit(0);
}

int mapper_ask(const struct run *run, int tree, const struct id_map *map) {
  int error = EPIPE;
  if (send_with(run->mapper, map, sizeof *map, &tree, 1) < 0 || recv(run->mapper, &error, sizeof error, 0) < 0) return -1;
  return error ? (errno = error, -1) : 0;
}

/* In a new user namespace the first process is nobody until its parent has written the maps, and then who comes first in them. */
static int become_first(int gate, uid_t uid, gid_t gid) {
  char byte;
  if (read(gate, &byte, 1) != 1) _exit(1);
  close(gate);
  return setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -1 : 0;
}

int op_clone(struct run *run, struct reader *payload) {
  uint32_t flags = read_u32(payload);
  const char *uids = read_str(payload), *gids = read_str(payload);
  uint32_t deny = read_u32(payload);
  if (payload->bad) return errno = EBADMSG, -1;
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) < 0) return -1;
  struct clone_args arguments = {.flags = flags | CLONE_PARENT};
  if (run->into >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (uint64_t)run->into;
  }
  /* The /proc files of who cannot be dumped are root's; an ordinary user must write the maps. */
  if ((run->ordinary = deny || run->mappers[0])) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  pid_t pid = sys_clone3(&arguments);
  if (pid < 0) return -1;
  if (pid == 0) {
    close(gate[1]);
    close_keeping_errno(run->into); /* the host's cgroup is nothing to hold while waiting in a container */
    if (setsid() < 0) return -1;
    if (flags & CLONE_NEWUSER) return become_first(gate[0], (uid_t)atoi(uids), (gid_t)atoi(gids));
    close(gate[0]);
    return 0;
  }
  if (run->mappers[0] ? map_by(run->mappers[1], pid, gids) < 0 || map_by(run->mappers[0], pid, uids) < 0 : map_ids(pid, uids, gids, (int)deny) < 0) return -1;
  if (run_report(run, REPORT_CLONED, 0, (uint32_t)pid, -1) < 0 || write(gate[1], "", 1) != 1) return -1;
  _exit(0);
}
