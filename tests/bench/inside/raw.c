/* raw DIRECTORY: what any engine's container takes at least: a clone into namespaces of its own, an overlay over DIRECTORY/lower, a
 * pivot, an exec of /bin/true, its end. Prints the milliseconds of the second of two: the first one finds cold caches. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[4096], options[16384];
static _Alignas(16) char stack[65536];

static int container(void *nothing) {
  char *words[] = {"true", NULL}, *environment[] = {"PATH=/bin", NULL};
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return 101;
  if (mount("overlay", root, "overlay", 0, options) < 0) return 102;
  if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0) return 103;
  execve("/bin/true", words, environment);
  return 104;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double live(const char *directory, const char *name) {
  char upper[4096], work[4096];
  int status;
  snprintf(upper, sizeof upper, "%s/upper-%s", directory, name);
  snprintf(work, sizeof work, "%s/work-%s", directory, name);
  snprintf(root, sizeof root, "%s/root-%s", directory, name);
  snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s,workdir=%s", directory, upper, work);
  double began = now();
  mkdir(upper, 0755);
  mkdir(work, 0755);
  mkdir(root, 0755);
  int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD;
  pid_t pid = clone(container, stack + sizeof stack, flags, NULL);
  if (pid < 0 || waitpid(pid, &status, 0) != pid) exit(105);
  if (status != 0) exit(WIFEXITED(status) ? WEXITSTATUS(status) : 106);
  return now() - began;
}

int main(int count, char **words) {
  if (count != 3) return 100;
  char name[256];
  for (int i = 0; i < 2; i++) {
    snprintf(name, sizeof name, "%s-%d", words[2], i);
    double milliseconds = live(words[1], name);
    if (i == 1) printf("%f\n", milliseconds);
  }
}
