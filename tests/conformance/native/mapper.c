/* The process that maps mounts' ids, killed while another holds a user namespace for it. Ends when all that were forked have. */
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int run_report(const struct run *run, enum report_kind kind, int error, uint32_t detail, int fd) { return (void)run, (void)kind, (void)error, (void)detail, fd; }

/* The first that is written is the map of who has just been made. */
int write_text(int fd, const char *text) {
  (void)text;
  kill(getpid(), SIGKILL);
  return fd;
}

static void ask(void) {
  struct run run = {.mapper = -1};
  struct reader payload = {0};
  const struct id_map map = {.uids = "0 0 1\n", .gids = "0 0 1\n"};
  if (op_mount_mapper(&run, &payload) < 0) _exit(1);
  _exit(mapper_ask(&run, 0, &map) < 0 ? 0 : 1);
}

int main(void) {
  int status, children = 0, killed = 0, failed = 0;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return 1;
  if (fork() == 0) ask();
  for (; wait(&status) > 0; children++) {
    if (WIFSIGNALED(status)) killed++;
    else if (WEXITSTATUS(status)) failed++;
  }
  printf("%d children, %d killed, %d failed\n", children, killed, failed);
  return 0;
}
