/*
 * Preloaded into a load generator: every name below example.test is this machine. The generator then
 * sends real names in Host and SNI, and nobody's /etc/hosts is touched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

static const char suffix[] = ".example.test";

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  static int (*original)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (!original) original = dlsym(RTLD_NEXT, "getaddrinfo");
  size_t length = node ? strlen(node) : 0, tail = sizeof suffix - 1;
  if (length > tail && strcmp(node + length - tail, suffix) == 0) node = "127.0.0.1";
  return original(node, service, hints, result);
}
