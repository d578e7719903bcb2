#include "run.h"
#include "sys.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static operation *const operations[] = {
    [OP_CGROUP] = op_cgroup,
    [OP_CGROUP_INTO] = op_cgroup_into,
    [OP_JOIN] = op_join,
    [OP_JOIN_TASK] = op_join_task,
    [OP_UNSHARE] = op_unshare,
    [OP_TIME_OFFSETS] = op_time_offsets,
    [OP_TAKE] = op_take,
    [OP_CLONE] = op_clone,
    [OP_PROPAGATION] = op_propagation,
    [OP_MOUNT] = op_mount,
    [OP_ROOT] = op_root,
    [OP_MOUNT_FS] = op_mount_fs,
    [OP_BIND] = op_bind,
    [OP_PIVOT] = op_pivot,
    [OP_MASK] = op_mask,
    [OP_READONLY] = op_readonly,
    [OP_DEVICE] = op_device,
    [OP_SYMLINK] = op_symlink,
    [OP_PROC_WRITE] = op_proc_write,
    [OP_HOSTNAME] = op_hostname,
    [OP_DOMAINNAME] = op_domainname,
    [OP_DIRECTORY] = op_directory,
    [OP_CONSOLE] = op_console,
    [OP_ROOT_ATTRIBUTES] = op_root_attributes,
    [OP_RLIMIT] = op_rlimit,
    [OP_PERSONALITY] = op_personality,
    [OP_SCHEDULER] = op_scheduler,
    [OP_IO_PRIORITY] = op_io_priority,
    [OP_KEYRING] = op_keyring,
    [OP_AFFINITY] = op_affinity,
    [OP_PARENT_DEATH] = op_parent_death,
    [OP_BOUNDING] = op_bounding,
    [OP_USER] = op_user,
    [OP_CAPABILITIES] = op_capabilities,
    [OP_DIRECTORY_CHANGE] = op_directory_change,
    [OP_NO_NEW_PRIVS] = op_no_new_privs,
    [OP_SECCOMP] = op_seccomp,
    [OP_COMMAND] = op_command,
    [OP_LOOKUP] = op_lookup,
    [OP_READY] = op_ready,
    [OP_EXEC] = op_exec,
};

int run_report(const struct run *run, enum report_kind kind, int error, uint32_t detail, int fd) {
  struct report report = {.kind = kind, .op = run->op, .error = error, .detail = detail};
  struct iovec part = {.iov_base = &report, .iov_len = sizeof report};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  if (fd >= 0) {
    message.msg_control = control.space;
    message.msg_controllen = sizeof control.space;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return sendmsg(run->report, &message, MSG_NOSIGNAL) == (ssize_t)sizeof report ? 0 : -1;
}

static void take_stdio(struct run *run) {
  for (int i = 0; i < 3; i++) {
    if (run->stdio[i] >= 0 && dup2(run->stdio[i], i) < 0) _exit(1);
  }
}

_Noreturn void run_launch(struct run *run, struct reader plan, uint32_t first) {
  struct plan_op op;
  run->op = first;
  for (; plan_next(&plan, &op); run->op++) {
    int known = op.code < sizeof operations / sizeof *operations && operations[op.code];
    run->detail = DETAIL_NONE;
    errno = ENOSYS;
    if (op.code == OP_READY) take_stdio(run);
    int result = known ? operations[op.code](run, &op.payload) : -1;
    if (result == 0 && op.payload.bad) errno = EBADMSG, result = -1;
    if (result == 0) continue;
    if (op.soft && known) {
      run_report(run, REPORT_WARNING, errno, run->detail, -1);
      continue;
    }
    run_report(run, REPORT_FAILURE, errno, run->detail, -1);
    _exit(1);
  }
  errno = EBADMSG;
  run_report(run, REPORT_FAILURE, errno, 0, -1);
  _exit(1);
}
