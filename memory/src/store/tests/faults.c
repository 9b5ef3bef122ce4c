/* Makes the n-th write to a database fail, as a disk would. Loaded into a test's child process by LD_PRELOAD.
 *
 * FAULT_FILE   only files whose path begins so
 * FAULT_AT     which call fails, from 1; 0 only counts
 * FAULT_EVER   1: every later one fails too
 * FAULT_ERRNO  what it fails with
 * FAULT_SHORT  1: half of the bytes are written before it fails
 * FAULT_COUNT  a file that gets one byte for each call that was counted
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static int counter = -1;

static int matches(int fd) {
    const char *file = getenv("FAULT_FILE");
    char link[64], path[4096];
    if (!file) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    /* The index of the log is memory of the process and not on the disk. */
    if (length > 4 && strcmp(path + length - 4, "-shm") == 0) return 0;
    return strncmp(path, file, strlen(file)) == 0;
}

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

static ssize_t (*real_write)(int, const void *, size_t);

/* Whether this call is to fail. */
static int fails(int fd) {
    if (!matches(fd)) return 0;
    int saved = errno;
    long n = atomic_fetch_add(&calls, 1) + 1, at = number("FAULT_AT");
    const char *count = getenv("FAULT_COUNT");
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    if (count && counter < 0) counter = open(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (counter >= 0) real_write(counter, ".", 1);
    errno = saved;
    if (at == 0 || n < at || (n > at && !number("FAULT_EVER"))) return 0;
    return 1;
}

static int failed(void) {
    errno = (int)number("FAULT_ERRNO");
    return -1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    if (!fails(fd)) return real_write(fd, bytes, length);
    if (number("FAULT_SHORT") && length > 1) real_write(fd, bytes, length / 2);
    return failed();
}

#define PWRITE(name, offset_type)                                                              \
    ssize_t name(int fd, const void *bytes, size_t length, offset_type at) {                   \
        static ssize_t (*real)(int, const void *, size_t, offset_type);                        \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                             \
        if (!fails(fd)) return real(fd, bytes, length, at);                                    \
        if (number("FAULT_SHORT") && length > 1) real(fd, bytes, length / 2, at);              \
        return failed();                                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define SYNC(name)                                      \
    int name(int fd) {                                  \
        static int (*real)(int);                        \
        if (!real) real = dlsym(RTLD_NEXT, #name);      \
        return fails(fd) ? failed() : real(fd);         \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, offset_type)                         \
    int name(int fd, offset_type length) {                  \
        static int (*real)(int, offset_type);               \
        if (!real) real = dlsym(RTLD_NEXT, #name);          \
        return fails(fd) ? failed() : real(fd, length);     \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)
