/* Paths inside the container's root. Every look-up is one openat2 with RESOLVE_IN_ROOT, so that no symlink, "..", or
 * rename under way leads out; what comes back is a descriptor, and everything after is done on that. */
#include "run.h"
#include "sys.h"

#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define SYMLINK_DEPTH 16

int root_open(const struct run *run, const char *path, uint64_t flags, uint64_t resolve) {
  return sys_openat2(run->root, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static int make_path(const struct run *run, const char *path, int file, mode_t mode, int depth);

/* `prefix` is a symlink whose target is missing: goes on with the target in its place, `rest` behind it. */
static int make_through_symlink(const struct run *run, int parent, const char *prefix, const char *rest, int file, mode_t mode, int depth) {
  char target[PATH_MAX], path[2 * PATH_MAX];
  const char *name = last_part(prefix);
  ssize_t length = readlinkat(parent, name, target, sizeof target - 1);
  if (length < 0) return -1;
  target[length] = 0;
  int base = target[0] == '/' ? 0 : (int)(name - prefix);
  int written = snprintf(path, sizeof path, "%.*s%s%s", base, prefix, target, rest);
  if (written >= PATH_MAX) return errno = ENAMETOOLONG, -1;
  return make_path(run, path, file, mode, depth + 1);
}

/* Looks backwards for what is there, then makes the rest forwards, each part in the directory that was opened last. */
static int make_path(const struct run *run, const char *path, int file, mode_t mode, int depth) {
  char prefix[PATH_MAX];
  size_t length = strlen(path), end = length, start;
  if (depth > SYMLINK_DEPTH) return errno = ELOOP, -1;
  if (length >= sizeof prefix) return errno = ENAMETOOLONG, -1;
  memcpy(prefix, path, length + 1);
  int fd;
  while ((fd = root_open(run, end ? prefix : ".", O_PATH, 0)) < 0) {
    if (errno != ENOENT || !end) return -1;
    while (end && prefix[end - 1] == '/') end--;
    while (end && prefix[end - 1] != '/') end--;
    prefix[end] = 0;
  }
  while (fd >= 0 && path[start = end + strspn(path + end, "/")]) {
    end = start + strcspn(path + start, "/");
    memcpy(prefix, path, end);
    prefix[end] = 0;
    int last = path[end + strspn(path + end, "/")] == 0;
    int made = last && file ? mknodat(fd, prefix + start, S_IFREG | mode, 0) : mkdirat(fd, prefix + start, last ? mode : 0755);
    bool there = made < 0 && errno == EEXIST; /* "..", or a symlink that leads nowhere */
    int next = made < 0 && !there ? -1 : root_open(run, prefix, O_PATH, 0);
    bool through = there && next < 0 && errno == ENOENT;
    if (through) next = make_through_symlink(run, fd, prefix, path + end, file, mode, depth);
    close_keeping_errno(fd);
    fd = next;
    if (through) break;
  }
  return fd;
}

int root_make(const struct run *run, const char *path, int file, mode_t mode) {
  return make_path(run, path, file, mode, 0);
}

int root_parent(struct run *run, const char *path, const char **name) {
  char parent[PATH_MAX];
  *name = last_part(path);
  size_t length = (size_t)(*name - path);
  bool again = run->parent >= 0 && run->parent_op + 1 == run->op && run->parent_length == length && memcmp(run->parent_path, path, length) == 0;
  run->parent_op = run->op;
  if (again) return run->parent;
  if (length >= sizeof parent) return errno = ENAMETOOLONG, -1;
  memcpy(parent, length ? path : ".", length ? length : 1);
  parent[length ? length : 1] = 0;
  close_keeping_errno(run->parent);
  run->parent_path = path;
  run->parent_length = length;
  return run->parent = make_path(run, parent, 0, 0755, 0);
}

int write_text(int fd, const char *text) {
  if (fd < 0) return -1;
  ssize_t length = (ssize_t)strlen(text), written = write(fd, text, (size_t)length);
  int saved = errno;
  close(fd);
  errno = written < 0 ? saved : EIO;
  return written == length ? 0 : -1;
}

int op_root(struct run *run, struct reader *payload) {
  run->root = open(read_str(payload), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (run->root < 0) return -1;
  return readlink("/proc/self", run->pid, sizeof run->pid - 1) < 0 ? -1 : 0;
}

int op_directory(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  int fd = root_make(run, path, 0, read_u32(payload));
  return fd < 0 ? -1 : close(fd);
}

int op_symlink(struct run *run, struct reader *payload) {
  const char *target = read_str(payload);
  const char *name;
  int parent = root_parent(run, read_str(payload), &name);
  if (parent < 0) return -1;
  int result = symlinkat(target, parent, name);
  return result < 0 && errno == EEXIST ? 0 : result;
}

/* In a user namespace mknod is refused: the host's node is bound over an empty file instead. */
static int bind_device(const struct run *run, const char *path, const char *source) {
  int tree = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE);
  return attach_tree(tree, tree < 0 ? -1 : root_make(run, path, 1, 0));
}

/* What is there already stays: a mount put it there, or the image. */
int op_device(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  mode_t mode = read_u32(payload);
  uint32_t major = read_u32(payload), minor = read_u32(payload), uid = read_u32(payload), gid = read_u32(payload);
  const char *source = read_str(payload);
  if (payload->bad) return errno = EBADMSG, -1;
  const char *name;
  int parent = root_parent(run, path, &name);
  if (parent < 0) return -1;
  int result = mknodat(parent, name, mode, makedev(major, minor));
  if (result < 0 && errno == EEXIST) result = 0;
  else if (result == 0) {
    result = fchmodat(parent, name, mode & 07777, 0);
    if (result == 0 && (uid || gid)) result = fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW);
  } else if (errno == EPERM && *source) result = bind_device(run, path, source);
  return result;
}

/* Before the pivot /proc is the host's own, which nobody in the container can have replaced; its files answer for
 * the namespaces of whoever opens them. */
int op_proc_write(struct run *run, struct reader *payload) {
  const char *path = read_str(payload), *value = read_str(payload);
  if (payload->bad) return errno = EBADMSG, -1;
  int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct statfs kind;
  if (proc < 0) return -1;
  bool real = fstatfs(proc, &kind) == 0 && kind.f_type == PROC_SUPER_MAGIC; /* somebody can have laid another file's name there */
  int fd = real ? sys_openat2(proc, path, O_WRONLY | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV) : (errno = EXDEV, -1);
  close_keeping_errno(proc);
  return write_text(fd, value);
}
