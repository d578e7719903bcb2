/* Messages with file descriptors beside them (unix(7), SCM_RIGHTS). */
#include "sys.h"

#include <string.h>
#include <sys/un.h>

int send_with(int socket, const void *bytes, size_t length, const int *descriptors, size_t count) {
  struct iovec part = {(void *)(uintptr_t)bytes, length};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int))};
    memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -1;
}

ssize_t receive_with(int socket, void *bytes, size_t length, int flags, int *descriptors, size_t *count) {
  struct iovec part = {bytes, length};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
  *count = header && header->cmsg_type == SCM_RIGHTS ? (header->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
  if (*count) memcpy(descriptors, CMSG_DATA(header), *count * sizeof(int));
  return got;
}

int socket_at(const char *path, int kind, int attach(int, const struct sockaddr *, socklen_t)) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, kind | SOCK_CLOEXEC, 0);
  if (fd < 0 || attach(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close_keeping_errno(fd);
  return -1;
}

/* Who finds the queue full is turned away at once, and takes us for gone: it is as long as the kernel lets it be. */
int listen_at(const char *name) {
  int fd = socket_at(name, SOCK_STREAM | SOCK_NONBLOCK, bind);
  return fd < 0 || listen(fd, 4096) < 0 ? -1 : fd;
}
