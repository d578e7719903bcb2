#include "run.h"
#include "sys.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>

#define ENTRY(name, code) [code] = op_##name,
static operation *const operations[] = {OPERATIONS(ENTRY)};

int run_report(const struct run *run, enum report_kind kind, int error, uint32_t detail, int fd) {
  struct report report = {.kind = kind, .op = run->op, .error = error, .detail = detail};
  return send_with(run->report, &report, sizeof report, &fd, fd >= 0);
}

void take_stdio(const struct run *run) {
  for (int i = 0; i < 3; i++) {
    if (run->stdio[i] >= 0 && dup2(run->stdio[i], i) < 0) _exit(1);
  }
}

/* The host's null device lies in a mount that is not the container's: who holds it open cannot be checkpointed. */
int op_null_stdio(struct run *run, struct reader *payload) {
  (void)payload;
  struct stat null, given;
  int fd = open("/dev/null", O_RDWR | O_CLOEXEC), result = fd < 0 ? -1 : fstat(fd, &null);
  for (int *own = run->stdio; result == 0 && own < run->stdio + 3; own++) {
    if (fstat(*own, &given) < 0 || !S_ISCHR(given.st_mode) || given.st_rdev != null.st_rdev) continue;
    result = dup3(fd, *own, *own < 3 ? 0 : O_CLOEXEC) < 0 ? -1 : 0;
  }
  close_keeping_errno(fd);
  return result;
}

/* A step that fails ends the process, unless the plan takes its failure lightly. */
static void run_one(struct run *run, struct plan_op *op) {
  int known = op->code < sizeof operations / sizeof *operations && operations[op->code];
  run->detail = DETAIL_NONE;
  if (op->code == OP_ready) take_stdio(run);
  errno = ENOSYS;
  int result = known ? operations[op->code](run, &op->payload) : -1;
  if (result == 0 && op->payload.bad) errno = EBADMSG, result = -1;
  if (result == 0) return;
  bool light = op->soft && known;
  run_report(run, light ? REPORT_WARNING : REPORT_FAILURE, errno, run->detail, -1);
  if (!light) _exit(run->alone ? 255 : 1); /* as runC ends there */
}

void run_operations(struct run *run, struct reader plan, uint32_t first) {
  struct plan_op op;
  run->op = first;
  while (plan_next(&plan, &op)) {
    run_one(run, &op);
    if (first != UINT32_MAX) run->op++;
  }
}
