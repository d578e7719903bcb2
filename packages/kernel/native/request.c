/* Requests: what a connection asks for, and its answer. */
#include "shim.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void answer(struct client *client, struct frame request, enum frame_type type, const void *payload, uint32_t length) {
  client_send(client, (struct frame){.length = length, .type = type, .process = request.process, .id = request.id}, payload);
}

static void fail(struct client *client, struct frame request, int error) {
  uint32_t body[3] = {UINT32_MAX, (uint32_t)error, 0};
  answer(client, request, FRAME_FAIL, body, sizeof body);
}

static void reply(struct client *client, struct frame request, int result) {
  if (result < 0) fail(client, request, errno);
  else answer(client, request, FRAME_OK, NULL, 0);
}

static void launch(struct shim *shim, struct client *client, struct frame frame) {
  bool exec = frame.type == FRAME_EXEC;
  errno = EBUSY;
  struct process *process = exec == (shim->processes != NULL) ? launch_process(shim, client->body, frame.length, exec, frame.flag & 1) : NULL;
  if (!process) {
    fail(client, frame, errno);
    return;
  }
  process->asker = client;
  process->asked = frame.id;
  client->streams = frame.flag >> 1;
  if (exec && client->streams) client->process = process;
}

static void seed(struct shim *shim, struct client *client, struct frame frame) {
  int result = launch_seed(shim, client->body, frame.length);
  uint32_t pid = (uint32_t)shim->seed.pid;
  if (result < 0) fail(client, frame, errno);
  else answer(client, frame, FRAME_OK, &pid, sizeof pid);
}

/* Of cgroups, each of which may have to wait until nobody moves processes: here nobody else waits along. */
static int rename_all(const struct client *client, uint32_t length) {
  if (!length) return errno = EBADMSG, -1; /* and then there need be no bytes to point at */
  struct reader reader = {.at = client->body, .end = client->body + length};
  char **paths = read_list(&reader), **path = paths;
  if (!paths) return errno = EBADMSG, -1;
  while (path[0] && path[1] && rename(path[0], path[1]) == 0) path += 2;
  int result = *path ? -1 : 0;
  free(paths); /* keeps errno */
  return result;
}

static void start(struct client *client, struct process *process, struct frame frame) {
  if (process->state != PROCESS_CREATED) {
    fail(client, frame, EBUSY);
    return;
  }
  process->asker = client;
  process->asked = frame.id;
  process_start(process);
}

static void attach(struct client *client, struct process *process, struct frame frame) {
  answer(client, frame, FRAME_OK, NULL, 0);
  client->process = process;
  client->streams = frame.flag;
  client->sent = process->chunk_length; /* from now on: not the frame that is already under way */
  process->attached = true;
}

static int resize(struct process *process, const uint8_t *body, uint32_t length) {
  uint16_t size[2];
  if (length != sizeof size) return errno = EBADMSG, -1;
  memcpy(size, body, sizeof size);
  return process_resize(process, size[0], size[1]);
}

static int send_signal(struct process *process, const uint8_t *body, uint32_t length) {
  uint32_t number;
  if (length != sizeof number) return errno = EBADMSG, -1;
  memcpy(&number, body, sizeof number);
  return process_signal(process, (int)number);
}

static void tell_status(struct shim *shim, struct client *client, struct process *process, struct frame frame) {
  struct status status = {
      .shim_pid = (uint32_t)getpid(),
      .pid = (uint32_t)process->pid,
      .state = process->state,
      .seed_pid = (uint32_t)shim->seed.pid,
      .started_at = process->started_at,
      .dropped = process->log ? process->log->dropped : 0,
      .ending = process->ending,
  };
  answer(client, frame, FRAME_OK, &status, sizeof status);
}

static void shut_down(struct shim *shim, struct client *client, struct frame frame) {
  for (struct process *process = shim->processes; process; process = process->next) {
    if (process->state != PROCESS_ENDED) process_signal(process, SIGKILL);
    if (process->stage) kill(process->stage, SIGKILL);
  }
  shim->closing = true;
  answer(client, frame, FRAME_OK, NULL, 0);
}

/* One whole request. STDIN stays in the body until the process has taken it. */
static void dispatch(struct shim *shim, struct client *client, struct frame frame) {
  struct process *process = client->process ? client->process : process_find(shim, frame.process);
  bool of_process = frame.type != FRAME_CREATE && frame.type != FRAME_EXEC && frame.type != FRAME_SEED && frame.type != FRAME_SHUTDOWN && frame.type != FRAME_RENAME;
  if (of_process && !process) {
    fail(client, frame, ESRCH);
    return;
  }
  switch (frame.type) {
    case FRAME_CREATE:
    case FRAME_EXEC: launch(shim, client, frame); break;
    case FRAME_SEED: seed(shim, client, frame); break;
    case FRAME_RENAME: reply(client, frame, rename_all(client, frame.length)); break;
    case FRAME_SHUTDOWN: shut_down(shim, client, frame); break;
    case FRAME_START: start(client, process, frame); break;
    case FRAME_GO: reply(client, frame, process_go(process)); break;
    case FRAME_ATTACH: attach(client, process, frame); break;
    case FRAME_STDIN: if (client->process) stream_input(process, client); break;
    case FRAME_STDIN_END: stream_end_input(process); break;
    case FRAME_RESIZE: reply(client, frame, resize(process, client->body, frame.length)); break;
    case FRAME_SIGNAL: reply(client, frame, send_signal(process, client->body, frame.length)); break;
    case FRAME_STATUS: tell_status(shim, client, process, frame); break;
    default: fail(client, frame, ENOSYS);
  }
}

static bool fill(struct client *client, uint8_t *into, size_t want) {
  ssize_t got = recv(client->fd, into, want, MSG_DONTWAIT);
  if (got > 0) {
    client->have += (size_t)got;
    return (size_t)got == want;
  }
  if (got == 0 || (errno != EAGAIN && errno != EINTR)) client->gone = true;
  return false;
}

void request_read(struct shim *shim, struct client *client) {
  if (client_has_input(client)) { /* only its hanging up can have called us */
    client->gone = true;
    return;
  }
  if (client->have < FRAME_HEADER && !fill(client, client->header + client->have, FRAME_HEADER - client->have)) return;
  struct frame frame = client_frame(client);
  bool fits = frame.length <= (frame.type == FRAME_STDIN ? CHUNK : PLAN_MAX);
  if (fits && frame.length && !client->body) client->body = malloc(frame.length);
  if (!fits || (frame.length && !client->body)) {
    client->gone = true;
    return;
  }
  size_t body = client->have - FRAME_HEADER;
  if (body < frame.length && !fill(client, client->body + body, frame.length - body)) return;
  client->written = 0;
  dispatch(shim, client, frame);
  if (!client_has_input(client) || !client->process) client_next(client);
}

void request_sweep(struct shim *shim) {
  for (struct client **link = &shim->clients; *link;) {
    struct client *client = *link;
    if (!client->gone) {
      link = &client->next;
      continue;
    }
    *link = client->next;
    for (struct process *process = shim->processes; process; process = process->next) {
      if (process->asker == client) process->asker = NULL;
    }
    stream_detach(shim, client);
    close(client->fd);
    free(client->body);
    free(client);
  }
}
