/* Processes: from plan to program to end. */
#include "shim.h"
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LINGER 2000 /* ms that output may stay open behind an ended process, as dockerd waits */
#define HELD 10000  /* ms that an ended exec's output waits for its first attachment */

struct process *process_find(struct shim *shim, uint16_t number) {
  for (struct process *process = shim->processes; process; process = process->next) {
    if (process->number == number) return process;
  }
  return NULL;
}

/* Its end of the socket is enough: a seed that reads the end of it goes. */
void process_drop_seed(struct shim *shim) {
  if (shim->seed.pid) close_keeping_errno(shim->seed.report);
  shim->seed = (struct seed){.report = -1};
}

static void tell_asker(struct process *process, enum frame_type type, const void *payload, uint32_t length) {
  if (!process->asker) return;
  client_send(process->asker, (struct frame){.length = length, .type = type, .process = process->number, .id = process->asked}, payload);
}

static void launch_failed(struct process *process, const struct report *report) {
  uint32_t body[3] = {report->op, (uint32_t)report->error, report->detail};
  tell_asker(process, FRAME_FAIL, body, sizeof body);
  process->asker = NULL;
  process->reported_end = true; /* nobody else need hear of a process that never was */
  stream_close(process);
}

/* Not before its terminal and its seccomp listener are with whoever is to have them; its output goes to an asker that is attached
 * behind the answer. */
static void answer_asker(struct process *process) {
  uint32_t pid = (uint32_t)process->pid;
  if (process->console.pending || process->seccomp.pending) return;
  tell_asker(process, FRAME_OK, &pid, sizeof pid);
  process->attached |= process->asker && process->asker->process == process;
  process->asker = NULL;
}

int process_go(struct process *process) {
  return send(process->report, "", 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

void process_start(struct process *process) {
  process->state = PROCESS_STARTING;
  if (process_go(process) < 0) process->state = PROCESS_CREATED;
}

/* A process whose terminal or listener nobody has is not to be. */
static void pass_on(struct process *process, struct handover *handover, const char *path) {
  if (!handover->pending) return;
  int result = handover_try(handover, path);
  if (result < 0) {
    launch_failed(process, &(struct report){.op = handover->op, .error = errno, .detail = DETAIL_DESTINATION});
    process_signal(process, SIGKILL);
  }
  if (result > 0 && (process->state == PROCESS_RUNNING || (process->state == PROCESS_CREATED && process->waits))) answer_asker(process);
}

/* As runc sends it: the terminal's name, and the master beside it. */
static void take_console(struct process *process, const struct report *report, int master) {
  if (process->console_socket) {
    handover_begin(&process->console, report->op, strdup("/dev/ptmx"), master);
    pass_on(process, &process->console, process->console_socket);
  } else {
    fcntl(master, F_SETFL, O_NONBLOCK);
    process->output[0] = process->input = master;
  }
}

/* End of the reports: the program has taken over (its execve closed the socket), or the process died before that. */
static void reports_ended(struct process *process) {
  close(process->report);
  process->report = -1;
  if (process->state == PROCESS_ENDED) return;
  bool up = process->state == PROCESS_STARTING || (process->state == PROCESS_CREATED && !process->waits);
  if (!up) return; /* its death is on the way, and settles what was asked */
  process->state = PROCESS_RUNNING;
  process->started_at = now_milliseconds(CLOCK_REALTIME);
  answer_asker(process);
}

/* The seccomp listener goes to whoever the spec names, with OCI's ContainerProcessState. */
static void take_listener(struct process *process, const struct report *report, int listener) {
  char *text = NULL;
  int length = asprintf(&text, "%s%d%s%d%s", process->notify[1], process->pid, process->notify[2], process->pid, process->notify[3]);
  handover_begin(&process->seccomp, report->op, length > 0 ? text : NULL, listener);
  pass_on(process, &process->seccomp, process->notify[0]);
}

/* Unmounting takes the kernel its time, and an overlay syncs the disk below it: the container's last process would do that before
 * anybody hears of its end. With its mount namespace held here it happens when we go. */
static void hold_mounts(struct process *process) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/mnt", process->pid);
  process->mounts = open(path, O_RDONLY | O_CLOEXEC);
}

/* Who waits to be started answers when ready for it, anybody else when the program runs. It can be ready before the stage
 * has said which process it is. */
static void check_ready(struct process *process) {
  if (process->state != PROCESS_LAUNCHING || !process->ready || !process->pid) return;
  process->state = PROCESS_CREATED;
  if (process->number == 0) hold_mounts(process);
  if (process->waits) answer_asker(process);
}

/* Before the connection ends: whoever waits for that may mount the same layers again. */
void process_let_go(struct process *process) {
  if (process->mounts >= 0) close(process->mounts);
  process->mounts = -1;
}

static void tell_cloned(struct process *process) {
  uint32_t pid = (uint32_t)process->pid;
  if (process->number == 0) tell_asker(process, FRAME_CLONED, &pid, sizeof pid);
}

/* The new process can be here before the stage has said which it is: the hooks are to know. */
static void tell_hooks(struct process *process) {
  uint32_t pid = (uint32_t)process->pid;
  if (!process->asks_hooks || !pid) return;
  tell_asker(process, FRAME_HOOKS, &pid, sizeof pid);
  process->asks_hooks = false;
}

void process_report(struct shim *shim, struct process *process) {
  struct report report;
  int passed[MOST_DESCRIPTORS];
  size_t count;
  ssize_t got = receive_with(process->report, &report, sizeof report, MSG_DONTWAIT, passed, &count);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != (ssize_t)sizeof report) {
    reports_ended(process);
    process_reap(shim);
    return;
  }
  if (report.kind == REPORT_CONSOLE && count) take_console(process, &report, passed[0]);
  if (report.kind == REPORT_LISTENER && count) take_listener(process, &report, passed[0]);
  if (report.kind == REPORT_HOOKS) process->asks_hooks = true;
  /* Once it has been let go, what fails is told by itself, as its output and its end. */
  if (report.kind == REPORT_FAILURE && (process->asker || !process->ready)) launch_failed(process, &report);
  if (report.kind == REPORT_READY) {
    process->ready = true;
    process->waits = report.detail;
  }
  if (report.kind == REPORT_CLONED) {
    process->pid = (pid_t)report.detail;
    process->pidfd = sys_pidfd_open(process->pid);
    fcntl(process->pidfd, F_SETFD, FD_CLOEXEC);
    tell_cloned(process);
    /* SHUTDOWN, or a terminal that nobody took, came before its name. */
    if (shim->closing || process->reported_end) process_signal(process, SIGKILL);
    process_reap(shim);
  }
  if (report.kind == REPORT_WARNING) {
    uint32_t body[3] = {report.op, (uint32_t)report.error, report.detail};
    tell_asker(process, FRAME_WARNING, body, sizeof body);
  }
  tell_hooks(process);
  check_ready(process);
}

int process_signal(struct process *process, int signal_number) {
  if (process->state == PROCESS_ENDED || process->pidfd < 0) return errno = ESRCH, -1;
  return sys_pidfd_send_signal(process->pidfd, signal_number);
}

int process_resize(struct process *process, uint16_t columns, uint16_t rows) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  if (!process->terminal || process->input < 0) return errno = ENOTTY, -1;
  return ioctl(process->input, TIOCSWINSZ, &size);
}

/* Without a pid namespace of its own, the container's other processes outlive the first: they are killed by cgroup. */
static void sweep(const char *file) {
  char text[4096];
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  ssize_t length;
  /* What does not fit comes in the next round: those already killed are on their way out of the file. */
  for (int round = 0; round < 100 && fd >= 0 && (length = pread(fd, text, sizeof text - 1, 0)) > 0; round++) {
    text[length] = 0;
    for (char *at = text, *end; (strtol(at, &end, 10)) > 0 && *end == '\n'; at = end + 1) kill((pid_t)strtol(at, NULL, 10), SIGKILL);
  }
  if (fd >= 0) close(fd);
}

static void record_ending(const struct process *process) {
  char text[96];
  const struct ending *ending = &process->ending;
  int length = snprintf(text, sizeof text, "%d %d %u %llu %llu\n", ending->code, ending->signal, ending->oom,
                        (unsigned long long)ending->at, (unsigned long long)process->started_at);
  int fd = open("exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (write(fd, text, (size_t)length) == length) rename("exit.new", "exit");
  close(fd);
}

static void ended(struct shim *shim, struct process *process, int status) {
  bool killed = WIFSIGNALED(status);
  process->ending.signal = killed ? WTERMSIG(status) : 0;
  process->ending.code = killed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  process->ending.at = now_milliseconds(CLOCK_REALTIME);
  oom_check(shim);
  process->ending.oom = shim->oom_kills > 0;
  process->state = PROCESS_ENDED;
  process->deadline = now_milliseconds(CLOCK_MONOTONIC) + (process->stdio & STDIO_HOLD && !process->attached ? HELD : LINGER);
  if (process->number == 0) {
    if (!shim->foreground) record_ending(process);
    if (process->sweep) sweep(process->sweep);
    process_drop_seed(shim);
  }
}

static bool cloning(const struct shim *shim) {
  for (const struct process *process = shim->processes; process; process = process->next) {
    if (!process->pid && process->report >= 0) return true;
  }
  return false;
}

/* What a command launches and lets go of is not ours to take: whoever reaps after us is to find it. */
static bool has_ended(const struct shim *shim, const struct process *process, int *status) {
  if (!shim->foreground || shim->reaper) return waitpid(process->pid, status, WNOHANG) == process->pid;
  siginfo_t end = {0};
  if (waitid(P_PID, (id_t)process->pid, &end, WEXITED | WNOHANG | WNOWAIT) < 0 || end.si_pid == 0) return false;
  *status = end.si_code == CLD_EXITED ? end.si_status << 8 : end.si_status;
  return true;
}

/* Whose end somebody waits for; their own are told, a stage's or seed's noted. */
static void reap_known(struct shim *shim) {
  int status;
  for (struct process *process = shim->processes; process; process = process->next) {
    if (process->pid && process->state != PROCESS_ENDED && has_ended(shim, process, &status)) ended(shim, process, status);
    /* A stage that dies before its clone takes the launch with it; its report says why. */
    if (process->stage && waitpid(process->stage, NULL, WNOHANG) == process->stage) process->stage = 0;
  }
  if (shim->seed.pid && waitpid(shim->seed.pid, NULL, WNOHANG) == shim->seed.pid) process_drop_seed(shim);
}

static bool known(const struct shim *shim, pid_t pid) {
  for (const struct process *process = shim->processes; process; process = process->next) {
    if ((process->pid == pid && process->state != PROCESS_ENDED) || process->stage == pid) return true;
  }
  return shim->seed.pid == pid;
}

/*
 * A program can end before the report that names it has been read: whoever is unknown stays a zombie until no launch is
 * under way, when it can only be an orphan that was handed to us. It is looked at before it is taken, since one of the
 * known may have ended only after we asked for it.
 */
void process_reap(struct shim *shim) {
  struct signalfd_siginfo info;
  while (read(shim->signals, &info, sizeof info) > 0) {}
  for (;;) {
    siginfo_t next = {0};
    reap_known(shim);
    if (!shim->reaper || cloning(shim) || waitid(P_ALL, 0, &next, WEXITED | WNOHANG | WNOWAIT) < 0 || next.si_pid == 0) return;
    if (!known(shim, next.si_pid)) waitpid(next.si_pid, NULL, WNOHANG);
  }
}

/* Tells the end once the output before it is delivered, or has had its time. */
void process_settle(struct shim *shim, struct process *process) {
  pass_on(process, &process->console, process->console_socket);
  pass_on(process, &process->seccomp, process->notify[0]);
  if (process->console.pending) return; /* what it has said is in the terminal still */
  bool stillborn = !process->pid && !process->stage && process->report < 0;
  if (stillborn && !process->reported_end) launch_failed(process, &(struct report){.op = UINT32_MAX, .error = ECHILD});
  if (process->state == PROCESS_ENDED && !process->reported_end && process->report < 0) {
    /* Answered first: the output may wait for an attachment that only an answer brings. */
    if (process->asker && process->ready) answer_asker(process);
    if (!stream_drained(process) && !stream_given_up(process)) return;
    if (process->asker) launch_failed(process, &(struct report){.op = UINT32_MAX, .error = ECHILD});
    process->reported_end = true;
    stream_close(process);
    struct frame frame = {.length = sizeof process->ending, .type = FRAME_EXITED, .process = process->number};
    for (struct client *client = shim->clients; client; client = client->next) {
      if (client->gone || (client->process && client->process != process)) continue;
      client_send(client, frame, &process->ending);
    }
  }
  bool over = process->state == PROCESS_ENDED || stillborn;
  if (process->number > 0 && over && process->reported_end) process_free(shim, process);
}

void process_free(struct shim *shim, struct process *process) {
  for (struct process **link = &shim->processes; *link; link = &(*link)->next) {
    if (*link != process) continue;
    *link = process->next;
    break;
  }
  for (struct client *client = shim->clients; client; client = client->next) {
    if (client->process != process) continue;
    client->process = NULL;
    client->gone = true;
  }
  stream_close(process);
  if (process->report >= 0) close(process->report);
  if (process->pidfd >= 0) close(process->pidfd);
  process_let_go(process);
  if (process->log) log_close(process->log);
  handover_drop(&process->console);
  handover_drop(&process->seccomp);
  free(process->chunk);
  for (int i = 0; i < 4; i++) free(process->notify[i]);
  free(process->console_socket);
  free(process->sweep);
  free(process);
}
