/* Docker's --init: PID 1 of the container. Starts the command in a group of its own, hands every signal on to it, reaps
 * whatever is orphaned, and ends as the command does. */
#include "shim.h"
#include "sys.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pid_t start(char **command, char **environment, const sigset_t *before) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  setpgid(0, 0);
  if (isatty(0)) {
    signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(0, getpid());
    signal(SIGTTOU, SIG_DFL);
  }
  sigprocmask(SIG_SETMASK, before, NULL);
  execvpe(command[0], command, environment);
  int error = errno;
  dprintf(2, "exec %s failed: %s\n", command[0], strerror(error));
  _exit(error == ENOENT ? 127 : 126);
}

/* Reaps all that can be; true when the command was among them, with its exit code in `code`. */
static bool reap(pid_t command, int *code) {
  int status;
  pid_t pid;
  bool over = false;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid != command) continue;
    *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    over = true;
  }
  return over;
}

int init_main(char **arguments, char **environment) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  prctl(PR_SET_NAME, "docker-init");
  pid_t command = start(arguments + 1, environment, &before);
  if (command < 0) return 126;
  for (;;) {
    siginfo_t info;
    int code = 0, number = sigwaitinfo(&all, &info);
    if (number == SIGCHLD && reap(command, &code)) return code;
    if (number > 0 && number != SIGCHLD) kill(command, number);
  }
}
