/*
 * C11 threads over pthread, for ThreadSanitizer runs only. GCC's TSan watches pthread_* and knows
 * nothing of mtx_*, cnd_* and thrd_*, which librdkafka takes from glibc: without this file every
 * lock inside librdkafka is invisible and every hand-over through its queues looks like a race. A
 * definition in the test program wins over glibc's, also for calls out of a shared library.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

/* The C11 objects live in memory that callers declared with glibc's types. */
_Static_assert(sizeof(mtx_t) >= sizeof(pthread_mutex_t), "a mutex does not fit into mtx_t");
_Static_assert(sizeof(cnd_t) >= sizeof(pthread_cond_t), "a condition does not fit into cnd_t");
_Static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "once_flag is not pthread's");
_Static_assert(sizeof(tss_t) == sizeof(pthread_key_t), "tss_t is not pthread's");

static int to_c11(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ETIMEDOUT:
      return thrd_timedout;
    case ENOMEM:
      return thrd_nomem;
    default:
      return thrd_error;
  }
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(
      &attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  int error = pthread_mutex_init((pthread_mutex_t*)mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return to_c11(error);
}

int mtx_lock(mtx_t* mutex) { return to_c11(pthread_mutex_lock((pthread_mutex_t*)mutex)); }

int mtx_trylock(mtx_t* mutex) { return to_c11(pthread_mutex_trylock((pthread_mutex_t*)mutex)); }

int mtx_timedlock(mtx_t* restrict mutex, const struct timespec* restrict until) {
  return to_c11(pthread_mutex_timedlock((pthread_mutex_t*)mutex, until));
}

int mtx_unlock(mtx_t* mutex) { return to_c11(pthread_mutex_unlock((pthread_mutex_t*)mutex)); }

void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy((pthread_mutex_t*)mutex); }

int cnd_init(cnd_t* condition) {
  return to_c11(pthread_cond_init((pthread_cond_t*)condition, NULL));
}

int cnd_signal(cnd_t* condition) { return to_c11(pthread_cond_signal((pthread_cond_t*)condition)); }

int cnd_broadcast(cnd_t* condition) {
  return to_c11(pthread_cond_broadcast((pthread_cond_t*)condition));
}

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return to_c11(pthread_cond_wait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex));
}

int cnd_timedwait(cnd_t* restrict condition, mtx_t* restrict mutex,
                  const struct timespec* restrict until) {
  return to_c11(pthread_cond_timedwait((pthread_cond_t*)condition, (pthread_mutex_t*)mutex, until));
}

void cnd_destroy(cnd_t* condition) { pthread_cond_destroy((pthread_cond_t*)condition); }

struct start {
  thrd_start_t function;
  void* argument;
};

/* A C11 thread returns an int, a POSIX one a pointer. */
static void* run(void* pointer) {
  struct start start = *(struct start*)pointer;
  free(pointer);
  return (void*)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  struct start* start = malloc(sizeof *start);
  if (start == NULL) {
    return thrd_nomem;
  }
  start->function = function;
  start->argument = argument;
  int error = pthread_create(thread, NULL, run, start);
  if (error != 0) {
    free(start);
  }
  return to_c11(error);
}

int thrd_join(thrd_t thread, int* result) {
  void* pointer = NULL;
  int error = pthread_join(thread, &pointer);
  if (error == 0 && result != NULL) {
    *result = (int)(intptr_t)pointer;
  }
  return to_c11(error);
}

int thrd_detach(thrd_t thread) { return to_c11(pthread_detach(thread)); }

_Noreturn void thrd_exit(int result) { pthread_exit((void*)(intptr_t)result); }

void call_once(once_flag* flag, void (*function)(void)) {
  pthread_once((pthread_once_t*)flag, function);
}
