/*
 * Running a plan. Three processes share this code, one after the other:
 *
 *   shim ── fork ──▶ stage ── clone3(CLONE_PARENT) ──▶ first process ── execve ──▶ the user's program
 *                    enters cgroups and namespaces      lays out its root, drops its rights
 *
 * The stage and the first process tell the shim how it goes over one SOCK_SEQPACKET pair, one report a packet; its
 * end of file says that the program now runs. The shim sends back one byte when the program may start.
 */
#ifndef NARU_RUN_H
#define NARU_RUN_H

#include "plan.h"

#include <stdbool.h>
#include <sys/types.h>

enum report_kind { REPORT_CLONED = 1, REPORT_READY = 2, REPORT_WARNING = 3, REPORT_FAILURE = 4, REPORT_CONSOLE = 5, REPORT_LISTENER = 6, REPORT_HOOKS = 7 };

struct report {
  uint32_t kind;
  uint32_t op;
  int32_t error;   /* errno */
  uint32_t detail; /* pid, or where in the operation it failed */
};

/* Where an operation failed, when errno alone does not say it. */
enum report_detail { DETAIL_NONE = 0, DETAIL_DESTINATION = 1, DETAIL_SOURCE = 2, DETAIL_NOT_IN_PATH = 3, DETAIL_STAT = 4, DETAIL_EXECVE = 5, DETAIL_HOOK_STATUS = 6 /* and its exit status << 8 */ };

/* Of a mount: as /proc/PID/uid_map and gid_map take them, or `uids` is a user namespace's path. `recursive`: 0 or AT_RECURSIVE. */
struct id_map {
  const char *uids, *gids;
  unsigned recursive;
};

struct run {
  int report;
  int root;        /* O_PATH of the container's root, -1 before OP_root */
  int task;        /* pidfd of the container's first process, -1 when this is the first */
  int into;        /* v2 cgroup directory for clone3, -1 without */
  int fifo;        /* of OP_fifo, -1 without */
  int parent;      /* of root_parent, -1 before: the directory that operation `parent_op` asked for by this path */
  uint32_t parent_op;
  size_t parent_length;
  const char *parent_path;
  int mask;        /* OP_mask's empty directory once there is one, -1 before */
  int mapper;      /* of OP_mount_mapper, -1 without */
  int console;     /* of OP_console_listen, -1 without */
  int stdio[3];
  int self;        /* this program's own file, for EXEC_INIT */
  int *taken;      /* trees of OP_take */
  size_t taken_count;
  const char *mappers[2]; /* of OP_mappers */
  uint32_t op;     /* number of the operation at work */
  uint32_t detail;
  char pid[16];    /* of the first process as the host's /proc tells it */
  char **arguments;
  char **environment;
  char *program;   /* what OP_lookup found */
  bool entered;    /* OP_directory_change has */
  bool ordinary;   /* an ordinary user's: made from outside his user namespace without any rights there */
  bool alone;      /* nobody hears reports any more, only stderr is left */
};

/* Executes operations, numbered from `first` (UINT32_MAX: a seed's, which no plan numbers). The last of a plan does not return. */
void run_operations(struct run *run, struct reader plan, uint32_t first);

/* Sends a report, with `fd` beside it when that is not -1. */
int run_report(const struct run *run, enum report_kind kind, int error, uint32_t detail, int fd);

/* Each operation: 0, or -1 with errno; may set run->detail. */
typedef int operation(struct run *run, struct reader *payload);

#define DECLARE(name, code) operation op_##name;
OPERATIONS(DECLARE)

/* Makes the process's stdio this one's. */
void take_stdio(const struct run *run);

/* An O_PATH or other descriptor of `path` inside the root: symlinks, "..", absolute targets all stay inside. */
int root_open(const struct run *run, const char *path, uint64_t flags, uint64_t resolve);
/* The same, making what is missing on the way: directories, and at the end a file when `file`. An O_PATH descriptor. */
int root_make(const struct run *run, const char *path, int file, mode_t mode);
/* The directory that holds `path` (made when missing), and `name` at the last part. It stays ours: operations one after another, with
 * nothing mounted between them, find it open. */
int root_parent(struct run *run, const char *path, const char **name);
/* Copies what is in one open directory into another. */
int copy_tree(int from, int to);
/* Has the ids of a detached mount mapped by the process of OP_mount_mapper, which shares our memory as it was then. */
int mapper_ask(const struct run *run, int tree, const struct id_map *map);
/* Writes all of a short text to an open file and closes it. */
int write_text(int fd, const char *text);

#endif
