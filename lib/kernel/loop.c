#include "kernel/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"

/* Each lost race means that another process got its device, so this limit is never reached. */
enum { MAX_RACES = 1000 };

/*
 * Opens the device first and checks it then: an open device cannot be
 * reassigned to another file.
 */
static int open_if_backs(const struct stat *file, const char *path)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct loop_info64 info;

	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -1;
	if (info.lo_device != file->st_dev || info.lo_inode != file->st_ino)
		return -1;
	return take_fd(&fd);
}

int loop_find(int file, char path[LOOP_PATH], struct err *e)
{
	own_dir DIR *d = opendir("/sys/block");
	struct dirent *entry;
	struct stat st;
	struct err bad;
	uint64_t n;
	int fd;

	if (fstat(file, &st) < 0)
		return err_sys(e, "loop device: fstat");
	if (!d)
		return err_sys(e, "/sys/block");
	while ((entry = readdir(d))) {
		if (!str_starts(entry->d_name, "loop") ||
		    num_uint(entry->d_name + 4, 0, 1 << 20, &n, &bad) < 0)
			continue;
		snprintf(path, LOOP_PATH, "loop%llu/loop", (unsigned long long)n);
		if (faccessat(dirfd(d), path, F_OK, 0) < 0)
			continue; /* not in use */
		snprintf(path, LOOP_PATH, "/dev/loop%llu", (unsigned long long)n);
		fd = open_if_backs(&st, path);
		if (fd >= 0)
			return fd;
	}
	errno = ENODEV;
	return err_sys(e, "find a loop device");
}

/* Returns 0 if another process took the device first. */
static int set_up(int device, int file, const char *name, struct err *e)
{
	struct loop_config config = {.info.lo_flags = LO_FLAGS_AUTOCLEAR};
	char self[40];
	own_fd int own = -1;

	/*
	 * The device keeps its open file for as long as it lives. Open the file anew, because
	 * the caller's open file description holds a lock.
	 */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", file);
	own = open(self, O_RDWR | O_CLOEXEC);
	if (own < 0)
		return err_sys(e, "%s", name);
	config.fd = (unsigned)own;
	memcpy(config.info.lo_file_name, name, strnlen(name, LO_NAME_SIZE - 1));
	if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
		return 1;
	if (errno == EBUSY || errno == ENXIO)
		return 0;
	return err_sys(e, "set up a loop device on %s", name);
}

int loop_attach(int file, const char *name, char path[LOOP_PATH], struct err *e)
{
	own_fd int control = -1, device = loop_find(file, path, e);
	int n, done;

	if (device >= 0 || e->sys != ENODEV)
		return take_fd(&device);
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return err_sys(e, "no loop devices: /dev/loop-control");
	for (int i = 0; i < MAX_RACES; i++) {
		n = ioctl(control, LOOP_CTL_GET_FREE);
		if (n < 0)
			return err_sys(e, "no free loop device");
		snprintf(path, LOOP_PATH, "/dev/loop%d", n);
		device = open(path, O_RDWR | O_CLOEXEC);
		if (device < 0)
			return err_sys(e, "no free loop device: %s", path);
		done = set_up(device, file, name, e);
		if (done < 0)
			return -1;
		if (done)
			return take_fd(&device);
		close(take_fd(&device));
	}
	return err_set(e, "no free loop device: other processes took every one");
}

int loop_resize(int device, struct err *e)
{
	if (ioctl(device, LOOP_SET_CAPACITY, 0) < 0)
		return err_sys(e, "loop device: resize");
	return 0;
}
