/* The plan reader under libFuzzer: whatever bytes come, each operation is read by the fields that its code has. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

struct shape {
  uint16_t code;
  const char *fields; /* i u32, q u64, s str, l list, b blob, n count and so many u32 */
};

/* Written by the test from the table in packages/shim/plan.ts. */
static const struct shape shapes[] = {
#include "shapes.h"
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(const void *bytes, size_t length) {
  uint8_t sum = 0;
  for (size_t i = 0; i < length; i++) sum = (uint8_t)(sum + ((const volatile uint8_t *)bytes)[i]);
  (void)sum;
}

static void read_strings(struct reader *reader) {
  char **list = read_list(reader);
  for (char **item = list; item && *item; item++) touch(*item, strlen(*item) + 1);
  free(list);
}

static void read_field(struct reader *reader, char kind) {
  uint32_t length = 0;
  const uint8_t *bytes;
  const char *text;
  switch (kind) {
    case 'i': read_u32(reader); break;
    case 'q': read_u64(reader); break;
    case 's': text = read_str(reader); touch(text, strlen(text) + 1); break;
    case 'l': read_strings(reader); break;
    case 'b': bytes = read_blob(reader, &length); touch(bytes, length); break;
    default: for (length = read_u32(reader); length > 0 && !reader->bad; length--) read_u32(reader);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *plan = malloc(size ? size : 1); /* of just that size: a byte too far is seen */
  if (size) memcpy(plan, data, size);
  struct reader reader;
  struct plan_op op;
  uint32_t count = 0, seen = 0;
  if (plan_open(plan, size, &reader, &count) == 0) {
    for (; plan_next(&reader, &op); seen++) {
      for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].code != op.code) continue;
        for (const char *field = shapes[i].fields; *field; field++) read_field(&op.payload, *field);
      }
    }
    if (seen != count || reader.bad) abort(); /* what plan_open took for whole is */
  }
  free(plan);
  return 0;
}
