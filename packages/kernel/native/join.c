/* The stage: cgroups and namespaces, and the clone that makes the first process. It enters the cgroups itself, so
 * that everything after it is born inside. Its one thread is all that has to move, by v1's `tasks`: a write to cgroup.procs would
 * wait until nobody on the machine can fork (10 to 20 ms). */
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <string.h>
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
  free(files); /* keeps errno */
  return result;
}

int op_cgroup_into(struct run *run, struct reader *payload) {
  return (run->into = open(read_str(payload), O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ? -1 : 0;
}

int op_join(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  uint32_t type = read_u32(payload);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  int result = setns(fd, (int)type);
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

static int map_by_namespace(int tree, int space, unsigned recursive) {
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)space};
  int result = space < 0 ? -1 : sys_mount_setattr(tree, AT_EMPTY_PATH | recursive, &attributes);
  close_keeping_errno(space);
  return result;
}

/* mount_setattr(2) takes an id map in the form of a user namespace that has it: one is made for it, without anybody inside, or
 * `uids` is the path of one. */
int map_tree(int tree, const char *uids, const char *gids, unsigned recursive) {
  if (*uids == '/') return map_by_namespace(tree, open(uids, O_RDONLY | O_CLOEXEC), recursive);
  struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  int told[2];
  char number[16] = "", path[64];
  if (pipe2(told, O_CLOEXEC) < 0) return -1;
  pid_t pid = sys_clone3(&arguments);
  /* It goes with us; before it could hear of our end the pipe has nobody. It tells what /proc calls it: that may be of another pid
   * namespace than we are. */
  if (pid == 0) _exit(close(told[0]) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || readlink("/proc/self", number, sizeof number - 1) < 0 || write(told[1], number, sizeof number) < 0 || pause());
  close_keeping_errno(told[1]);
  ssize_t heard = pid < 0 ? -1 : read(told[0], number, sizeof number);
  close_keeping_errno(told[0]);
  if (pid < 0) return -1;
  snprintf(path, sizeof path, "/proc/%s/ns/user", number);
  int result = map_by_namespace(tree, heard < 1 || map_ids(atoi(number), uids, gids, 0) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC), recursive);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  return result;
}

/* In a new user namespace the first process is nobody until its parent has written the maps. */
static int become_root(int gate) {
  char byte;
  if (read(gate, &byte, 1) != 1) _exit(1);
  close(gate);
  return setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -1 : 0;
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
    if (flags & CLONE_NEWUSER) return become_root(gate[0]);
    close(gate[0]);
    return 0;
  }
  if (run->mappers[0] ? map_by(run->mappers[1], pid, gids) < 0 || map_by(run->mappers[0], pid, uids) < 0 : map_ids(pid, uids, gids, (int)deny) < 0) return -1;
  if (run_report(run, REPORT_CLONED, 0, (uint32_t)pid, -1) < 0 || write(gate[1], "", 1) != 1) return -1;
  _exit(0);
}
