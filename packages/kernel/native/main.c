/*
 * naru-shim: what a Node process cannot do itself. It decides nothing: it executes launch plans (plan.h) and holds
 * what they made (shim.h).
 *
 *   naru-shim --control FD DIRECTORY LABEL   hold a container; works in DIRECTORY
 *   naru-shim --launch FD DIRECTORY LABEL    launch one process for a command line, and leave it when the connection ends
 *   naru-shim --reap FD DIRECTORY LABEL      the same, and take it and its orphans while the connection lasts
 *   /sbin/docker-init -- COMMAND …             be a container's PID 1 (init.c)
 */
#include "shim.h"
#include "sys.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

static int watch_signals(void) {
  static const uint64_t none[4] = {0}; /* as the kernel's sigaction: SIG_DFL, no flags, no restorer, no mask */
  sigset_t set;
  /* Once for all stages: neither what Node ignores nor what its C library keeps for itself, which sigaction(2)'s wrappers refuse. */
  for (int number = 1; number <= 64; number++) syscall(SYS_rt_sigaction, number, none, NULL, sizeof *none);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) return -1;
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int hold(int control, const char *mode, const char *directory, char *label) {
  bool foreground = strcmp(mode, "--control") != 0, reaper = strcmp(mode, "--launch") != 0;
  prctl(PR_SET_NAME, "naru-shim");
  /* /proc/PID/exe of a launch must not be opened from inside the container it is about to become. */
  prctl(PR_SET_DUMPABLE, 0);
  fcntl(control, F_SETFD, FD_CLOEXEC);
  setsid(); /* the terminal's Ctrl-C is for who started us; a command passes it on */
  sys_close_range((unsigned)control + 1, ~0u, 0); /* what the daemon was given by whoever started it is not ours to keep open */
  if (prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)reaper) < 0 || chdir(directory) < 0) return 1;
  struct shim shim = {.foreground = foreground, .reaper = reaper, .label = label, .seed = {.report = -1}, .oom_control = -1, .oom_event = -1};
  shim.self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
  shim.signals = watch_signals();
  shim.listener = foreground ? -1 : listen_at("shim.sock");
  if (shim.self < 0 || shim.signals < 0 || (!foreground && shim.listener < 0)) return 1;
  return loop_run(&shim, control);
}

int main(int count, char **arguments, char **environment) {
  if (count > 2 && strcmp(arguments[0], "/sbin/docker-init") == 0) return init_main(arguments + 1, environment);
  if (count < 5) {
    fprintf(stderr, "usage: naru-shim --control|--launch|--reap FD DIRECTORY LABEL\n");
    return 2;
  }
  return hold(atoi(arguments[2]), arguments[1], arguments[3], arguments[4]);
}
