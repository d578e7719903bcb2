/* Connections: who is there, and what is sent to them. */
#include "shim.h"
#include "sys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct frame client_frame(const struct client *client) {
  struct frame frame;
  memcpy(&frame, client->header, sizeof frame);
  return frame;
}

struct client *client_add(struct shim *shim, int fd) {
  if (fd < 0) return NULL;
  struct client *client = calloc(1, sizeof *client);
  if (!client) {
    close(fd);
    return NULL;
  }
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  client->fd = fd;
  client->next = shim->clients;
  shim->clients = client;
  uint32_t hello[3] = {PROTOCOL_MAGIC, PROTOCOL_VERSION, (uint32_t)getpid()};
  client_send(client, (struct frame){.type = FRAME_HELLO, .length = sizeof hello}, hello);
  return client;
}

/* Answers and events are small; who does not even read those is dropped. */
void client_send(struct client *client, struct frame frame, const void *payload) {
  struct iovec parts[2] = {{&frame, sizeof frame}, {(void *)(uintptr_t)payload, frame.length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = frame.length ? 2 : 1};
  if (sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)(sizeof frame + frame.length)) client->gone = true;
}

/* To every connection that is not an attachment. */
void client_broadcast(struct shim *shim, struct frame frame, const void *payload) {
  for (struct client *client = shim->clients; client; client = client->next) {
    if (!client->gone && !client->process) client_send(client, frame, payload);
  }
}

bool client_has_input(const struct client *client) {
  struct frame frame = client_frame(client);
  return client->have >= FRAME_HEADER && frame.type == FRAME_STDIN && client->have == FRAME_HEADER + frame.length;
}

/* Done with the request at hand: ready for another. */
void client_next(struct client *client) {
  free(client->body);
  client->body = NULL;
  client->have = 0;
}
