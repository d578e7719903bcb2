/* The shim's side of its socket under libFuzzer: client.c and request.c as they are, over a socket, with nothing behind it that does anything. */
#include "shim.h"
#include "sys.h"

#include <stdlib.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct process *launch_process(struct shim *shim, uint8_t *plan, size_t length, bool exec, bool seeded) {
  (void)shim, (void)exec, (void)seeded;
  struct reader reader;
  uint32_t count;
  plan_open(plan, length, &reader, &count);
  return errno = EBADMSG, NULL;
}

int launch_seed(struct shim *shim, const uint8_t *plan, size_t length) {
  struct reader reader;
  uint32_t count;
  (void)shim;
  return plan_open(plan, length, &reader, &count);
}

struct process *process_find(struct shim *shim, uint16_t number) {
  return shim->processes->number == number ? shim->processes : NULL;
}

void process_start(struct process *process) { process->state = PROCESS_RUNNING; }
int process_go(struct process *process) { return (void)process, 0; }
int process_signal(struct process *process, int signal_number) { return (void)process, signal_number < 64 ? 0 : (errno = EINVAL, -1); }
int process_resize(struct process *process, uint16_t columns, uint16_t rows) { return (void)process, columns > rows ? 0 : (errno = ENOTTY, -1); }
void stream_end_input(struct process *process) { process->input = -1; }

/* Takes half of what it is given now, the rest when asked again. */
void stream_input(struct process *process, struct client *client) {
  (void)process;
  if (!client_has_input(client)) return;
  size_t length = client->have - FRAME_HEADER;
  client->written += (length - client->written + 1) / 2;
  if (client->written >= length) client_next(client);
}

void stream_detach(struct shim *shim, struct client *client) {
  (void)shim;
  client->process = NULL;
}

static void drain(int fd) {
  uint8_t bytes[4096];
  while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {}
}

/* One turn of the shim's loop for one connection. */
static void turn(struct shim *shim) {
  struct client *client = shim->clients;
  if (client_has_input(client) && client->process) stream_input(client->process, client);
  else if (!client->gone) request_read(shim, client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct process process = {.pid = 1, .state = PROCESS_CREATED, .input = -1, .report = -1, .output = {-1, -1}};
  struct shim shim = {.processes = &process};
  int pair[2];
  if (size < 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return 0;
  size_t piece = data[0] ? data[0] : 4096;
  client_add(&shim, pair[1]);
  for (size_t at = 1; at < size && !shim.clients->gone;) {
    ssize_t sent = send(pair[0], data + at, size - at < piece ? size - at : piece, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) break;
    at += (size_t)sent;
    for (int i = 0; i < 8; i++) turn(&shim);
    drain(pair[0]);
  }
  close(pair[0]);
  shim.clients->gone = true;
  request_sweep(&shim);
  return 0;
}
