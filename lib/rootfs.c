#include "rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/magic.h>

#include "err.h"
#include "explain.h"
#include "mount.h"
#include "own.h"
#include "path.h"
#include "str.h"

enum { QUIET = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };

const char *const rootfs_devices[] = {"null", "zero", "full", "random", "urandom", "tty", NULL};

const char *const rootfs_masked[] = {
	"proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats",
	"proc/sched_debug", "proc/scsi", "proc/timer_list", "proc/timer_stats",
	"sys/devices/virtual/powercap", "sys/firmware", NULL,
};

const char *const rootfs_frozen[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger", NULL};

#define EACH(p, list) (const char *const *p = list; *p; p++)

int rootfs_private(struct err *e)
{
	if (explained(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount(NULL, \"/\", NULL, MS_REC|MS_PRIVATE, NULL)") < 0)
		return err_sys(e, "mount namespace: make it private");
	return 0;
}

int rootfs_own(char text[24], struct err *e)
{
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		return err_sys(e, "/proc/self/ns/mnt");
	snprintf(text, 24, "%llu", (unsigned long long)st.st_ino);
	return 0;
}

int rootfs_check_own(const char *made, struct err *e)
{
	char ours[24];

	if (made && rootfs_own(ours, e) == 0 && str_equal(ours, made))
		return 0;
	return err_set(e, "mounts would be everybody's: the stage mnt has to come with this one, or in a ct-run before it");
}

int rootfs_enter(int mount_fd, int *host, struct err *e)
{
	own_fd int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int root;

	if (old < 0)
		return err_sys(e, "/");
	/* On top of the host's root, where nothing need exist for it and nobody else looks. */
	if (mount_attach(mount_fd, old, "the root", e) < 0)
		return -1;
	if (explained(fchdir(mount_fd), "fchdir(%d)", mount_fd) < 0)
		return err_sys(e, "the new root");
	if (explained(syscall(SYS_pivot_root, ".", "."), "pivot_root(\".\", \".\")") < 0)
		return err_sys(e, "pivot_root");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, "the new root");
	*host = take_fd(&old);
	return root;
}

/*
 * What an earlier stage, or a root with mounts of its own, has on a directory at
 * the top goes. What came into the namespace from a more privileged one is locked
 * there (mount_namespaces(7)): that stays, and is covered.
 */
static void uncover(const char *name)
{
	own_str char *path = str_fmt("/%s", name);

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		explained(0, "umount2(\"%s\", MNT_DETACH|UMOUNT_NOFOLLOW)", path);
}

int rootfs_drop_host(int host, struct err *e)
{
	if (explained(fchdir(host), "fchdir(%d)", host) < 0 ||
	    explained(umount2(".", MNT_DETACH), "umount2(\".\", MNT_DETACH)") < 0 || chdir("/") < 0)
		return err_sys(e, "let go of the host's root");
	return 0;
}

int rootfs_stay(int *root, int *host, struct err *e)
{
	*root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *root < 0 || *host < 0 ? err_sys(e, "/") : 0;
}

int rootfs_take_along(int root, int host, struct err *e)
{
	static const char *const names[] = {"proc", "sys", "dev", NULL};

	for EACH(name, names) {
		own_fd int at = -1, fd = -1;

		uncover(*name);
		at = openat(root, *name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (at < 0)
			continue;
		fd = mount_copy(host, *name, true, e);
		if (fd < 0 || mount_attach(fd, at, *name, e) < 0)
			return -1;
	}
	return 0;
}

/*
 * A directory at the top of the root to mount a file system of the kernel's on.
 * A link there is refused: what is mounted must be at that very path.
 */
static int mount_point(int root, const char *name, struct err *e)
{
	int fd;

	if (mkdirat(root, name, 0755) < 0 && errno != EEXIST)
		return err_sys(e, "make directory /%s", name);
	fd = openat(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(e, "/%s of the image is not a directory", name);
	return fd < 0 ? err_sys(e, "/%s", name) : fd;
}

int rootfs_mount_proc(int root, struct err *e)
{
	/* Before anything goes: in a user namespace it takes one that is to be seen (mount_too_revealing). */
	own_fd int fd = mount_new("proc", NULL, QUIET, "/proc", e), at = -1;

	if (fd < 0)
		return -1;
	uncover("proc");
	at = mount_point(root, "proc", e);
	return at < 0 ? -1 : mount_attach(fd, at, "/proc", e);
}

bool rootfs_has_cgroup2(int host)
{
	own_fd int fd = openat(host, host == AT_FDCWD ? "/sys/fs/cgroup" : "sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* There, the container sees its own group; or the host's, as only the owner of a cgroup namespace may mount what it shows. */
static int mount_cgroup(int root, int host, uint64_t attrs, struct err *e)
{
	own_fd int at = path_open(root, "sys/fs/cgroup", O_PATH | O_DIRECTORY, 0);
	own_fd int fd = -1;

	if (at < 0)
		return 0;
	fd = mount_new("cgroup2", NULL, attrs, "/sys/fs/cgroup", e);
	if (fd < 0 && e->sys == EPERM) {
		fd = mount_copy(host, "sys/fs/cgroup", false, e);
		if (fd < 0 || mount_set(fd, attrs, false, "/sys/fs/cgroup", e) < 0)
			return -1;
	}
	return fd < 0 ? -1 : mount_attach(fd, at, "/sys/fs/cgroup", e);
}

int rootfs_mount_sys(int root, int host, bool new_network, bool writable, struct err *e)
{
	bool cgroup2 = new_network && rootfs_has_cgroup2(host);
	uint64_t attrs = QUIET | (writable ? 0 : MOUNT_ATTR_RDONLY);
	own_fd int fd = new_network ? mount_new("sysfs", NULL, attrs, "/sys", e) : -1, at = -1;

	if (fd < 0 && new_network && e->sys != EPERM)
		return -1;
	if (fd < 0) {
		/* sysfs shows a network namespace, so only its owner may mount it: lend the host's. */
		cgroup2 = false;
		fd = mount_copy(host, "sys", true, e);
		if (fd < 0 || mount_set(fd, attrs, true, "/sys", e) < 0)
			return -1;
	}
	uncover("sys");
	at = mount_point(root, "sys", e);
	if (at < 0 || mount_attach(fd, at, "/sys", e) < 0)
		return -1;
	return cgroup2 ? mount_cgroup(root, host, attrs, e) : 0;
}

/* A host's device node to lend: it can be read and written, but not given another owner or mode. */
static int copy_device(int dir, const char *path, struct err *e)
{
	own_fd int fd = mount_copy(dir, path, false, e);

	if (fd < 0 || mount_set(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false, path, e) < 0)
		return -1;
	return take_fd(&fd);
}

static int lend_device(int dev, int host_dev, const char *name, struct err *e)
{
	own_fd int fd = copy_device(host_dev, name, e), at = -1;

	if (fd < 0)
		return -1;
	at = openat(dev, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (at < 0)
		return err_sys(e, "make /dev/%s", name);
	return mount_attach(fd, at, name, e);
}

/* Every device node of a directory of the host's, and of those below it, but for what the container has itself. */
static int lend_all(int dev, int host_dev, struct err *e)
{
	static const char *const own[] = {".", "..", "pts", "shm", "mqueue", "ptmx", "console"};
	own_dir DIR *d = NULL;
	struct dirent *entry;
	struct stat st;
	size_t i;
	int fd = openat(host_dev, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return err_sys(e, "/dev of the host");
	while ((entry = readdir(d))) {
		own_fd int below = -1, theirs = -1;
		const char *name = entry->d_name;

		for (i = 0; i < sizeof(own) / sizeof(*own) && strcmp(own[i], name) != 0; i++)
			continue;
		if (i < sizeof(own) / sizeof(*own) || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) && lend_device(dev, fd, name, e) < 0)
			return -1;
		if (!S_ISDIR(st.st_mode))
			continue;
		if (mkdirat(dev, name, 0755) < 0)
			return err_sys(e, "make /dev/%s", name);
		below = openat(dev, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		theirs = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (below >= 0 && theirs >= 0 && lend_all(below, theirs, e) < 0)
			return -1;
	}
	return 0;
}

static int lend_some(int dev, int host_dev, struct err *e)
{
	for EACH(name, rootfs_devices)
		if (lend_device(dev, host_dev, *name, e) < 0)
			return -1;
	return 0;
}

static int mount_below_dev(int dev, const char *name, const char *type, const char *options, uint64_t attrs,
			   struct err *e)
{
	own_fd int fd = -1, at = -1;

	if (mkdirat(dev, name, 0755) < 0)
		return err_sys(e, "make /dev/%s", name);
	at = openat(dev, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = mount_new(type, options, attrs, name, e);
	return fd < 0 ? -1 : mount_attach(fd, at, name, e);
}

/* /dev/pts, /dev/shm, /dev/mqueue and the links that programs expect. */
static int furnish_dev(int dev, uint64_t shm_size, struct err *e)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"}, {"/proc/kcore", "core"}, {"pts/ptmx", "ptmx"},
	};
	own_str char *shm = str_fmt("mode=1777,size=%llu", (unsigned long long)shm_size);

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlinkat(links[i][0], dev, links[i][1]) < 0)
			return err_sys(e, "make /dev/%s", links[i][1]);
	/* Group 5 is tty nearly everywhere; a user namespace need not have it. */
	if (mount_below_dev(dev, "pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5",
			    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e) < 0) {
		unlinkat(dev, "pts", AT_REMOVEDIR);
		if (mount_below_dev(dev, "pts", "devpts", "newinstance,ptmxmode=0666,mode=0620",
				    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e) < 0)
			return -1;
	}
	if (mount_below_dev(dev, "shm", "tmpfs", shm, QUIET, e) < 0)
		return -1;
	/* A kernel may be built without POSIX message queues; those of an IPC namespace of others cannot be shown. */
	if (mount_below_dev(dev, "mqueue", "mqueue", NULL, QUIET, e) < 0 && e->sys != ENODEV && e->sys != EPERM)
		return -1;
	return 0;
}

static bool is_mount(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 && st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* The new /dev stands on the old one, which lent it its nodes and goes now: over the root, for a moment. */
static int replace_dev(int root, int dev, struct err *e)
{
	own_fd int at = -1;

	if (mount_attach(dev, root, "/dev", e) < 0)
		return -1;
	uncover("dev");
	at = mount_point(root, "dev", e);
	return at < 0 ? -1 : mount_attach(dev, at, "/dev", e);
}

int rootfs_mount_dev(int root, int host, bool all_devices, uint64_t shm_size, struct err *e)
{
	own_fd int at = mount_point(root, "dev", e);
	own_fd int host_dev = openat(host, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	own_fd int dev = -1;

	if (at < 0)
		return -1;
	if (host_dev < 0)
		return err_sys(e, "/dev of the host");
	dev = mount_new("tmpfs", all_devices ? "mode=755,size=1m" : "mode=755,size=64k",
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, "/dev", e);
	if (dev < 0 || mount_attach(dev, at, "/dev", e) < 0)
		return -1;
	if ((all_devices ? lend_all(dev, host_dev, e) : lend_some(dev, host_dev, e)) < 0)
		return -1;
	if (furnish_dev(dev, shm_size, e) < 0 || (is_mount(at) && replace_dev(root, dev, e) < 0))
		return -1;
	return take_fd(&dev);
}

int rootfs_mount_console(int dev, int slave, struct err *e)
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

static int mask_one(int root, int host, const char *path, struct err *e)
{
	own_fd int at = path_open(root, path, O_PATH | O_NOFOLLOW, 0);
	own_fd int fd = -1;
	struct stat st;

	if (at < 0)	/* this kernel has no such thing */
		return 0;
	if (fstat(at, &st) < 0)
		return err_sys(e, "/%s", path);
	if (S_ISDIR(st.st_mode))
		fd = mount_new("tmpfs", "size=4k,nr_inodes=1,mode=755", QUIET | MOUNT_ATTR_RDONLY, path, e);
	else
		fd = copy_device(host, "dev/null", e);
	return fd < 0 ? -1 : mount_attach(fd, at, path, e);
}

int rootfs_mask(int root, int host, struct err *e)
{
	for EACH(path, rootfs_masked)
		if (mask_one(root, host, *path, e) < 0)
			return -1;
	for EACH(path, rootfs_frozen) {
		own_fd int at = path_open(root, *path, O_PATH | O_NOFOLLOW, 0), fd = -1;

		if (at < 0)
			continue;
		fd = mount_copy(at, "", false, e);
		if (fd < 0 || mount_set(fd, QUIET | MOUNT_ATTR_RDONLY, false, *path, e) < 0 ||
		    mount_attach(fd, at, *path, e) < 0)
			return -1;
	}
	return 0;
}

/*
 * A file to mount on. A link to what is not there is as good (resolv.conf to a
 * /run that is filled when a system boots): what it means is made, in the root.
 */
static int file_point(int root, const char *path, struct err *e)
{
	int fd = path_mkfile(root, path, 0644, e);
	own_fd int link = fd < 0 && e->sys == ENOENT ? path_open(root, path, O_PATH | O_NOFOLLOW, 0) : -1;
	ptrdiff_t dir = strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0;
	char to[PATH_MAX];
	ssize_t n = link < 0 ? -1 : readlinkat(link, "", to, sizeof(to));

	if (n <= 0)
		return fd;

	own_str char *meant = str_fmt("%.*s%.*s", *to == '/' ? 0 : (int)dir, path, (int)n, to);

	return path_mkfile(root, meant, 0644, e);
}

int rootfs_mount_at(int root, int mount_fd, const char *path, struct err *e)
{
	own_fd int at = -1;
	struct stat st;

	if (fstat(mount_fd, &st) < 0)
		return err_sys(e, "%s", path);
	at = S_ISDIR(st.st_mode) ? path_mkdirs(root, path, 0755, e) : file_point(root, path, e);
	return at < 0 ? -1 : mount_attach(mount_fd, at, path, e);
}

int rootfs_mount_device(int root, int dev, int mount_fd, const char *path, struct err *e)
{
	static const char shelf[] = ".new";
	own_fd int at = -1, node = -1;
	int failed;

	/* A node can be bound only from where it is seen: for a moment, on a shelf in /dev. */
	if (mkdirat(dev, shelf, 0700) < 0)
		return err_sys(e, "%s: make /dev/%s", path, shelf);
	at = openat(dev, shelf, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mount_attach(mount_fd, at, path, e) < 0)
		return -1;
	node = mount_copy(mount_fd, "node", false, e);
	failed = node < 0 || rootfs_mount_at(root, node, path, e) < 0;
	if (fchdir(dev) < 0 || umount2(shelf, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 || chdir("/") < 0 ||
	    unlinkat(dev, shelf, AT_REMOVEDIR) < 0)
		return failed ? -1 : err_sys(e, "%s: clear /dev/%s", path, shelf);
	return failed ? -1 : 0;
}

int rootfs_mount_tmpfs(int root, const char *path, const char *options, struct err *e)
{
	static const struct { const char *name; uint64_t attr; } flags[] = {
		{"ro", MOUNT_ATTR_RDONLY}, {"noexec", MOUNT_ATTR_NOEXEC}, {"nosuid", 0}, {"nodev", 0},
		{"rw", 0}, {"exec", 0},
	};
	own_strv struct strv list = {0};
	own_buf struct buf rest = {0};
	own_fd int fd = -1;
	uint64_t attrs = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	size_t f;

	buf_str(&rest, strstr(options, "mode=") ? "" : "mode=1777");
	strv_split(&list, options, ',');
	for (size_t i = 0; i < list.n; i++) {
		for (f = 0; f < sizeof(flags) / sizeof(*flags); f++)
			if (strcmp(list.v[i], flags[f].name) == 0)
				break;
		if (f < sizeof(flags) / sizeof(*flags))
			attrs |= flags[f].attr;
		else if (*list.v[i])
			buf_fmt(&rest, "%s%s", rest.len ? "," : "", list.v[i]);
	}
	fd = mount_new("tmpfs", rest.data, attrs, path, e);
	return fd < 0 ? -1 : rootfs_mount_at(root, fd, path, e);
}

int rootfs_read_only(int root, struct err *e)
{
	/* The descriptor is of the root's mount itself: O_PATH on "/" after the pivot. */
	return mount_set(root, MOUNT_ATTR_RDONLY, false, "/", e);
}
