/*
 * A descriptor on its way to whoever listens at a path: a terminal, a seccomp listener. The loop never waits for them: a
 * listener with a full queue is tried again between whatever else there is to do, for a while.
 */
#include "shim.h"
#include "sys.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE 10000 /* ms */

void handover_begin(struct handover *handover, uint32_t op, char *text, int descriptor) {
  handover_drop(handover);
  *handover = (struct handover){.pending = true, .descriptor = descriptor, .text = text, .op = op, .until = now_milliseconds(CLOCK_MONOTONIC) + PATIENCE};
}

static int hand_over(const struct handover *handover, const char *path) {
  if (!path || !handover->text) return errno = EINVAL, -1;
  int fd = socket_at(path, SOCK_STREAM | SOCK_NONBLOCK, connect);
  int result = fd < 0 ? -1 : send_with(fd, handover->text, strlen(handover->text), &handover->descriptor, 1);
  close_keeping_errno(fd);
  return result;
}

int handover_try(struct handover *handover, const char *path) {
  int result = hand_over(handover, path);
  if (result < 0 && errno == EAGAIN && now_milliseconds(CLOCK_MONOTONIC) < handover->until) return 0;
  int saved = errno == EAGAIN ? ETIMEDOUT : errno;
  handover_drop(handover);
  errno = saved;
  return result < 0 ? -1 : 1;
}

void handover_drop(struct handover *handover) {
  if (handover->pending) close(handover->descriptor);
  free(handover->text);
  handover->text = NULL;
  handover->pending = false;
}
