#include "run/devtty.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/path.h"
#include "base/str.h"
#include "base/tty.h"
#include "kernel/mount.h"

int devtty_open(int dev, const struct user *owner, int *slave, struct err *e)
{
	/* O_NONBLOCK: a container's root may have put a FIFO there. */
	own_fd int master = path_open(dev, "pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	struct stat st;
	int unlock = 0;

	if (master < 0)
		return err_sys(e, "/dev/pts/ptmx");
	if (fstat(master, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return err_set(e, "/dev/pts/ptmx: not a terminal multiplexer");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(e, "/dev/pts/ptmx: unlock");
	*slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		return err_sys(e, "/dev/pts/ptmx: open the terminal");
	/* The size of the user's terminal, if stdin is one, is set before the program can query it.
	 */
	tty_copy_size(STDIN_FILENO, master);
	if (owner->uid && fchown(*slave, owner->uid, (gid_t)-1) < 0)
		return user_id_failed("user", owner->uid, e);
	return take_fd(&master);
}

int devtty_mount_console(int dev, int slave, struct err *e)
{
	own_fd int at = -1, fd = -1;
	char name[32], path[40];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", slave);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0)
		return err_sys(e, "/dev/console");
	name[n] = '\0';
	if (!str_starts(name, "/dev/pts/"))
		return err_set(e, "/dev/console: %s is no terminal of the container", name);
	fd = mount_copy(dev, name + strlen("/dev/"), false, e);
	if (fd < 0)
		return -1;
	at = openat(dev, "console", O_RDONLY | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (at < 0)
		return err_sys(e, "make /dev/console");
	return mount_attach(fd, at, "/dev/console", e);
}
