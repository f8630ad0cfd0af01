/*
 * Opens new TLS 1.3 connections as fast as one core can, with the server name spread evenly over many
 * names, one GET on each. Prints one line of JSON.
 *
 *   tls-load PORT THREADS SECONDS NAMES PATH full|resumed
 *
 * full: nothing is resumed. resumed: each thread has a name of its own and resumes the session of its
 * last full handshake, again and again; a connection that is not resumed counts as bad, but for the
 * first of each thread.
 *
 * The names are d0000000.example.test and so on. The server's signature is not verified: a client
 * pays more for checking an ECDSA signature than the server for making it, and the client would be
 * what is measured. Everything else of the handshake is real.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LATENCIES_MAX = 1 << 20, HOST_BYTES = 64, REQUEST_BYTES = 512, READ_BYTES = 1 << 16 };

/* Takes the place of the library's own, in this process only; see above. */
int EVP_DigestVerify(EVP_MD_CTX *context, const unsigned char *signature, size_t signature_length,
                     const unsigned char *text, size_t text_length) {
  (void)context, (void)signature, (void)signature_length, (void)text, (void)text_length;
  return 1;
}

struct worker {
  pthread_t thread;
  long number;
  unsigned long chance;
  SSL_SESSION *session;
  long good, bad, measured;
  float *latencies_ms;
};

static int port;
static long names;
static const char *path;
static SSL_CTX *context;
static int is_resuming;
static atomic_int is_over;

static double now_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned long draw(struct worker *worker) {
  worker->chance ^= worker->chance << 13;
  worker->chance ^= worker->chance >> 7;
  worker->chance ^= worker->chance << 17;
  return worker->chance;
}

static int keep_session(SSL *connection, SSL_SESSION *session) {
  struct worker *worker = SSL_get_app_data(connection);
  if (SSL_session_reused(connection)) return 0;
  if (worker->session) SSL_SESSION_free(worker->session);
  worker->session = SSL_SESSION_dup(session);
  return 0;
}

/* A copy: the library takes a session of TLS 1.3 for one connection only. */
static void resume_session(SSL *connection, const struct worker *worker) {
  SSL_SESSION *copy = SSL_SESSION_dup(worker->session);
  SSL_set_session(connection, copy);
  SSL_SESSION_free(copy);
}

static int open_connection(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (descriptor < 0) return -1;
  int yes = 1;
  /* A reset at the end: waiting sockets would use up the ports. */
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

/* True when a whole answer with status 2xx came. */
static int get_page(SSL *connection, const char *host, char *buffer) {
  char request[REQUEST_BYTES];
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
  if (SSL_write(connection, request, length) != length) return 0;
  char status = 0;
  long total = 0;
  for (int count; (count = SSL_read(connection, buffer, READ_BYTES)) > 0; total += count) {
    if (total == 0 && count > 9) status = buffer[9];
  }
  return status == '2';
}

static int visit(struct worker *worker, char *buffer) {
  char host[HOST_BYTES];
  unsigned long number = is_resuming ? (unsigned long)worker->number : draw(worker);
  snprintf(host, sizeof host, "d%07lu.example.test", number % (unsigned long)names);
  int descriptor = open_connection();
  if (descriptor < 0) return 0;
  SSL *connection = SSL_new(context);
  SSL_set_fd(connection, descriptor);
  SSL_set_tlsext_host_name(connection, host);
  SSL_set_app_data(connection, worker);
  int is_due = worker->session != NULL;
  if (is_due) resume_session(connection, worker);
  int is_good = SSL_connect(connection) == 1 && get_page(connection, host, buffer) &&
                (!is_due || SSL_session_reused(connection));
  SSL_set_shutdown(connection, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(connection);
  close(descriptor);
  return is_good;
}

static void *work(void *argument) {
  struct worker *worker = argument;
  char *buffer = malloc(READ_BYTES);
  while (!atomic_load(&is_over)) {
    double started = now_seconds();
    if (!visit(worker, buffer)) {
      worker->bad++;
      continue;
    }
    worker->good++;
    if (worker->measured < LATENCIES_MAX) {
      worker->latencies_ms[worker->measured++] = (float)((now_seconds() - started) * 1e3);
    }
  }
  free(buffer);
  return NULL;
}

static int by_value(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return a < b ? -1 : a > b;
}

static void print_result(struct worker *workers, int threads, double seconds) {
  long good = 0, bad = 0, measured = 0;
  for (int index = 0; index < threads; index++) measured += workers[index].measured;
  float *all = malloc(sizeof *all * (size_t)(measured + 1));
  long at = 0;
  for (int index = 0; index < threads; index++) {
    good += workers[index].good;
    bad += workers[index].bad;
    memcpy(all + at, workers[index].latencies_ms, sizeof *all * (size_t)workers[index].measured);
    at += workers[index].measured;
  }
  qsort(all, (size_t)measured, sizeof *all, by_value);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"good\":%ld,\"bad\":%ld,\"seconds\":%.3f,\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"cpu\":%.2f}\n",
         good, bad, seconds, measured ? all[measured / 2] : 0,
         measured ? all[measured * 99 / 100] : 0, cpu / seconds);
  free(all);
}

int main(int count, char **arguments) {
  if (count != 8) {
    fprintf(stderr, "usage: tls-load PORT THREADS SECONDS NAMES PATH full|resumed SEED\n");
    return 2;
  }
  port = atoi(arguments[1]);
  int threads = atoi(arguments[2]);
  double seconds = atof(arguments[3]);
  names = atol(arguments[4]);
  path = arguments[5];
  is_resuming = strcmp(arguments[6], "resumed") == 0;
  unsigned long seed = strtoul(arguments[7], NULL, 10);
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  if (is_resuming) {
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, keep_session);
  } else {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  }
  /* One choice, so that every server does the same work. */
  SSL_CTX_set1_groups_list(context, "X25519");
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  struct worker *workers = calloc((size_t)threads, sizeof *workers);
  double started = now_seconds();
  for (int index = 0; index < threads; index++) {
    workers[index].number = index;
    workers[index].chance =
        88172645463325252UL + (unsigned long)index * 7919003UL + seed * 2654435761UL;
    workers[index].latencies_ms = malloc(sizeof(float) * LATENCIES_MAX);
    pthread_create(&workers[index].thread, NULL, work, &workers[index]);
  }
  usleep((useconds_t)(seconds * 1e6));
  atomic_store(&is_over, 1);
  for (int index = 0; index < threads; index++) pthread_join(workers[index].thread, NULL);
  print_result(workers, threads, now_seconds() - started);
  return 0;
}
