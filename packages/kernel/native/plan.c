#include "plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t *take(struct reader *reader, size_t length) {
  const uint8_t *start = reader->at;
  if (reader->bad || (size_t)(reader->end - start) < length) return reader->bad = 1, NULL;
  reader->at += length;
  return start;
}

#define READ_NUMBER(bits)                                  \
  uint##bits##_t read_u##bits(struct reader *reader) {     \
    uint##bits##_t value = 0;                              \
    const uint8_t *bytes = take(reader, sizeof value);     \
    if (bytes) memcpy(&value, bytes, sizeof value);        \
    return value;                                          \
  }
READ_NUMBER(16)
READ_NUMBER(32)
READ_NUMBER(64)

const uint8_t *read_blob(struct reader *reader, uint32_t *length) {
  *length = read_u32(reader);
  const uint8_t *bytes = take(reader, *length);
  if (!bytes) *length = 0;
  return bytes;
}

const char *read_str(struct reader *reader) {
  uint32_t length = read_u32(reader);
  const uint8_t *bytes = take(reader, (size_t)length + 1);
  if (!bytes || bytes[length] != 0 || memchr(bytes, 0, length)) return reader->bad = 1, "";
  return (const char *)bytes;
}

char **read_list(struct reader *reader) {
  uint32_t count = read_u32(reader);
  /* Each string takes at least five bytes: a count that cannot fit is refused before anything is allocated. */
  bool fits = !reader->bad && count <= (size_t)(reader->end - reader->at) / 5;
  char **list = fits ? calloc((size_t)count + 1, sizeof *list) : NULL;
  for (uint32_t i = 0; list && i < count; i++) list[i] = (char *)(uintptr_t)read_str(reader);
  if (list && !reader->bad) return list;
  free(list);
  return reader->bad = 1, NULL;
}

int plan_open(const uint8_t *bytes, size_t length, struct reader *reader, uint32_t *count) {
  *count = 0;
  *reader = (struct reader){0};
  if (!length) return -1; /* and then there need be no bytes to point at */
  *reader = (struct reader){.at = bytes, .end = bytes + length};
  uint32_t magic = read_u32(reader);
  uint16_t version = read_u16(reader);
  read_u16(reader);
  *count = read_u32(reader);
  if (reader->bad || magic != PLAN_MAGIC || version != PLAN_VERSION) return -1;
  struct reader probe = *reader;
  struct plan_op op;
  uint32_t seen = 0;
  while (plan_next(&probe, &op)) seen++;
  return probe.bad || seen != *count ? -1 : 0;
}

int plan_next(struct reader *reader, struct plan_op *op) {
  if (reader->at == reader->end) return 0;
  op->code = read_u16(reader);
  op->soft = read_u16(reader);
  uint32_t length = 0;
  const uint8_t *payload = read_blob(reader, &length);
  if (reader->bad) return 0;
  op->payload = (struct reader){.at = payload, .end = payload + length};
  return 1;
}
