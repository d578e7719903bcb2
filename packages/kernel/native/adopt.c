/* Another runtime in our place: a program that makes the process and goes, which leaves the process to the shim, the
 * nearest subreaper. It has the process's stdio for its own; where that is a terminal it sends the master to a socket. */
#include "run.h"
#include "sys.h"

#include <stdlib.h>
#include <sys/wait.h>

int op_console_listen(struct run *run, struct reader *payload) {
  return (run->console = listen_at(read_str(payload))) < 0 ? -1 : 0;
}

/* For the program, by a number that it knows; the stage's own goes with it. */
int op_dial(struct run *run, struct reader *payload) {
  int fd = socket_at(read_str(payload), SOCK_SEQPACKET, connect);
  (void)run;
  return fd < 0 || dup3(fd, (int)read_u32(payload), 0) < 0 ? -1 : 0;
}

static int run_program(const struct run *run, char **arguments, char **environment) {
  int status;
  pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid == 0) {
    take_stdio(run);
    execve(arguments[0], arguments, environment);
    _exit(127);
  }
  if (waitpid(pid, &status, 0) < 0) return -1;
  return status == 0 ? 0 : (errno = WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : ECANCELED, -1);
}

int op_run(struct run *run, struct reader *payload) {
  char **arguments = read_list(payload), **environment = read_list(payload);
  if (!arguments || !environment || !arguments[0]) return errno = EBADMSG, -1;
  return run_program(run, arguments, environment);
}

static int read_pid(const char *file, pid_t *pid) {
  char text[16] = {0};
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  close_keeping_errno(fd);
  *pid = (pid_t)strtol(text, NULL, 10);
  return length > 0 && *pid > 0 ? 0 : (errno = length < 0 ? errno : EBADMSG, -1);
}

/* The master that has been sent by now: whoever sends it does not wait to be listened to. */
static int report_console(const struct run *run) {
  char name[256];
  int master[MOST_DESCRIPTORS];
  size_t count = 0;
  int fd = accept4(run->console, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t got = receive_with(fd, name, sizeof name, 0, master, &count);
  close_keeping_errno(fd);
  if (got < 0 || count != 1) return errno = EBADMSG, -1;
  int result = run_report(run, REPORT_CONSOLE, 0, 0, master[0]);
  close_keeping_errno(master[0]);
  return result;
}

int op_adopt(struct run *run, struct reader *payload) {
  const char *file = read_str(payload);
  char **arguments = read_list(payload), **environment = read_list(payload);
  pid_t pid;
  if (!arguments || !environment || !arguments[0]) return errno = EBADMSG, -1;
  if (run_program(run, arguments, environment) < 0 || read_pid(file, &pid) < 0) return -1;
  if (run_report(run, REPORT_CLONED, 0, (uint32_t)pid, -1) < 0) return -1;
  return run->console < 0 ? 0 : report_console(run);
}
