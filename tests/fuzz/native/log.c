/* The json-file log under libFuzzer: whatever a container prints, the file holds whole JSON lines. */
#include "shim.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line is the frame that this program writes, around text without a quote, a control character or a broken escape. */
static void check(const char *line, size_t length) {
  static const char start[] = "{\"log\":\"", middle[] = "\",\"stream\":\"std";
  if (length < sizeof start || memcmp(line, start, sizeof start - 1) != 0 || line[length - 1] != '}') abort();
  const char *at = line + sizeof start - 1, *end = line + length;
  for (; at < end && *at != '"'; at++) {
    if ((uint8_t)*at < 0x20) abort();
    if (*at == '\\' && (++at == end || !strchr("\"\\nrtu", *at))) abort();
  }
  if ((size_t)(end - at) < sizeof middle || memcmp(at, middle, sizeof middle - 1) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[64], *text;
  int file = memfd_create("log", MFD_CLOEXEC);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  struct log *log = log_open(path, 0, 1);
  for (size_t at = 0; at + 2 <= size;) { /* stream and length, then bytes */
    size_t length = data[at + 1] * 150u, left = size - at - 2;
    if (length > left) length = left;
    log_write(log, data[at] & 1, data + at + 2, length);
    at += length + 2;
  }
  log_close(log);
  off_t length = lseek(file, 0, SEEK_END);
  if (length > 0) {
    text = mmap(NULL, (size_t)length, PROT_READ, MAP_PRIVATE, file, 0);
    for (const char *line = text, *end; line < text + length; line = end + 1) {
      end = memchr(line, '\n', (size_t)(text + length - line));
      if (!end) abort();
      check(line, (size_t)(end - line));
    }
    munmap(text, (size_t)length);
  }
  close(file);
  return 0;
}
