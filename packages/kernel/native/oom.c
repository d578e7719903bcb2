/* Whether the kernel killed something in the cgroup for want of memory: the oom_kill count of v1's memory.oom_control or
 * v2's memory.events. v1 signals an eventfd, v2 makes the file itself ready. */
#include "shim.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define PATIENCE 1000 /* ms from v1's event to the kill */

void oom_watch(struct shim *shim, const char *control, const char *event_control) {
  shim->oom_event = shim->oom_control = open(control, O_RDONLY | O_CLOEXEC);
  if (shim->oom_control < 0 || !*event_control) return;
  char text[32];
  shim->oom_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int registrar = open(event_control, O_WRONLY | O_CLOEXEC);
  int length = snprintf(text, sizeof text, "%d %d", shim->oom_event, shim->oom_control);
  /* Without the event the count is still read when the container ends. */
  if (registrar < 0 || write(registrar, text, (size_t)length) != length) {
    if (shim->oom_event >= 0) close(shim->oom_event);
    shim->oom_event = -1;
  }
  if (registrar >= 0) close(registrar);
}

/* True when there are more kills than there were. v1's event comes before the kill: then it is looked for a while
   longer, unless killing is disabled and the processes wait: then the event is all there will be. */
bool oom_check(struct shim *shim) {
  char text[512];
  uint64_t events, now = now_milliseconds(CLOCK_MONOTONIC);
  if (shim->oom_control < 0) return false;
  bool told = shim->oom_event >= 0 && shim->oom_event != shim->oom_control && read(shim->oom_event, &events, sizeof events) > 0;
  ssize_t length = pread(shim->oom_control, text, sizeof text - 1, 0);
  text[length > 0 ? length : 0] = 0;
  bool waits = told && strstr(text, "oom_kill_disable 1\nunder_oom 1");
  if (told && !waits) shim->oom_until = now + PATIENCE;
  const char *found = strstr(text, "oom_kill ");
  uint64_t kills = found ? strtoull(found + 9, NULL, 10) : 0;
  bool more = kills > shim->oom_kills;
  if (more) shim->oom_kills = kills;
  if (more || now >= shim->oom_until) shim->oom_until = 0;
  return more || waits;
}
