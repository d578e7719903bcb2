/* The terminal: a pty of the container's own devpts. The master goes to the shim, the other end becomes the session's. */
#include "run.h"
#include "sys.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <termios.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* What lies at /dev/pts/ptmx may be the container's doing: only a real devpts is taken. */
static int open_master(const struct run *run) {
  int directory = root_open(run, "/dev/pts", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
  if (directory < 0) return -1;
  struct statfs kind;
  int master = -1, locked = 0;
  if (fstatfs(directory, &kind) == 0 && kind.f_type == DEVPTS_SUPER_MAGIC) {
    master = sys_openat2(directory, "ptmx", O_RDWR | O_NOCTTY, 0, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  } else errno = ENOTTY;
  close_keeping_errno(directory);
  if (master >= 0 && ioctl(master, TIOCSPTLCK, &locked) < 0) {
    close_keeping_errno(master);
    return -1;
  }
  return master;
}

/* Bound from the open terminal itself, so that nothing put at its path in between can take its place. */
static int bind_console(const struct run *run, int terminal) {
  int tree = sys_open_tree(terminal, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
  return attach_tree(tree, tree < 0 ? -1 : root_make(run, "/dev/console", 1, 0666));
}

int op_console(struct run *run, struct reader *payload) {
  struct winsize size = {.ws_row = (unsigned short)read_u32(payload), .ws_col = (unsigned short)read_u32(payload)};
  uint32_t flags = read_u32(payload), uid = read_u32(payload);
  struct termios modes;
  int master = open_master(run);
  if (master < 0) return -1;
  int terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return -1;
  if (size.ws_row && size.ws_col && ioctl(master, TIOCSWINSZ, &size) < 0) return -1;
  if (fchown(terminal, uid, (gid_t)-1) < 0) return -1;
  if (flags & CONSOLE_PLAIN && (tcgetattr(terminal, &modes) < 0 || (modes.c_oflag &= ~(tcflag_t)ONLCR, tcsetattr(terminal, TCSANOW, &modes)) < 0)) return -1;
  if (flags & CONSOLE_BIND && bind_console(run, terminal) < 0) return -1;
  if (run_report(run, REPORT_CONSOLE, 0, 0, master) < 0) return -1;
  close(master);
  if (ioctl(terminal, TIOCSCTTY, 0) < 0) return -1;
  for (int i = 0; i < 3; i++) run->stdio[i] = terminal;
  return 0;
}
