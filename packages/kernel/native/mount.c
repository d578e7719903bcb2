/* Mounts. Each is made detached (fsmount or open_tree) with all its flags, then moved onto a descriptor that was
 * resolved inside the root: at no moment does a path decide where it lands. */
#include "run.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

int op_propagation(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  return sys_mount(NULL, path, NULL, read_u32(payload), NULL);
}

/* `directory`, when given, is where relative layers in `data` start from: overlay's list must fit one page. */
int op_mount(struct run *run, struct reader *payload) {
  const char *source = read_str(payload), *target = read_str(payload), *type = read_str(payload);
  uint32_t flags = read_u32(payload);
  const char *data = read_str(payload), *directory = read_str(payload);
  if (payload->bad) return errno = EBADMSG, -1;
  if (*directory && chdir(directory) < 0) return -1;
  return sys_mount(source, target, type, flags, *data ? data : NULL);
}

static int set_attributes(int tree, uint64_t set, uint64_t clear, uint32_t propagation, unsigned recursive) {
  if (!set && !clear && !propagation) return 0;
  if (clear & MOUNT_ATTR__ATIME || set & MOUNT_ATTR__ATIME) clear |= MOUNT_ATTR__ATIME;
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
  return sys_mount_setattr(tree, AT_EMPTY_PATH | recursive, &attributes);
}

static int configure(int fs, char **options) {
  for (; *options; options++) {
    char *equals = strchr(*options, '=');
    if (equals) *equals = 0;
    int result = sys_fsconfig(fs, equals ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, *options, equals ? equals + 1 : NULL);
    if (equals) *equals = '='; /* for the next mount by the same */
    if (result < 0) return -1;
  }
  return sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
}

/* A file system of its own, not attached anywhere yet. */
static int make_tree(const char *type, const char *source, char **options, unsigned attributes) {
  int fs = sys_fsopen(type);
  if (fs < 0) return -1;
  int tree = -1;
  if ((!*source || sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source) == 0) && configure(fs, options) == 0)
    tree = sys_fsmount(fs, attributes);
  close_keeping_errno(fs);
  return tree;
}

static int attach(struct run *run, int tree, const char *destination, int file, uint64_t resolve) {
  int target = resolve ? root_open(run, destination, O_PATH | O_DIRECTORY, resolve) : -1;
  if (target < 0 && (!resolve || errno == ENOENT)) target = root_make(run, destination, file, 0755);
  if (target < 0) return run->detail = DETAIL_DESTINATION, -1;
  struct stat what;
  int result = fstat(target, &what);
  if (result == 0 && S_ISDIR(what.st_mode) == file) errno = ENOTDIR, result = -1; /* the kernel would say EINVAL */
  if (result == 0) result = sys_move_mount(tree, target);
  close_keeping_errno(target);
  return result;
}

/* A tmpfs over a directory of the image takes its mode, in place of the last option, */
static void inherit_mode(const struct run *run, const char *destination, char **options, char mode[16]) {
  struct stat what;
  int from = root_open(run, destination, O_PATH | O_DIRECTORY, 0);
  while (*options && options[1]) options++;
  if (from >= 0 && *options && fstat(from, &what) == 0) {
    snprintf(mode, 16, "mode=%o", what.st_mode & 07777);
    *options = mode;
  }
  close_keeping_errno(from);
}

/* and with MOUNT_COPY_UP its content. */
static int copy_up(const struct run *run, int tree, const char *destination) {
  int from = root_open(run, destination, O_RDONLY | O_DIRECTORY, 0);
  if (from < 0) return errno == ENOENT ? 0 : -1;
  int to = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = to < 0 ? -1 : copy_tree(from, to);
  close_keeping_errno(from);
  close_keeping_errno(to);
  return result;
}

int op_mount_fs(struct run *run, struct reader *payload) {
  const char *destination = read_str(payload), *type = read_str(payload), *source = read_str(payload);
  uint32_t flags = read_u32(payload);
  uint64_t attributes = read_u64(payload);
  uint32_t propagation = read_u32(payload);
  char **options = read_list(payload);
  if (!options) return errno = EBADMSG, -1;
  char mode[16];
  if (flags & MOUNT_KEEP_MODE) inherit_mode(run, destination, options, mode);
  int tree = make_tree(type, source, options, 0);
  if (tree < 0) return -1;
  int result = flags & MOUNT_COPY_UP ? copy_up(run, tree, destination) : 0;
  if (result == 0) result = set_attributes(tree, attributes, 0, propagation, 0);
  /* /proc and /sys land on a real directory or nowhere: a symlink there would hide what is masked later. */
  if (result == 0) result = attach(run, tree, destination, 0, flags & MOUNT_STRICT ? RESOLVE_NO_SYMLINKS : 0);
  close_keeping_errno(tree);
  return result;
}

static int take_tree(const struct run *run, const char *source, struct reader *payload) {
  uint32_t flags = read_u32(payload);
  uint64_t set = read_u64(payload), clear = read_u64(payload), rset = read_u64(payload), rclear = read_u64(payload);
  uint32_t propagation = read_u32(payload), recursive_propagation = read_u32(payload);
  struct id_map map = {.recursive = flags & MOUNT_MAP_ALL ? AT_RECURSIVE : 0, .uids = read_str(payload)};
  map.gids = read_str(payload);
  if (payload->bad) return errno = EBADMSG, -1;
  int tree = sys_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | (flags & MOUNT_RECURSIVE ? AT_RECURSIVE : 0));
  if (tree < 0) return -1;
  int result = set_attributes(tree, set, clear, 0, 0);
  if (result == 0) result = set_attributes(tree, rset, rclear, recursive_propagation, AT_RECURSIVE); /* has the last word, as with runC */
  if (result == 0) result = set_attributes(tree, 0, 0, propagation, 0);
  if (result == 0 && *map.uids) result = mapper_ask(run, tree, &map);
  if (result == 0) return tree;
  close_keeping_errno(tree);
  return -1;
}

/* A bind mount's source, complete but not attached: some must be had before propagation or user namespace change. */
int op_take(struct run *run, struct reader *payload) {
  const char *source = read_str(payload);
  int *more = realloc(run->taken, (run->taken_count + 1) * sizeof *more);
  if (!more) return -1;
  run->taken = more;
  more[run->taken_count] = take_tree(run, source, payload);
  return more[run->taken_count] < 0 ? -1 : (run->taken_count++, 0);
}

int op_attach(struct run *run, struct reader *payload) {
  const char *destination = read_str(payload);
  uint32_t number = read_u32(payload);
  struct stat what;
  if (payload->bad || number >= run->taken_count) return errno = EBADMSG, -1;
  int tree = run->taken[number];
  int result = fstat(tree, &what) < 0 ? -1 : attach(run, tree, destination, !S_ISDIR(what.st_mode), 0);
  close_keeping_errno(tree);
  return result;
}

/* A whole /proc or /sys that stays within reach is the kernel's leave to mount another. One that is locked is covered. */
static int take_off(const char *path) {
  if (sys_mount(NULL, path, NULL, MS_SLAVE | MS_REC, NULL) < 0) return errno == ENOENT ? 0 : -1;
  if (sys_umount2(path, MNT_DETACH) == 0) return 0;
  return errno == EINVAL || errno == EPERM ? sys_mount("tmpfs", path, "tmpfs", 0, NULL) : -1;
}

/* pivot_root onto itself stacks the old root over the new one; taking it off leaves nothing of the host behind. What was
 * the host's is slave or private by now (OP_propagation): nothing of this reaches it. */
int op_pivot(struct run *run, struct reader *payload) {
  uint32_t mode = read_u32(payload);
  char **revealing = read_list(payload);
  if (!revealing) return errno = EBADMSG, -1;
  for (char **path = revealing; *path; path++)
    if (take_off(*path) < 0) return -1;
  close(run->mapper);
  close(run->parent);
  run->parent = -1;
  if (fchdir(run->root) < 0) return -1;
  if (mode == 2) return chroot(".") < 0 ? -1 : chdir("/");
  if (mode == 1) {
    if (sys_mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) return -1;
    return chdir("/");
  }
  if (sys_pivot_root(".", ".") < 0 || sys_umount2(".", MNT_DETACH) < 0) return -1;
  return chdir("/");
}

int op_attributes(struct run *run, struct reader *payload) {
  const char *path = read_str(payload);
  uint64_t set = read_u64(payload);
  uint32_t propagation = read_u32(payload), recursive = read_u32(payload);
  int tree = root_open(run, path, O_PATH, 0);
  if (tree < 0) return -1;
  int result = set_attributes(tree, set, 0, 0, 0) < 0 ? -1 : set_attributes(tree, 0, 0, propagation, recursive ? AT_RECURSIVE : 0);
  close_keeping_errno(tree);
  return result;
}

/* The container's own /dev/null, proved to be the real one before it is cloned: an image can put anything there. */
static int clone_null(const struct run *run) {
  struct stat what;
  int null = root_open(run, "/dev/null", O_PATH, RESOLVE_NO_SYMLINKS);
  if (null < 0) return -1;
  int real = fstat(null, &what) == 0 && S_ISCHR(what.st_mode) && what.st_rdev == makedev(1, 3);
  int tree = real ? sys_open_tree(null, "", AT_EMPTY_PATH | OPEN_TREE_CLONE) : (errno = EINVAL, -1);
  close_keeping_errno(null);
  return tree;
}

/* Directories share one empty tmpfs: each of its own would cost the kernel a whole file system. */
static int empty_tree(struct run *run, char **options) {
  if (run->mask >= 0) return sys_open_tree(run->mask, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  run->mask = make_tree("tmpfs", "tmpfs", options, MOUNT_ATTR_RDONLY);
  return run->mask < 0 ? -1 : fcntl(run->mask, F_DUPFD_CLOEXEC, 0);
}

static int mask_one(struct run *run, const char *path, char **options) {
  int target = root_open(run, path, O_PATH, 0);
  if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  struct stat what;
  return attach_tree(fstat(target, &what) < 0 ? -1 : S_ISDIR(what.st_mode) ? empty_tree(run, options) : clone_null(run), target);
}

static int readonly_one(struct run *run, const char *path, char **options) {
  int target = root_open(run, path, O_PATH, 0);
  if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
  int tree = sys_open_tree(target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
  int result = tree < 0 ? -1 : set_attributes(tree, MOUNT_ATTR_RDONLY, 0, 0, AT_RECURSIVE);
  if (result == 0) result = sys_move_mount(tree, target);
  close_keeping_errno(tree);
  close_keeping_errno(target);
  return result;
}

static int for_each(struct run *run, struct reader *payload, int (*work)(struct run *, const char *, char **)) {
  char **paths = read_list(payload), **options = payload->at < payload->end ? read_list(payload) : calloc(1, sizeof *options);
  if (!paths || !options) return errno = EBADMSG, -1;
  int result = 0;
  for (char **path = paths; *path && result == 0; path++) {
    result = work(run, *path, options);
    if (result < 0) run->detail = (uint32_t)(path - paths);
  }
  return result;
}

int op_mask(struct run *run, struct reader *payload) {
  int result = for_each(run, payload, mask_one);
  close_keeping_errno(run->mask);
  run->mask = -1;
  return result;
}

int op_readonly(struct run *run, struct reader *payload) {
  return for_each(run, payload, readonly_one);
}

int op_relabel(struct run *run, struct reader *payload) {
  const char *path = read_str(payload), *label = read_str(payload);
  int fd = root_open(run, path, O_RDONLY | O_DIRECTORY, 0);
  int result = fd < 0 ? -1 : fsetxattr(fd, "security.selinux", label, strlen(label), 0);
  close_keeping_errno(fd);
  return result;
}
