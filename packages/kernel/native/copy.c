/* tmpcopyup: what the image has at a mount point goes into the tmpfs that will cover it. */
#include "run.h"
#include "sys.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static int copy_file(int from, int to, const char *name) {
  int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int out = in < 0 ? -1 : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ssize_t moved = out < 0 ? -1 : 1;
  while (moved > 0) moved = sendfile(out, in, NULL, 1 << 20);
  close_keeping_errno(in);
  close_keeping_errno(out);
  return (int)moved;
}

static int copy_link(int from, int to, const char *name) {
  char target[PATH_MAX];
  ssize_t length = readlinkat(from, name, target, sizeof target - 1);
  if (length < 0) return -1;
  target[length] = 0;
  return symlinkat(target, to, name);
}

static int copy_directory(int from, int to, const char *name) {
  if (mkdirat(to, name, 0700) < 0) return -1;
  int inner_from = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int inner_to = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int result = inner_from < 0 || inner_to < 0 ? -1 : copy_tree(inner_from, inner_to);
  close_keeping_errno(inner_from);
  close_keeping_errno(inner_to);
  return result;
}

static int copy_entry(int from, int to, const char *name) {
  struct stat what;
  if (fstatat(from, name, &what, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  int result = S_ISDIR(what.st_mode)   ? copy_directory(from, to, name)
               : S_ISREG(what.st_mode) ? copy_file(from, to, name)
               : S_ISLNK(what.st_mode) ? copy_link(from, to, name)
                                       : mknodat(to, name, what.st_mode, what.st_rdev);
  if (result == 0) result = fchownat(to, name, what.st_uid, what.st_gid, AT_SYMLINK_NOFOLLOW);
  return result == 0 && !S_ISLNK(what.st_mode) ? fchmodat(to, name, what.st_mode & 07777, 0) : result;
}

int copy_tree(int from, int to) {
  DIR *directory = fdopendir(fcntl(from, F_DUPFD_CLOEXEC, 0));
  if (!directory) return -1;
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) result = copy_entry(from, to, entry->d_name);
  }
  closedir(directory);
  return result;
}
