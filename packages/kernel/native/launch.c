/*
 * Launching: from a plan to a stage at work on it. A stage is forked when the plan comes, or ahead of it as a seed: then it
 * has entered its cgroups and namespaces before anybody waits for it. Either way the plan reaches it over the report socket:
 *
 *   struct launch, with the descriptors it names | the plan's operations from OP_stage on, in pieces
 *
 * A running container's seed stays: for each exec it makes a stage, which is born where the seed is and has entered nothing.
 */
#include "shim.h"
#include "run.h"
#include "sys.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define PIECE 65536

struct setup {
  struct reader rest; /* from OP_stage on */
  uint32_t first;
  const char *log_path, *oom_control, *oom_event;
  uint64_t log_bytes;
  uint32_t log_files;
};

struct launch {
  uint32_t length, first, descriptors; /* bits: stdin, stdout, stderr, the report socket of a stage to be made, the container's pidfd */
};

/* The operations before OP_stage concern the shim itself. */
static int read_setup(struct shim *shim, struct process *process, struct reader plan, struct setup *setup) {
  struct plan_op op;
  for (uint32_t number = 0; plan_next(&plan, &op); number++) {
    if (op.code == OP_stage) {
      setup->rest = plan;
      setup->first = number + 1;
      return 0;
    }
    if (op.code == OP_label) strncpy(shim->label, read_str(&op.payload), strlen(shim->label));
    else if (op.code == OP_stdio) process->stdio = read_u32(&op.payload);
    else if (op.code == OP_sweep) process->sweep = strdup(read_str(&op.payload));
    else if (op.code == OP_preserve) process->preserved = read_u32(&op.payload);
    else if (op.code == OP_console_socket) process->console_socket = strdup(read_str(&op.payload));
    else if (op.code == OP_notify) {
      for (int i = 0; i < 4; i++) process->notify[i] = strdup(read_str(&op.payload));
    } else if (op.code == OP_log) {
      setup->log_path = read_str(&op.payload);
      setup->log_bytes = read_u64(&op.payload);
      setup->log_files = read_u32(&op.payload);
    } else if (op.code == OP_oom) {
      setup->oom_control = read_str(&op.payload);
      setup->oom_event = read_str(&op.payload);
    } else break;
    if (op.payload.bad) break;
  }
  return errno = EBADMSG, -1;
}

/* A terminal is made later, by the process itself; what it is to inherit is open in the stage already. */
static int make_stdio(struct process *process, int theirs[3]) {
  if (process->stdio & (STDIO_TERMINAL | STDIO_INHERIT)) return 0;
  int ends[2];
  if (process->stdio & STDIO_STDIN) {
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    theirs[0] = ends[0];
    process->input = ends[1];
    fcntl(process->input, F_SETFL, O_NONBLOCK);
  } else if ((theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) return -1;
  for (int i = 0; i < 2; i++) {
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    theirs[i + 1] = ends[1];
    process->output[i] = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  return 0;
}

/* Nothing of the shim's stays open in a stage but what the program is to have, the report socket and this program's own file. */
static void keep_only(int *report, int *self, uint32_t preserved) {
  int free = 3 + (int)preserved;
  int kept_report = fcntl(*report, F_DUPFD_CLOEXEC, free + 64), kept_self = fcntl(*self, F_DUPFD_CLOEXEC, free + 64);
  *report = dup3(kept_report, free, O_CLOEXEC);
  *self = dup3(kept_self, free + 1, O_CLOEXEC);
  if (*report < 0 || *self < 0 || sys_close_range((unsigned)free + 2, ~0u, 0) < 0) _exit(1);
}

/* True in a stage made here, the shim's child as its maker is; false in the seed, which stays. The shim learns by the end of
 * the socket that there could be none. */
static bool branch_off(const struct run *run, int report) {
  struct clone_args arguments = {.flags = CLONE_PARENT};
  if (sys_clone3(&arguments) != 0) return false;
  if (dup3(report, run->report, O_CLOEXEC) < 0) _exit(1);
  return true;
}

/* In the stage: waits for the plan. The end of the socket instead of it means that nobody needs this stage any more. */
static struct reader receive_plan(struct run *run, uint32_t *first) {
  struct launch launch;
  int own = -1, given[MOST_DESCRIPTORS], *slots[] = {&run->stdio[0], &run->stdio[1], &run->stdio[2], &own, &run->task};
  size_t count, next = 0;
  ssize_t got = receive_with(run->report, &launch, sizeof launch, 0, given, &count);
  if (got != (ssize_t)sizeof launch || launch.length > PLAN_MAX) _exit(0);
  for (int i = 0; i < MOST_DESCRIPTORS && next < count; i++) {
    if (launch.descriptors & 1u << i) *slots[i] = given[next++];
  }
  uint8_t *plan = malloc(launch.length);
  for (uint32_t have = 0; have < launch.length; have += (uint32_t)got) {
    got = plan ? recv(run->report, plan + have, launch.length - have, 0) : -1;
    if (got <= 0) _exit(1);
  }
  if (own < 0 || branch_off(run, own)) {
    *first = launch.first;
    return (struct reader){.at = plan, .end = plan + launch.length};
  }
  free(plan);
  while (next > 0) close(given[--next]);
  return (struct reader){0};
}

/* `ahead`, for a seed, are operations to be done before the plan is there. */
_Noreturn static void stage(const struct shim *shim, int report, uint32_t preserved, struct reader ahead) {
  static const uint64_t none = 0;
  signal(SIGPIPE, SIG_DFL); /* the shim itself ignores these (main.c), and no others */
  signal(SIGXFSZ, SIG_DFL);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
  umask(022); /* what a program has that is told nothing else, and what is made for it */
  struct run run = {.report = report, .root = -1, .task = -1, .into = -1, .fifo = -1, .parent = -1, .mask = -1, .mapper = -1, .console = -1, .stdio = {0, 1, 2}, .self = shim->self};
  keep_only(&run.report, &run.self, preserved);
  if (ahead.at != ahead.end) run_operations(&run, ahead, UINT32_MAX);
  uint32_t first;
  struct run begun = run;
  struct reader plan;
  while (!(plan = receive_plan(&run, &first)).at) run = begun;
  run_operations(&run, plan, first);
  _exit(1);
}

static int fork_stage(struct shim *shim, uint32_t preserved, struct reader ahead, struct seed *made) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) stage(shim, pair[1], preserved, ahead);
  close_keeping_errno(pair[1]);
  if (pid < 0) return close_keeping_errno(pair[0]), -1;
  *made = (struct seed){.pid = pid, .report = pair[0]};
  return 0;
}

static int send_plan(int report, const struct setup *setup, const int descriptors[MOST_DESCRIPTORS]) {
  struct launch launch = {.length = (uint32_t)(setup->rest.end - setup->rest.at), .first = setup->first};
  int given[MOST_DESCRIPTORS];
  size_t count = 0;
  for (int i = 0; i < MOST_DESCRIPTORS; i++) {
    if (descriptors[i] < 0) continue;
    launch.descriptors |= 1u << i;
    given[count++] = descriptors[i];
  }
  int result = send_with(report, &launch, sizeof launch, given, count);
  for (const uint8_t *at = setup->rest.at; result == 0 && at < setup->rest.end;) {
    size_t left = (size_t)(setup->rest.end - at);
    ssize_t sent = send(report, at, left < PIECE ? left : PIECE, MSG_NOSIGNAL);
    if (sent < 0) result = -1;
    else at += sent;
  }
  return result;
}

/* In the seed's place the stage that it will make for an exec, known by its socket alone; `theirs` is for it. A seed that has much to read
 * yet, or is frozen with its container, is not waited for. */
static int stage_of_seed(struct seed *stage, int *theirs) {
  int pair[2], unread, seed = stage->report;
  errno = EAGAIN;
  if (fcntl(seed, F_SETFL, O_NONBLOCK) < 0 || ioctl(seed, SIOCOUTQ, &unread) < 0 || unread > PIECE || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  *stage = (struct seed){.report = pair[0]};
  *theirs = pair[1];
  return 0;
}

/* Gives the plan to the seed, or to a stage forked now. A seed that has half a plan is of no more use. */
static int begin(struct shim *shim, struct process *process, const struct setup *setup, bool exec, bool seeded) {
  int descriptors[MOST_DESCRIPTORS] = {-1, -1, -1, -1, shim->processes ? shim->processes->pidfd : -1};
  struct seed seed = shim->seed, stage = seed;
  if (seeded && !seed.pid) return errno = EAGAIN, -1;
  int result = !seeded ? fork_stage(shim, process->preserved, (struct reader){0}, &stage) : exec ? stage_of_seed(&stage, &descriptors[3]) : 0;
  if (seeded && !exec) shim->seed = (struct seed){.report = -1};
  if (result == 0) {
    process->stage = stage.pid;
    process->report = stage.report;
    result = make_stdio(process, descriptors);
  }
  if (result == 0 && (result = send_plan(seeded ? seed.report : stage.report, setup, descriptors)) < 0 && seeded && exec) process_drop_seed(shim);
  for (int i = 0; i < 4; i++) close_keeping_errno(descriptors[i]);
  return result;
}

static uint16_t free_number(struct shim *shim) {
  do shim->execs++;
  while (process_find(shim, shim->execs) || !shim->execs);
  return shim->execs;
}

struct process *launch_process(struct shim *shim, uint8_t *plan, size_t length, bool exec, bool seeded) {
  struct reader reader;
  uint32_t count;
  struct setup setup = {0};
  struct process *process = calloc(1, sizeof *process);
  if (!process) return NULL;
  process->input = process->output[0] = process->output[1] = process->report = process->pidfd = process->mounts = -1;
  process->number = exec ? free_number(shim) : 0;
  errno = EBADMSG;
  if (plan_open(plan, length, &reader, &count) < 0 || read_setup(shim, process, reader, &setup) < 0 || begin(shim, process, &setup, exec, seeded) < 0) {
    int saved = errno;
    process_free(shim, process);
    errno = saved;
    return NULL;
  }
  process->terminal = process->stdio & STDIO_TERMINAL;
  if (setup.log_path) process->log = log_open(setup.log_path, setup.log_bytes, setup.log_files);
  if (setup.oom_control) oom_watch(shim, setup.oom_control, setup.oom_event);
  struct process **link = &shim->processes;
  while (*link) link = &(*link)->next;
  return *link = process;
}

/* `plan` holds what the seed does ahead: entering cgroups, making namespaces. One that is there already will do. */
int launch_seed(struct shim *shim, const uint8_t *plan, size_t length) {
  struct reader reader;
  uint32_t count;
  if (shim->seed.pid) return 0;
  if (plan_open(plan, length, &reader, &count) < 0) return errno = EBADMSG, -1;
  return fork_stage(shim, 0, reader, &shim->seed);
}
