/*
 * The json-file log: one JSON object a line, as dockerd's driver of that name writes it.
 *
 *   {"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.678901234Z"}
 *
 * Lines longer than 16 KB come in pieces, all but the last without "\n" and all with the first one's time. At
 * max_bytes the file is renamed to .1 (the .1 before to .2, …) and a new one begun; max_files are kept in all. What
 * cannot be written (full disk) is dropped and counted: a log never stops the container.
 */
#include "shim.h"
#include "sys.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LINE 16384
#define RECORD (LINE * 6 + 128) /* every byte escaped, and the frame around it */
#define BATCH 65536             /* records of one piece of output go to the file together, not by a call each */

struct line {
  size_t length;
  bool partial;
  char time[40];
  uint8_t bytes[LINE];
};

static bool open_file(struct log *log, int flags) {
  struct stat now;
  log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0640);
  if (log->fd < 0) return false;
  log->size = fstat(log->fd, &now) == 0 ? (uint64_t)now.st_size : 0;
  return true;
}

struct log *log_open(const char *path, uint64_t max_bytes, uint32_t max_files) {
  struct log *log = calloc(1, sizeof *log);
  if (!log) return NULL;
  log->max_bytes = max_bytes;
  log->max_files = max_files;
  log->path = strdup(path);
  log->lines[0] = calloc(1, sizeof *log->lines[0]);
  log->lines[1] = calloc(1, sizeof *log->lines[1]);
  log->fd = -1;
  if (log->path && log->lines[0] && log->lines[1]) {
    open_file(log, 0);
    return log;
  }
  log_close(log);
  return NULL;
}

void log_close(struct log *log) {
  if (log->fd >= 0) close(log->fd);
  free(log->path);
  free(log->lines[0]);
  free(log->lines[1]);
  free(log->record);
  free(log);
}

static void rotate(struct log *log) {
  char from[PATH_MAX], to[PATH_MAX];
  if (log->fd >= 0) close(log->fd);
  for (uint32_t i = log->max_files; i-- > 1;) {
    snprintf(to, sizeof to, "%s.%u", log->path, i);
    if (i > 1) snprintf(from, sizeof from, "%s.%u", log->path, i - 1);
    else snprintf(from, sizeof from, "%s", log->path);
    rename(from, to);
  }
  log->size = 0; /* also where no other can be made: what there is moves on once */
  if (log->max_files < 2) unlink(log->path); /* who follows it has its end to read yet, and knows the next by its inode */
  open_file(log, O_TRUNC);
}

/* Records go in whole or not at all: what was written of some that do not fit is taken back. */
static void flush(struct log *log) {
  size_t length = log->gathered, text = log->gathered_text;
  if (!length) return;
  log->gathered = log->gathered_text = 0;
  if (log->max_bytes && log->size >= log->max_bytes) rotate(log);
  if (log->fd < 0 && !open_file(log, 0)) {
    log->dropped += text;
    return;
  }
  ssize_t written = write(log->fd, log->record, length);
  if (written == (ssize_t)length) {
    log->size += length;
    return;
  }
  if (written > 0 && ftruncate(log->fd, (off_t)log->size) < 0) log->size += (uint64_t)written;
  log->dropped += text;
}

/* RFC 3339 with nanoseconds, trailing zeros left out, as Go prints it. */
static void stamp(char out[40]) {
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  int length = snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%09ld", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                        parts.tm_min, parts.tm_sec, now.tv_nsec);
  while (out[length - 1] == '0' && now.tv_nsec) length--;
  strcpy(out + (now.tv_nsec ? length : length - 10), "Z");
}

/* The length of the UTF-8 sequence at `at`, 0 when it is none (overlong, surrogate, cut off). */
static size_t utf8(const uint8_t *at, size_t left) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
  if (length < 2 || length > left) return length == 1;
  uint32_t point = at[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (at[i] >> 6 != 2) return 0;
    point = point << 6 | (at[i] & 0x3f);
  }
  return point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : length;
}

static size_t escape_byte(uint8_t byte, uint8_t *out) {
  const char *named = "\"\"\\\\\nn\rr\tt";
  for (; *named; named += 2) {
    if (byte != (uint8_t)named[0]) continue;
    out[0] = '\\';
    out[1] = (uint8_t)named[1];
    return 2;
  }
  return (size_t)sprintf((char *)out, "\\u%04x", byte);
}

static bool plain(uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' && byte != '&';
}

/* JSON's string escapes as Go's encoder chooses them: HTML's characters too, U+FFFD for bytes that are no UTF-8. */
static size_t escape(const uint8_t *text, size_t length, uint8_t *out) {
  size_t put = 0;
  for (size_t i = 0; i < length;) {
    if (plain(text[i])) {
      out[put++] = text[i++];
      continue;
    }
    size_t sequence = utf8(text + i, length - i);
    bool separator = sequence == 3 && text[i] == 0xe2 && text[i + 1] == 0x80 && (text[i + 2] & 0xfe) == 0xa8;
    if (sequence == 1) put += escape_byte(text[i], out + put);
    else if (sequence == 0) put += (size_t)sprintf((char *)out + put, "\\ufffd");
    else if (separator) put += (size_t)sprintf((char *)out + put, "\\u202%d", text[i + 2] & 1 ? 9 : 8);
    else {
      memcpy(out + put, text + i, sequence);
      put += sequence;
    }
    i += sequence ? sequence : 1;
  }
  return put;
}

/* `newline`: the line is complete; otherwise this is a piece of it. */
static void emit(struct log *log, int stream, bool newline) {
  struct line *line = log->lines[stream];
  if (!log->record) log->record = malloc(BATCH + RECORD);
  if (!line->partial) stamp(line->time);
  line->partial = !newline;
  if (!log->record) {
    log->dropped += line->length;
  } else {
    uint8_t *record = log->record + log->gathered;
    size_t length = (size_t)sprintf((char *)record, "{\"log\":\"");
    length += escape(line->bytes, line->length, record + length);
    const char *end = newline ? "\\n" : "", *name = stream ? "stderr" : "stdout";
    length += (size_t)sprintf((char *)record + length, "%s\",\"stream\":\"%s\",\"time\":\"%s\"}\n", end, name, line->time);
    log->gathered += length;
    log->gathered_text += line->length + newline;
    /* A file ends with the record that reaches its bound. */
    if (log->gathered >= BATCH || (log->max_bytes && log->size + log->gathered >= log->max_bytes)) flush(log);
  }
  line->length = 0;
}

/* No bytes means that the stream has ended: what is left of a line without its newline is written. */
void log_write(struct log *log, int stream, const uint8_t *bytes, size_t length) {
  struct line *line = log->lines[stream];
  if (!length && line->length) emit(log, stream, false);
  while (length) {
    const uint8_t *newline = memchr(bytes, '\n', length);
    size_t want = newline ? (size_t)(newline - bytes) : length, room = LINE - line->length;
    size_t part = want < room ? want : room;
    memcpy(line->bytes + line->length, bytes, part);
    line->length += part;
    bytes += part;
    length -= part;
    if (newline && part == want) {
      emit(log, stream, true);
      bytes++;
      length--;
    } else if (line->length == LINE) emit(log, stream, false);
  }
  flush(log);
}
