#include "net/etcdir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/own.h"
#include "base/proc.h"
#include "base/str.h"
#include "kernel/mount.h"

enum { RECORD_MAX = 120 };

/*
 * Space for copies of the host's /etc/hosts and resolv.conf (at most 1 MiB of each is read), and
 * inodes for the directory and the files.
 */
static const char size[] = "mode=755,size=2m,nr_inodes=8";

int etcdir_make(int files, struct err *e)
{
	own_fd int fd = mount_new(
		"tmpfs", size, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, "/etc", e);
	struct proc_id self;
	char text[RECORD_MAX];
	struct stat st;
	int n;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || proc_identify(getpid(), &self) < 0)
		return err_sys(e, "the files of /etc");
	n = snprintf(text, sizeof(text), "%d %" PRIu64 " %d %ju\n", (int)self.pid, self.start, fd,
		     (uintmax_t)st.st_dev);
	return file_write(files, "etc", 0600, text, (size_t)n, e) < 0 ? -1 : take_fd(&fd);
}

static int gone(const char *id, struct err *e)
{
	errno = ENOENT;
	return err_sys(e, "%s: the files of its /etc", id);
}

/* Opens the directory that a record names. Checks it after opening, because the pid may be reused.
 * */
static int open_recorded(const char *id, const char *text, struct err *e)
{
	struct proc_id supervisor;
	own_str char *path = NULL;
	uintmax_t device;
	own_fd int fd = -1;
	struct stat st;
	int number;

	if (sscanf(text, "%d %" SCNu64 " %d %ju", &supervisor.pid, &supervisor.start, &number,
		   &device) != 4)
		return gone(id, e);
	path = str_fmt("/proc/%d/fd/%d", (int)supervisor.pid, number);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT && errno != ESRCH && errno != ENOTDIR)
		return err_sys(e, "%s: the files of its /etc", id);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != (dev_t)device || !proc_alive(&supervisor))
		return gone(id, e);
	return take_fd(&fd);
}

int etcdir_open(const struct store *s, const char *id, const char *name, struct err *e)
{
	own_str char *shares = str_fmt("%s/shares", id), *record = NULL;
	own_buf struct buf text = {0};
	char other[ID_LEN];
	ssize_t n = str_equal(name, "hostname")
		? -1
		: readlinkat(s->run, shares, other, sizeof(other) - 1);
	int fd;

	if (n > 0) {
		other[n] = '\0';
		id = other;
	}
	record = str_fmt("%s/etc", id);
	if (file_read(s->run, record, RECORD_MAX, &text, e) == 0)
		return open_recorded(id, text.data, e);
	if (e->sys != ENOENT)
		return -1;
	fd = openat(s->run, id, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "%s", id) : fd;
}
