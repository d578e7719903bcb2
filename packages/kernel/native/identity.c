/* What the process may do: ids, capabilities, limits, seccomp. Order is the plan's. */
#include "run.h"
#include "sys.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define KEYCTL_JOIN_SESSION_KEYRING 1

int op_hostname(struct run *run, struct reader *payload) {
  const char *name = read_str(payload);
  return sethostname(name, strlen(name));
}

int op_domainname(struct run *run, struct reader *payload) {
  const char *name = read_str(payload);
  return setdomainname(name, strlen(name));
}

int op_rlimit(struct run *run, struct reader *payload) {
  uint32_t resource = read_u32(payload);
  struct rlimit limit = {.rlim_cur = read_u64(payload)};
  limit.rlim_max = read_u64(payload);
  return setrlimit((int)resource, &limit);
}

int op_personality(struct run *run, struct reader *payload) {
  return personality(read_u32(payload)) < 0 ? -1 : 0;
}

struct scheduling {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

int op_scheduler(struct run *run, struct reader *payload) {
  struct scheduling attributes = {.size = sizeof attributes, .policy = read_u32(payload)};
  attributes.nice = (int32_t)read_u32(payload);
  attributes.priority = read_u32(payload);
  attributes.flags = read_u64(payload);
  attributes.runtime = read_u64(payload);
  attributes.deadline = read_u64(payload);
  attributes.period = read_u64(payload);
  return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

int op_io_priority(struct run *run, struct reader *payload) {
  return (int)syscall(SYS_ioprio_set, 1, 0, read_u32(payload));
}

int op_affinity(struct run *run, struct reader *payload) {
  uint32_t length;
  const uint8_t *mask = read_blob(payload, &length);
  return (int)syscall(SYS_sched_setaffinity, 0, (size_t)length, mask);
}

int op_memory_policy(struct run *run, struct reader *payload) {
  uint32_t mode = read_u32(payload), length;
  const uint8_t *nodes = read_blob(payload, &length);
  return (int)syscall(SYS_set_mempolicy, mode, length ? nodes : NULL, length * 8ul + 1); /* the kernel takes one bit less than it is told */
}

/* A session keyring of its own: otherwise the container would hold the daemon's. */
int op_keyring(struct run *run, struct reader *payload) {
  long result = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, read_str(payload), 0, 0, 0);
  return result < 0 && errno != ENOSYS ? -1 : 0;
}

/* A change of ids clears this, so it comes after OP_user. */
int op_parent_death(struct run *run, struct reader *payload) {
  return prctl(PR_SET_PDEATHSIG, read_u32(payload), 0, 0, 0);
}

int op_bounding(struct run *run, struct reader *payload) {
  uint64_t keep = read_u64(payload);
  for (unsigned capability = 0; capability < 64; capability++) {
    if (keep >> capability & 1) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    return errno == EINVAL ? 0 : -1; /* past the last one this kernel knows */
  }
  return 0;
}

/* A program that is not root must be able to open its own /dev/stdout again. */
static void give_stdio(const struct run *run, uint32_t uid) {
  for (int i = 0; i < 3; i++) {
    struct stat what;
    if (run->stdio[i] < 0 || fstat(run->stdio[i], &what) < 0 || what.st_uid == uid) continue;
    if (S_ISFIFO(what.st_mode) || S_ISSOCK(what.st_mode)) (void)!fchown(run->stdio[i], uid, (gid_t)-1);
  }
}

/* Keeps the permitted set across the change of ids; OP_capabilities says afterwards what stays. */
int op_user(struct run *run, struct reader *payload) {
  uint32_t uid = read_u32(payload), gid = read_u32(payload), mask = read_u32(payload), count = read_u32(payload);
  if (payload->bad || count > (size_t)(payload->end - payload->at) / sizeof(gid_t)) return errno = EBADMSG, -1;
  gid_t *groups = calloc(count + 1, sizeof *groups);
  if (!groups) return -1;
  for (uint32_t i = 0; i < count; i++) groups[i] = read_u32(payload);
  give_stdio(run, uid);
  int result = count == 1 && groups[0] == (gid_t)-1 ? 0 : setgroups(count, groups);
  free(groups);
  if (result < 0) return -1;
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -1;
  if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0) return -1;
  if (mask != UINT32_MAX) umask(mask);
  return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

static int set_ambient(uint64_t wanted) {
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return errno == EINVAL && !wanted ? 0 : -1;
  for (unsigned capability = 0; capability < 64; capability++) {
    if (wanted >> capability & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return -1;
  }
  return 0;
}

/* Nobody can be given what the daemon itself lacks: the sets are cut to what is permitted now. */
int op_capabilities(struct run *run, struct reader *payload) {
  uint64_t effective = read_u64(payload), permitted = read_u64(payload), inheritable = read_u64(payload), ambient = read_u64(payload);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct now[2], set[2];
  if (syscall(SYS_capget, &header, now) < 0) return -1;
  uint64_t held = now[0].permitted | (uint64_t)now[1].permitted << 32;
  for (int half = 0; half < 2; half++) {
    set[half].permitted = (uint32_t)((permitted & held) >> 32 * half);
    set[half].effective = (uint32_t)((effective & permitted & held) >> 32 * half);
    set[half].inheritable = (uint32_t)((inheritable & held) >> 32 * half);
  }
  if (syscall(SYS_capset, &header, set) < 0) return -1;
  return set_ambient(ambient & inheritable & permitted & held);
}

int op_no_new_privs(struct run *run, struct reader *payload) {
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int op_seccomp(struct run *run, struct reader *payload) {
  uint32_t flags = read_u32(payload), length;
  const uint8_t *bytes = read_blob(payload, &length);
  struct sock_filter *filter = malloc(length + 1);
  if (payload->bad || !filter || length % sizeof *filter || length / sizeof *filter > BPF_MAXINSNS) return errno = EBADMSG, -1;
  memcpy(filter, bytes, length);
  struct sock_fprog program = {.len = (unsigned short)(length / sizeof *filter), .filter = filter};
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (listener < 0 || !(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)) return (int)listener;
  int result = run_report(run, REPORT_LISTENER, 0, 0, (int)listener);
  close_keeping_errno((int)listener);
  return result;
}
