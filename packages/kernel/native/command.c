/* The program itself: found as Go's exec.LookPath finds it (Docker's users know its messages), then executed. */
#include "run.h"
#include "sys.h"

#include <ctype.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Twice, as runc does it: with the rights there are at first, and when those were not enough with the user's own. */
int op_directory_change(struct run *run, struct reader *payload) {
  char path[PATH_MAX];
  const char *wanted = read_str(payload);
  bool early = payload->at < payload->end && read_u32(payload);
  if (run->entered) return 0;
  if (chdir(wanted) < 0) return early && errno == EACCES ? 0 : -1;
  run->entered = true;
  /* A directory outside the root has no path in it: getcwd says so with ENOENT or "(unreachable)". */
  return getcwd(path, sizeof path) && path[0] == '/' ? 0 : (errno = ENOENT, -1);
}

int op_command(struct run *run, struct reader *payload) {
  run->arguments = read_list(payload);
  run->environment = read_list(payload);
  if (!run->arguments || !run->environment || !run->arguments[0]) return errno = EBADMSG, -1;
  return 0;
}

static int executable(const char *path) {
  struct stat what;
  if (stat(path, &what) < 0) return -1;
  if (S_ISDIR(what.st_mode)) return errno = EISDIR, -1;
  return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS); /* the real ids alone would be asked without the capabilities */
}

static const char *search_path(char **environment) {
  for (; *environment; environment++) {
    if (strncmp(*environment, "PATH=", 5) == 0) return *environment + 5;
  }
  return "";
}

int op_lookup(struct run *run, struct reader *payload) {
  const char *name = run->arguments[0];
  if (strchr(name, '/')) {
    struct stat what;
    if (stat(name, &what) < 0) run->detail = DETAIL_STAT;
    run->program = strdup(name);
    return executable(name);
  }
  const char *path = search_path(run->environment);
  for (; *name && path; path = strchr(path, ':') ? strchr(path, ':') + 1 : NULL) {
    char candidate[PATH_MAX];
    int length = (int)strcspn(path, ":");
    int written = snprintf(candidate, sizeof candidate, "%.*s/%s", length ? length : 1, length ? path : ".", name);
    if (written < (int)sizeof candidate && executable(candidate) == 0) return run->program = strdup(candidate), 0;
  }
  run->detail = DETAIL_NOT_IN_PATH;
  return errno = ENOENT, -1;
}

/* Waits for the byte that says start: from the shim, or from whoever writes to the fifo (the command line's own way). An ordinary
 * user's execs can join who waits only if that can be dumped: of the host it holds its way to us alone by now. */
int op_ready(struct run *run, struct reader *payload) {
  static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  uint32_t wait = read_u32(payload);
  if (run->ordinary && wait) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (run_report(run, REPORT_READY, 0, wait, -1) < 0) return -1;
  char byte;
  if ((run->alone = wait == 2)) close_keeping_errno(run->self); /* what waits in the container holds nothing more of the host's */
  /* Nobody ends PID 1 of a namespace by a signal that it has no handler for. */
  for (size_t i = 0; wait && i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], _exit);
  if (wait && read(wait == 2 ? run->fifo : run->report, &byte, 1) != 1) _exit(1);
  return 0;
}

int op_host_hooks(struct run *run, struct reader *payload) {
  char byte;
  if (run_report(run, REPORT_HOOKS, 0, 0, -1) < 0) return -1;
  if (read(run->report, &byte, 1) != 1) _exit(1); /* one of them has failed, and told its own story */
  return 0;
}

static void say(const char *what, const char *program, const char *reason) {
  char text[PATH_MAX + 128];
  int length = snprintf(text, sizeof text, "%s %s: %c%s\n", what, program, tolower((unsigned char)reason[0]), reason + 1);
  if (write(2, text, (size_t)length) < 0) _exit(255);
}

/* With EXEC_INIT this program itself becomes the container's PID 1 and starts the command (init.c). */
int op_exec(struct run *run, struct reader *payload) {
  uint32_t flags = read_u32(payload);
  const char *program = run->program ? run->program : run->arguments[0];
  if (flags & EXEC_INIT) {
    size_t count = 0;
    while (run->arguments[count]) count++;
    char **arguments = calloc(count + 3, sizeof *arguments);
    if (!arguments) return -1;
    arguments[0] = "/sbin/docker-init";
    arguments[1] = "--";
    memcpy(arguments + 2, run->arguments, count * sizeof *arguments);
    syscall(SYS_execveat, run->self, "", arguments, run->environment, AT_EMPTY_PATH);
  } else execve(program, run->arguments, run->environment);
  run->detail = DETAIL_EXECVE;
  if (flags & EXEC_TELL) return -1;
  say("exec", program, strerror(errno));
  _exit(255);
}

static pid_t start_hook(const char *path, char **arguments, char **environment, int input) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  if (dup2(input, 0) < 0 || sys_close_range(3, ~0u, 0) < 0) _exit(127);
  execve(path, arguments, environment);
  _exit(127);
}

/* A hook of the container's own namespaces, with the container's state on stdin. The pid in it is the one that the
 * host's /proc gives; the texts before and after come from the plan. */
int op_hook(struct run *run, struct reader *payload) {
  const char *name = read_str(payload), *path = read_str(payload);
  char **arguments = read_list(payload), **environment = read_list(payload);
  uint32_t seconds = read_u32(payload);
  const char *before = read_str(payload), *after = read_str(payload);
  int input[2], status;
  if (payload->bad || !arguments || !environment || pipe2(input, O_CLOEXEC) < 0) return -1;
  if (!run->entered && fchdir(run->root) < 0) return -1; /* before the pivot the root is where a hook finds itself */
  pid_t pid = start_hook(path, arguments, environment, input[0]);
  close(input[0]);
  pid_t writer = fork(); /* a hook need not read it: its time passes all the same */
  if (writer == 0) _exit(dup2(input[1], 0) < 0 || sys_close_range(1, ~0u, 0) < 0 || dprintf(0, "%s%s%s", before, run->pid, after) < 0);
  close(input[1]);
  if (pid < 0 || writer < 0) return -1;
  int watched = sys_pidfd_open(pid);
  struct pollfd ended = {.fd = watched, .events = POLLIN};
  if (watched >= 0 && poll(&ended, 1, seconds ? (int)seconds * 1000 : -1) == 0) kill(pid, SIGKILL);
  close(watched);
  if (waitpid(pid, &status, 0) < 0) return -1;
  kill(writer, SIGKILL); /* a filter may forbid it: what nobody reads ends by itself */
  if (waitpid(writer, NULL, 0) < 0) return -1;
  run->detail = DETAIL_HOOK_STATUS | (uint32_t)WEXITSTATUS(status) << 8;
  char exited[32];
  snprintf(exited, sizeof exited, "exit status %d", WEXITSTATUS(status));
  if (status != 0 && run->alone) say("error running", name, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : exited);
  return status == 0 ? 0 : (errno = WIFSIGNALED(status) ? ETIMEDOUT : ECANCELED, -1);
}
