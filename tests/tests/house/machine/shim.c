/* The machine under the service, for tests: a library for LD_PRELOAD that stands between the
 * service and the C library's calls for files and clocks.
 *
 * It writes down what is done to the database's files, in order, so that a power loss can be played
 * afterwards (replay.rs says how); and it breaks what the test asks it to break (shim.rs says what).
 *
 *   MACHINE_FILES    what the paths of the watched files begin with, absolute
 *   MACHINE_LOG      the file that records are appended to
 *   MACHINE_CONTROL  a file with a `struct control`, which the test writes while the service runs
 *
 * Real calls are made as system calls, so nothing has to be looked up. One lock is held around a
 * record and its call: the order of the records is the order of the calls. A change is recorded
 * before it is made, a sync after it succeeded; so whenever the process is killed, the log never
 * says "synced" of anything that the caller could still be waiting for, nor misses a change.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
  int64_t clock_offset_ms; /* added to the wall clock */
  int64_t room;            /* how many bytes the watched files may still grow by; below 0: no limit */
  int32_t write_error;     /* what every change of a watched file fails with; 0: it does not */
  int32_t sync_error;      /* what every sync of a watched file fails with; 0: it does not */
  int32_t sync_delay_us;   /* how long a sync takes at most, for kills to fall into it */
  int32_t open_error;      /* what opening a watched file for writing fails with; 0: it does not */
};

struct record {
  uint64_t kind, inode, at, length; /* `length` bytes follow */
};

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, SYNC_FAILED, UNLINK, UNSUPPORTED };

#define MAX_FD 65536
#define DIRECTORY UINT64_MAX

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct control none = {.room = -1};
static volatile struct control *control = &none;
static const char *prefix;
static size_t prefix_length, folder_length;
static int log_fd = -1;
static uint64_t inode_of[MAX_FD]; /* 0: not watched */
static unsigned dice = 1;

__attribute__((constructor)) static void begin(void) {
  const char *log = getenv("MACHINE_LOG"), *told = getenv("MACHINE_CONTROL"), *files = getenv("MACHINE_FILES");
  if (!log || !told || !files) return;
  int fd = syscall(SYS_openat, AT_FDCWD, told, O_RDWR | O_CLOEXEC);
  log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CLOEXEC);
  void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED || log_fd < 0) abort();
  syscall(SYS_close, fd);
  control = shared;
  prefix = files;
  prefix_length = strlen(files);
  folder_length = strrchr(files, '/') - files;
  dice = getpid();
}

static void enter(void) { pthread_mutex_lock(&lock); }

static void leave(void) {
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
}

static int fails(int error) {
  errno = error;
  return -1;
}

static void record(uint64_t kind, uint64_t inode, uint64_t at, const void *bytes, uint64_t length) {
  struct record head = {kind, inode, at, length};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)bytes, length}};
  if (syscall(SYS_writev, log_fd, parts, 2) != (long)(sizeof head + length)) abort();
}

/* The index to the log lives in memory that processes share, and is rebuilt: it is not watched. */
static int watched(const char *path) {
  size_t length = strlen(path);
  return prefix && !strncmp(path, prefix, prefix_length) && (length < 4 || strcmp(path + length - 4, "-shm"));
}

static int is_folder(const char *path) {
  return prefix && strlen(path) == folder_length && !strncmp(path, prefix, folder_length);
}

static uint64_t inode(int fd) { return fd >= 0 && fd < MAX_FD ? inode_of[fd] : 0; }

static int64_t size(int fd) {
  struct stat found;
  return fstat(fd, &found) ? -1 : found.st_size;
}

/* Files. */

static int opened(int at, const char *path, int flags, mode_t mode) {
  if (is_folder(path)) {
    int fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && fd < MAX_FD) inode_of[fd] = DIRECTORY;
    return fd;
  }
  if (!watched(path)) return syscall(SYS_openat, at, path, flags, mode);
  enter();
  int is_new = syscall(SYS_faccessat, at, path, F_OK) != 0;
  int fd = -1;
  int changes = (flags & O_ACCMODE) != O_RDONLY || (is_new && (flags & O_CREAT));
  if (changes && control->open_error) {
    errno = control->open_error;
  } else if (is_new && (flags & O_CREAT) && control->write_error) {
    errno = control->write_error;
  } else {
    fd = syscall(SYS_openat, at, path, flags, mode);
  }
  if (fd >= 0) {
    struct stat found;
    if (fd >= MAX_FD || fstat(fd, &found)) abort();
    inode_of[fd] = found.st_ino;
    record(OPEN, found.st_ino, is_new, path, strlen(path));
    if (flags & O_TRUNC) record(TRUNCATE, found.st_ino, 0, NULL, 0);
  }
  leave();
  return fd;
}

#define MODE(flags, mode)                                  \
  mode_t mode = 0;                                         \
  if ((flags) & (O_CREAT | O_TMPFILE)) {                   \
    va_list more;                                          \
    va_start(more, flags);                                 \
    mode = va_arg(more, mode_t);                           \
    va_end(more);                                          \
  }

int open(const char *path, int flags, ...) {
  MODE(flags, mode)
  return opened(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags, mode)
  return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int at, const char *path, int flags, ...) {
  MODE(flags, mode)
  return opened(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
  MODE(flags, mode)
  return opened(at, path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
  if (inode(fd)) {
    enter();
    inode_of[fd] = 0;
    leave();
  }
  return syscall(SYS_close, fd);
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset) {
  if (!inode(fd)) return syscall(SYS_pwrite64, fd, bytes, length, offset);
  enter();
  ssize_t written = -1;
  int64_t growth = offset + (int64_t)length - size(fd);
  if (control->write_error) {
    errno = control->write_error;
  } else if (control->room >= 0 && growth > control->room) {
    errno = ENOSPC;
  } else {
    if (control->room >= 0 && growth > 0) control->room -= growth;
    record(WRITE, inode(fd), offset, bytes, length);
    written = syscall(SYS_pwrite64, fd, bytes, length, offset);
  }
  leave();
  return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return write_at(fd, bytes, length, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return write_at(fd, bytes, length, offset);
}

static int cut(int fd, off_t length) {
  if (!inode(fd)) return syscall(SYS_ftruncate, fd, length);
  enter();
  int result;
  if (control->write_error) {
    result = fails(control->write_error);
  } else {
    record(TRUNCATE, inode(fd), length, NULL, 0);
    result = syscall(SYS_ftruncate, fd, length);
  }
  leave();
  return result;
}

int ftruncate(int fd, off_t length) { return cut(fd, length); }
int ftruncate64(int fd, off64_t length) { return cut(fd, length); }

static int synced(int fd, long call) {
  uint64_t which = inode(fd);
  if (!which) return syscall(call, fd);
  enter();
  int result;
  if (control->sync_error) {
    record(SYNC_FAILED, which == DIRECTORY ? 0 : which, 0, NULL, 0);
    result = fails(control->sync_error);
  } else {
    if (control->sync_delay_us > 0) {
      struct timespec wait = {0, 1000L * (rand_r(&dice) % control->sync_delay_us)};
      syscall(SYS_nanosleep, &wait, NULL);
    }
    /* The log decides what a power loss leaves; waiting for the real disk would show nothing more. */
    record(SYNC, which == DIRECTORY ? 0 : which, 0, NULL, 0);
    result = 0;
  }
  leave();
  return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int removed(int at, const char *path, int flags) {
  if (!watched(path)) return syscall(SYS_unlinkat, at, path, flags);
  enter();
  record(UNLINK, 0, 0, path, strlen(path));
  int result = syscall(SYS_unlinkat, at, path, flags);
  leave();
  return result;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return removed(at, path, flags); }

/* What the service does not do to these files today. Should it begin to, the replay refuses the log. */

static void unsupported(int is_ours, const char *call) {
  if (!is_ours) return;
  enter();
  record(UNSUPPORTED, 0, 0, call, strlen(call));
  leave();
}

ssize_t write(int fd, const void *bytes, size_t length) {
  unsupported(inode(fd) != 0, "write");
  return syscall(SYS_write, fd, bytes, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  unsupported(inode(fd) != 0, "writev");
  return syscall(SYS_writev, fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  unsupported(inode(fd) != 0, "pwritev");
  return syscall(SYS_pwritev, fd, parts, count, offset, 0L);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
  unsupported(inode(fd) != 0, "posix_fallocate");
  return syscall(SYS_fallocate, fd, 0, offset, length) ? errno : 0;
}

int rename(const char *from, const char *to) {
  unsupported(watched(from) || watched(to), "rename");
  return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int link(const char *from, const char *to) {
  unsupported(watched(from) || watched(to), "link");
  return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void *mapped(void *at, size_t length, int may, int flags, int fd, off_t offset) {
  int writes = (may & PROT_WRITE) && (flags & MAP_SHARED);
  unsupported(writes && !(flags & MAP_ANONYMOUS) && inode(fd) != 0, "mmap");
  return (void *)syscall(SYS_mmap, at, length, may, flags, fd, offset);
}

void *mmap(void *at, size_t length, int may, int flags, int fd, off_t offset) {
  return mapped(at, length, may, flags, fd, offset);
}

void *mmap64(void *at, size_t length, int may, int flags, int fd, off64_t offset) {
  return mapped(at, length, may, flags, fd, offset);
}

/* Clocks: the wall clock is off by what the test says, the monotonic one never. */

int clock_gettime(clockid_t which, struct timespec *now) {
  int result = syscall(SYS_clock_gettime, which, now);
  if (!result && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
    int64_t off = control->clock_offset_ms;
    now->tv_sec += off / 1000;
    now->tv_nsec += off % 1000 * 1000000;
    if (now->tv_nsec < 0) now->tv_nsec += 1000000000, now->tv_sec--;
    if (now->tv_nsec >= 1000000000) now->tv_nsec -= 1000000000, now->tv_sec++;
  }
  return result;
}

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec precise;
  int result = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return result;
}

time_t time(time_t *told) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (told) *told = now.tv_sec;
  return now.tv_sec;
}
