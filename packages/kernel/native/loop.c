/* The loop: who is ready, and whose turn it is. */
#include "shim.h"
#include "sys.h"

#include <stdlib.h>
#include <sys/socket.h>

#define OOM_STEP 10      /* ms between two looks for a kill that was announced */
#define HANDOVER_STEP 20 /* ms between two tries to hand a descriptor over */

enum watched { WATCH_LISTENER, WATCH_SIGNALS, WATCH_OOM, WATCH_CLIENT, WATCH_REPORT, WATCH_INPUT, WATCH_OUTPUT };

struct watch {
  enum watched what;
  int index;
  void *owner;
};

struct turn {
  struct pollfd *polls;
  struct watch *watches;
  size_t count, room;
};

static void add(struct turn *turn, int fd, short events, enum watched what, void *owner, int index) {
  if (fd < 0 || !events) return;
  if (turn->count == turn->room) {
    size_t room = turn->room ? turn->room * 2 : 16;
    struct pollfd *polls = realloc(turn->polls, room * sizeof *polls);
    if (polls) turn->polls = polls;
    struct watch *watches = realloc(turn->watches, room * sizeof *watches);
    if (watches) turn->watches = watches;
    if (!polls || !watches) return;
    turn->room = room;
  }
  turn->polls[turn->count] = (struct pollfd){.fd = fd, .events = events};
  turn->watches[turn->count++] = (struct watch){.what = what, .index = index, .owner = owner};
}

static void add_client(struct turn *turn, struct client *client) {
  struct process *process = client->process;
  bool behind = process && process->chunk_length && client->sent < process->chunk_length;
  bool pending = client_has_input(client);
  if (pending && process) add(turn, process->input, POLLOUT, WATCH_INPUT, client, 0);
  add(turn, client->fd, (short)((behind ? POLLOUT : 0) | (pending ? POLLRDHUP : POLLIN)), WATCH_CLIENT, client, 0);
}

static void gather(struct shim *shim, struct turn *turn) {
  turn->count = 0;
  add(turn, shim->listener, POLLIN, WATCH_LISTENER, NULL, 0);
  add(turn, shim->signals, POLLIN, WATCH_SIGNALS, NULL, 0);
  /* v1's eventfd is read; of v2's file only a change counts, since it can be read at any time. */
  add(turn, shim->oom_event, shim->oom_event == shim->oom_control ? POLLPRI : POLLIN, WATCH_OOM, NULL, 0);
  for (struct client *client = shim->clients; client; client = client->next) add_client(turn, client);
  for (struct process *process = shim->processes; process; process = process->next) {
    add(turn, process->report, POLLIN, WATCH_REPORT, process, 0);
    for (int i = 0; i < 2; i++) {
      if (stream_wants(process, i)) add(turn, process->output[i], POLLIN, WATCH_OUTPUT, process, i);
    }
  }
}

static void look_for_oom(struct shim *shim) {
  if (oom_check(shim)) client_broadcast(shim, (struct frame){.type = FRAME_OOM}, NULL);
}

static void serve(struct shim *shim, struct watch watch, short events) {
  switch (watch.what) {
    case WATCH_LISTENER: client_add(shim, accept4(shim->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)); break;
    case WATCH_SIGNALS: process_reap(shim); break;
    case WATCH_OOM: look_for_oom(shim); break;
    case WATCH_CLIENT: {
      struct client *client = watch.owner;
      if (!client->gone && events & POLLOUT && client->process) stream_deliver(shim, client->process);
      if (!client->gone && events & (POLLIN | POLLHUP | POLLRDHUP | POLLERR)) request_read(shim, client);
      break;
    }
    case WATCH_REPORT: process_report(shim, watch.owner); break;
    case WATCH_INPUT: {
      struct client *client = watch.owner;
      if (!client->gone && client->process) stream_input(client->process, client);
      break;
    }
    case WATCH_OUTPUT: stream_read(shim, watch.owner, watch.index); break;
  }
}

/* How long until something is due by time alone; -1 for ever. */
static int next_timeout(const struct shim *shim) {
  uint64_t now = now_milliseconds(CLOCK_MONOTONIC), least = UINT64_MAX;
  for (const struct process *process = shim->processes; process; process = process->next) {
    bool waits = process->state == PROCESS_ENDED && !process->reported_end && !process->chunk_length;
    if ((process->console.pending || process->seccomp.pending) && now + HANDOVER_STEP < least) least = now + HANDOVER_STEP;
    else if (waits && process->deadline < least) least = process->deadline;
  }
  if (shim->oom_until && now + OOM_STEP < least) least = now + OOM_STEP;
  if (least == UINT64_MAX) return -1;
  return least <= now ? 0 : (int)(least - now);
}

static bool finished(const struct shim *shim) {
  if (shim->foreground && !shim->clients) return true;
  if (!shim->processes) return shim->closing || !shim->clients;
  for (const struct process *process = shim->processes; process; process = process->next) {
    if (!process->reported_end) return false;
  }
  for (const struct client *client = shim->clients; client && !shim->closing; client = client->next) {
    if (client->process && client->sent < client->process->chunk_length) return false;
  }
  return shim->processes->number == 0;
}

int loop_run(struct shim *shim, int first_client) {
  struct turn turn = {0};
  client_add(shim, first_client);
  while (!finished(shim)) {
    gather(shim, &turn);
    int ready = poll(turn.polls, turn.count, next_timeout(shim));
    if (ready < 0 && errno != EINTR) return 1;
    for (size_t i = 0; ready > 0 && i < turn.count; i++) {
      if (!turn.polls[i].revents) continue;
      ready--;
      serve(shim, turn.watches[i], turn.polls[i].revents);
    }
    if (shim->oom_until) look_for_oom(shim);
    for (struct process *process = shim->processes, *next; process; process = next) {
      next = process->next;
      process_settle(shim, process);
    }
    request_sweep(shim);
  }
  for (struct process *process = shim->processes; process; process = process->next) process_let_go(process);
  return 0;
}
