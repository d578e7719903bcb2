/*
 * The shim: one per container. It holds the ends of the container's stdio, writes its log, reaps it, and tells its end
 * to whoever listens on shim.sock in its directory (and in the file `exit` there, for who comes later).
 *
 * Frames, both ways:   length u32 (of the payload) | type u8 | flag u8 | process u16 | id u32 | payload
 *
 * `process` is 0 for the container's first process and counts up for each exec; `id` of a request comes back in its
 * answer. The first frame on a connection is the shim's FRAME_HELLO. A connection becomes an attachment with
 * FRAME_ATTACH, or with an exec that asks for it, and from then on carries only stdin one way, output and the end the other.
 *
 * Memory does not grow with output: a process has one frame in flight. It is read from its pipe, put into the log, and
 * sent to every attachment; the next is read when all have it. So a slow attachment holds the process back, as Docker
 * does, unless it asked to be dropped instead (ATTACH_DROP); with no attachment nothing waits for anyone.
 */
#ifndef NARU_SHIM_H
#define NARU_SHIM_H

#include "plan.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#define PROTOCOL_MAGIC 0x5552414eu /* "NARU" */
/* Shims outlive daemons, of either side an older or newer one. Versions only add: what version n says it says in n + 1, and
 * who meets a frame that it does not know passes over it (an answer: ENOSYS). 2 brought GO, HOOKS and CLONED; 3 has a
 * running container's seed stay for more than one exec; with 4 an EXEC may ask for the attachment; 5 brought RENAME. */
#define PROTOCOL_VERSION 5
#define FRAME_HEADER 12
#define CHUNK 32768

enum frame_type {
  FRAME_CREATE = 1,    /* plan; flag: 1 for the seed to execute */
  FRAME_EXEC = 2,      /* the same; the seed stays. flag >> 1: attach_flag, the connection is attached from the start */
  FRAME_START = 3,
  FRAME_ATTACH = 4,    /* flag: attach_flag */
  FRAME_STDIN = 5,     /* bytes */
  FRAME_STDIN_END = 6,
  FRAME_RESIZE = 7,    /* columns u16, rows u16 */
  FRAME_SIGNAL = 8,    /* signal u32 */
  FRAME_STATUS = 9,
  FRAME_SHUTDOWN = 10, /* kill what runs, then go */
  FRAME_SEED = 11,     /* plan of what a seed does ahead; answered too when there is one */
  FRAME_GO = 12,       /* the hooks that FRAME_HOOKS asked for have run */
  FRAME_RENAME = 13,   /* list: each path and what it is to be called; ends at the first that cannot be */
  FRAME_HELLO = 64,    /* magic u32, version u32, shim pid u32 */
  FRAME_OK = 65,       /* CREATE, EXEC, SEED: pid u32; STATUS: struct status */
  FRAME_FAIL = 66,     /* op u32, errno u32, detail u32 */
  FRAME_WARNING = 67,  /* op u32, errno u32, detail u32 */
  FRAME_OUTPUT = 68,   /* flag: 1 stdout, 2 stderr; bytes */
  FRAME_EXITED = 69,   /* struct ending */
  FRAME_OOM = 70,
  FRAME_HOOKS = 71,    /* pid u32: the launch waits for FRAME_GO */
  FRAME_CLONED = 72,   /* pid u32: the first process and its namespaces are there, the rest is being laid */
};

enum attach_flag { ATTACH_STDIN = 1, ATTACH_STDOUT = 2, ATTACH_STDERR = 4, ATTACH_DROP = 8 };

struct frame {
  uint32_t length;
  uint8_t type, flag;
  uint16_t process;
  uint32_t id;
};

struct ending {
  int32_t code, signal;
  uint32_t oom, reserved;
  uint64_t at; /* milliseconds since the epoch */
};

struct status {
  uint32_t shim_pid, pid, state, seed_pid;
  uint64_t started_at; /* milliseconds since the epoch, 0 before start */
  uint64_t dropped;    /* bytes of output that no log could take */
  struct ending ending;
};

struct client {
  struct client *next;
  int fd;
  bool gone;
  uint8_t header[FRAME_HEADER];
  size_t have;             /* bytes of header and body read so far */
  uint8_t *body;
  struct process *process; /* what it is attached to, or NULL */
  uint8_t streams;
  size_t sent;             /* of the process's frame in flight */
  size_t written;          /* of a STDIN frame's body to the process */
};

struct log {
  int fd;
  char *path;
  uint64_t size, max_bytes, dropped;
  uint32_t max_files;
  struct line *lines[2];
  uint8_t *record;      /* what is gathered of records, and room for one more */
  size_t gathered, gathered_text;
};

enum process_state { PROCESS_LAUNCHING, PROCESS_CREATED, PROCESS_STARTING, PROCESS_RUNNING, PROCESS_ENDED };

/* A descriptor that somebody is to be given: handover.c. */
struct handover {
  bool pending;
  int descriptor;
  char *text;     /* goes with it */
  uint64_t until;
  uint32_t op;    /* of the plan that made it */
};

struct process {
  struct process *next;
  uint16_t number;
  pid_t pid, stage;
  int pidfd;
  int mounts;           /* holds the first process's mount namespace: see hold_mounts */
  int report;
  int input, output[2]; /* our ends; a terminal is input and output[0] at once */
  bool terminal, ready, reported_end;
  uint32_t stdio;
  enum process_state state;
  uint64_t started_at, deadline;
  struct ending ending;
  uint8_t *chunk;       /* frame in flight: header and bytes */
  size_t chunk_length;
  bool attached;        /* somebody has been */
  struct log *log;
  char *sweep;          /* cgroup.procs to kill what is left in */
  char *console_socket; /* who has the terminal's master, when not we */
  struct handover console, seccomp;
  uint32_t preserved;   /* descriptors from 3 on that the program is to have */
  bool waits;           /* ready, it waits to be started */
  bool asks_hooks;      /* it waits for the host's hooks, and nobody has been told yet */
  char *notify[4];      /* seccomp: socket, message before, between and after the two pids in it */
  size_t read_after_end;
  struct client *asker; /* who waits for the answer to CREATE, EXEC or START */
  uint32_t asked;
};

/* A stage forked ahead of its plan. */
struct seed {
  pid_t pid;
  int report;
};

struct shim {
  struct seed seed;
  int listener, signals, self;
  struct client *clients;
  struct process *processes; /* the first is the container's first */
  uint16_t execs;
  char *label; /* our last argument, for who looks at ps */
  int oom_control, oom_event;
  uint64_t oom_kills;
  uint64_t oom_until; /* 0, or how long to look for a kill that was announced */
  bool closing;
  bool foreground;      /* one command's: goes with its connection, and leaves behind what runs */
  bool reaper;          /* takes every process that ends */
};

/* loop.c */
int loop_run(struct shim *shim, int first_client);

/* client.c */
struct client *client_add(struct shim *shim, int fd);
void client_send(struct client *client, struct frame frame, const void *payload);
void client_broadcast(struct shim *shim, struct frame frame, const void *payload);
void client_next(struct client *client);
struct frame client_frame(const struct client *client);
/* A whole STDIN frame lies in the client's body, not all of it written yet. */
bool client_has_input(const struct client *client);

/* request.c */
void request_read(struct shim *shim, struct client *client);
void request_sweep(struct shim *shim);

/* launch.c */
/* Sets a stage to work on a plan, which it copies; NULL with errno. `seeded`: the seed has it, EAGAIN without one. */
struct process *launch_process(struct shim *shim, uint8_t *plan, size_t length, bool exec, bool seeded);
int launch_seed(struct shim *shim, const uint8_t *plan, size_t length);

/* process.c */
void process_drop_seed(struct shim *shim);
struct process *process_find(struct shim *shim, uint16_t number);
void process_start(struct process *process);
/* Lets a launch go on that waits for hooks. */
int process_go(struct process *process);
void process_report(struct shim *shim, struct process *process);
void process_reap(struct shim *shim);
/* Tells the end once what came before it is delivered; frees an exec that is over. */
void process_settle(struct shim *shim, struct process *process);
void process_free(struct shim *shim, struct process *process);
/* Unmounts its root, if nothing else holds it. */
void process_let_go(struct process *process);
int process_signal(struct process *process, int signal_number);
int process_resize(struct process *process, uint16_t columns, uint16_t rows);

/* stream.c */
bool stream_wants(const struct process *process, int index);
void stream_read(struct shim *shim, struct process *process, int index);
void stream_deliver(struct shim *shim, struct process *process);
void stream_input(struct process *process, struct client *client);
void stream_end_input(struct process *process);
void stream_detach(struct shim *shim, struct client *client);
void stream_close(struct process *process);
bool stream_drained(const struct process *process);
/* The process has ended, its time is up, and what is still open holds nothing more that was its own. */
bool stream_given_up(const struct process *process);

/* handover.c */
/* Takes the descriptor and the text, which malloc gave, or NULL. `op` is the operation whose they are. */
void handover_begin(struct handover *handover, uint32_t op, char *text, int descriptor);
/* 1: done. 0: to be tried again later. -1: given up, with errno. */
int handover_try(struct handover *handover, const char *path);
void handover_drop(struct handover *handover);

/* log.c */
struct log *log_open(const char *path, uint64_t max_bytes, uint32_t max_files);
void log_write(struct log *log, int stream, const uint8_t *bytes, size_t length);
void log_close(struct log *log);

/* oom.c */
void oom_watch(struct shim *shim, const char *control, const char *event_control);
bool oom_check(struct shim *shim);

/* init.c */
int init_main(char **arguments, char **environment);

#endif
