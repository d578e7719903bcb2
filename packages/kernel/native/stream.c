/* Stdio between the process, its log and its attachments. */
#include "shim.h"
#include "sys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PIPE_MOST (1u << 20) /* more than this a pipe cannot have held when its process ended */

/* Read on when the frame before has reached everyone. An exec's output waits for its first attachment. */
bool stream_wants(const struct process *process, int index) {
  if (process->output[index] < 0 || process->chunk_length || process->state < PROCESS_CREATED) return false;
  return process->attached || !(process->stdio & STDIO_HOLD);
}

bool stream_drained(const struct process *process) {
  return process->output[0] < 0 && process->output[1] < 0 && !process->chunk_length;
}

static bool empty(int fd) {
  int left = 0;
  return fd < 0 || ioctl(fd, FIONREAD, &left) < 0 || left == 0;
}

bool stream_given_up(const struct process *process) {
  if (process->chunk_length) return false;
  bool nothing = empty(process->output[0]) && empty(process->output[1]);
  bool held = process->stdio & STDIO_HOLD && !process->attached;
  /* What a terminal got last is still on its way through the line discipline: only a pipe tells at once. */
  if (held && nothing && !process->terminal) return true;
  return now_milliseconds(CLOCK_MONOTONIC) >= process->deadline && (held || nothing || process->read_after_end > PIPE_MOST);
}

static void close_output(struct process *process, int index) {
  if (process->output[index] < 0) return;
  if (process->log) log_write(process->log, index, NULL, 0);
  if (process->terminal && process->input == process->output[index]) process->input = -1;
  close(process->output[index]);
  process->output[index] = -1;
}

void stream_close(struct process *process) {
  close_output(process, 0);
  close_output(process, 1);
  if (process->input >= 0) close(process->input);
  process->input = -1;
}

void stream_read(struct shim *shim, struct process *process, int index) {
  if (!stream_wants(process, index)) return;
  if (!process->chunk) process->chunk = malloc(FRAME_HEADER + CHUNK);
  if (!process->chunk) return;
  ssize_t got = read(process->output[index], process->chunk + FRAME_HEADER, CHUNK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) { /* a terminal whose last user has left says EIO */
    close_output(process, index);
    return;
  }
  struct frame frame = {.length = (uint32_t)got, .type = FRAME_OUTPUT, .flag = (uint8_t)(index + 1), .process = process->number};
  memcpy(process->chunk, &frame, sizeof frame);
  if (process->log) log_write(process->log, index, process->chunk + FRAME_HEADER, (size_t)got);
  process->chunk_length = FRAME_HEADER + (size_t)got;
  if (process->state == PROCESS_ENDED) process->read_after_end += (size_t)got;
  for (struct client *client = shim->clients; client; client = client->next) {
    if (client->process != process) continue;
    bool wants = client->streams & (index == 0 ? ATTACH_STDOUT : ATTACH_STDERR);
    client->sent = wants ? 0 : process->chunk_length;
  }
  stream_deliver(shim, process);
}

static void deliver_to(struct process *process, struct client *client) {
  ssize_t sent = send(client->fd, process->chunk + client->sent, process->chunk_length - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) client->sent += (size_t)sent;
  else if (sent < 0 && errno != EAGAIN && errno != EINTR) client->gone = true;
  if (client->sent < process->chunk_length && client->streams & ATTACH_DROP) client->gone = true;
}

/* Sends what each attachment still lacks of the frame in flight; the frame is done when none lacks any. */
void stream_deliver(struct shim *shim, struct process *process) {
  if (!process->chunk_length) return;
  bool done = true;
  for (struct client *client = shim->clients; client; client = client->next) {
    if (client->process != process || client->gone) continue;
    if (client->sent < process->chunk_length) deliver_to(process, client);
    if (!client->gone && client->sent < process->chunk_length) done = false;
  }
  if (!done) return;
  process->chunk_length = 0;
  for (struct client *client = shim->clients; client; client = client->next) {
    if (client->process == process) client->sent = 0;
  }
}

/* Moves the client's STDIN frame into the process; nobody to take it: it is gone, as with a closed pipe. */
void stream_input(struct process *process, struct client *client) {
  if (!client_has_input(client)) return;
  size_t length = client->have - FRAME_HEADER;
  while (client->written < length && process->input >= 0) {
    ssize_t written = write(process->input, client->body + client->written, length - client->written);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written < 0) stream_end_input(process);
    else client->written += (size_t)written;
  }
  client_next(client);
}

/* A terminal has no end of input but its user's Ctrl-D. */
void stream_end_input(struct process *process) {
  if (process->terminal || process->input < 0) return;
  close(process->input);
  process->input = -1;
}

void stream_detach(struct shim *shim, struct client *client) {
  struct process *process = client->process;
  if (!process) return;
  client->process = NULL;
  process->attached = true; /* also by an asker that went before its answer: nobody else knows of that exec, and its output waits for nobody */
  if (client->streams & ATTACH_STDIN && process->stdio & STDIO_STDIN_ONCE) stream_end_input(process);
  stream_deliver(shim, process);
}
