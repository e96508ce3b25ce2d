/*
 * bound [-s IMAGE-SUBVOLUME] ROOTFS GROUP COMMAND [ARG...]: the lower bound of a container's start:
 * the system calls that give a process the same protections as `ct-run --rm --network none`
 * gives it (all namespaces, an ID map, a mapped root, the kernel's file systems, devices, masks,
 * groups with their limits, capabilities), and nothing else: no store, no log, no network,
 * no options, no seccomp filter, no undoing when a step fails. With -s the root is a new
 * snapshot of that subvolume, made at ROOTFS and deleted at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call)                                                                  \
	({                                                                          \
		__typeof__(call) got_ = (call);                                     \
		if (got_ < 0) {                                                     \
			fprintf(stderr, "bound: %s: %s\n", #call, strerror(errno)); \
			_exit(125);                                                 \
		}                                                                   \
		got_;                                                               \
	})

enum {
	QUIET = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	TREES = 12,
	FIRST = 700000000
};

static const char *const trees[] = {"blkio",   "cpu",    "cpuacct", "cpuset", "devices",
				    "freezer", "memory", "pids",    NULL};

/* The group in each tree of cgroup v1, or in the one tree of v2; gives descriptors for the child to
 * join by. */
static int make_groups(const char *group, int join[TREES], char paths[TREES][300])
{
	int n = 0;

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
		snprintf(paths[0], sizeof(paths[0]), "/sys/fs/cgroup/%s", group);
		MUST(mkdir(paths[0], 0755));
		join[0] = MUST(open(paths[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		return 1;
	}
	for (const char *const *tree = trees; *tree; tree++) {
		char file[320];

		snprintf(paths[n], sizeof(paths[n]), "/sys/fs/cgroup/%s/%s", *tree, group);
		if (mkdir(paths[n], 0755) < 0)
			continue;
		if (strcmp(*tree, "cpuset") == 0)
			for (int i = 0; i < 2; i++) {
				const char *name = i ? "cpuset.mems" : "cpuset.cpus";
				char value[256];
				int from, to;
				ssize_t got;

				snprintf(file, sizeof(file), "/sys/fs/cgroup/cpuset/%s", name);
				from = MUST(open(file, O_RDONLY | O_CLOEXEC));
				got = MUST(read(from, value, sizeof(value)));
				snprintf(file, sizeof(file), "%s/%s", paths[n], name);
				to = MUST(open(file, O_WRONLY | O_CLOEXEC));
				MUST(write(to, value, (size_t)got));
				close(from);
				close(to);
			}
		if (strcmp(*tree, "pids") == 0) {
			int to;

			snprintf(file, sizeof(file), "%s/pids.max", paths[n]);
			to = MUST(open(file, O_WRONLY | O_CLOEXEC));
			MUST(write(to, "2048", 4));
			close(to);
		}
		snprintf(file, sizeof(file), "%s/tasks", paths[n]);
		join[n++] = MUST(open(file, O_WRONLY | O_CLOEXEC));
	}
	return n;
}

static int new_fs(const char *type, const char *const options[][2], uint64_t attrs)
{
	int fs = MUST(fsopen(type, FSOPEN_CLOEXEC)), fd;

	for (; options && (*options)[0]; options++)
		MUST(fsconfig(fs, (*options)[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			      (*options)[0], (*options)[1], 0));
	MUST(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	fd = MUST(fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs));
	close(fs);
	return fd;
}

static void attach(int fd, int dir, const char *at)
{
	MUST(move_mount(fd, "", dir, at, MOVE_MOUNT_F_EMPTY_PATH));
	close(fd);
}

static int bind_copy(int dir, const char *path, uint64_t attrs)
{
	struct mount_attr set = {.attr_set = attrs};
	int fd = MUST(open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));

	if (attrs)
		MUST(mount_setattr(fd, "", AT_EMPTY_PATH, &set, sizeof(set)));
	return fd;
}

static void make_dev(int root, int host_dev)
{
	static const char *const nodes[] = {"null",    "zero", "full", "random",
					    "urandom", "tty",  NULL};
	static const char *const links[][2] = {
		{"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
		{"pts/ptmx", "ptmx"},          {NULL, NULL}};
	static const char *const dev_options[][2] = {
		{"mode", "755"}, {"size", "64k"}, {NULL, NULL}};
	static const char *const pts_options[][2] = {{"newinstance", NULL},
						     {"ptmxmode", "0666"},
						     {"mode", "0620"},
						     {"gid", "5"},
						     {NULL, NULL}};
	static const char *const shm_options[][2] = {
		{"mode", "1777"}, {"size", "67108864"}, {NULL, NULL}};
	int fs = new_fs("tmpfs", dev_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), dev;

	MUST(move_mount(fs, "", root, "dev", MOVE_MOUNT_F_EMPTY_PATH));
	dev = fs;
	for (const char *const *node = nodes; *node; node++) {
		int fd = bind_copy(host_dev, *node,
				   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

		close(MUST(openat(dev, *node, O_RDONLY | O_CREAT | O_CLOEXEC, 0666)));
		attach(fd, dev, *node);
	}
	for (int i = 0; links[i][0]; i++)
		MUST(symlinkat(links[i][0], dev, links[i][1]));
	MUST(mkdirat(dev, "pts", 0755));
	MUST(mkdirat(dev, "shm", 0755));
	MUST(mkdirat(dev, "mqueue", 0755));
	attach(new_fs("devpts", pts_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), dev, "pts");
	attach(new_fs("tmpfs", shm_options, QUIET), dev, "shm");
	attach(new_fs("mqueue", NULL, QUIET), dev, "mqueue");
	close(dev);
}

static void mask(int root, int host_dev)
{
	static const char *const hidden[] = {"proc/acpi", "proc/interrupts", "proc/kcore",
					     "proc/keys", "proc/timer_list", "sys/firmware",
					     NULL};
	static const char *const frozen[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger", NULL};
	static const char *const options[][2] = {
		{"size", "4k"}, {"nr_inodes", "1"}, {"mode", "755"}, {NULL, NULL}};
	struct stat st;

	for (const char *const *path = hidden; *path; path++) {
		if (fstatat(root, *path, &st, 0) < 0)
			continue;
		attach(S_ISDIR(st.st_mode) ? new_fs("tmpfs", options, QUIET | MOUNT_ATTR_RDONLY)
					   : bind_copy(host_dev, "null", MOUNT_ATTR_RDONLY),
		       root, *path);
	}
	for (const char *const *path = frozen; *path; path++)
		if (fstatat(root, *path, &st, 0) == 0)
			attach(bind_copy(root, *path, QUIET | MOUNT_ATTR_RDONLY), root, *path);
}

static void drop_capabilities(void)
{
	static const int kept[] = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 31};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[2] = {{0}};
	uint64_t keep = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		keep |= UINT64_C(1) << kept[i];
	for (int cap = 0; cap <= 40; cap++)
		if (!(keep & UINT64_C(1) << cap))
			MUST(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	for (int i = 0; i < 2; i++)
		sets[i].effective = sets[i].permitted = (uint32_t)(keep >> (32 * i));
	MUST(syscall(SYS_capset, &header, sets));
}

__attribute__((noreturn)) static void child(int sock, const int *join, int join_n, char **argv)
{
	char control[CMSG_SPACE(sizeof(int))], word;
	struct iovec iov = {&word, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	int host_dev = MUST(open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), root;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (join_n > 1)
		for (int i = 0; i < join_n; i++)
			MUST(write(join[i], "0", 1));
	MUST(unshare(CLONE_NEWCGROUP));
	MUST(recvmsg(sock, &msg, MSG_CMSG_CLOEXEC));
	memcpy(&root, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(root));
	MUST(setresgid(0, 0, 0));
	MUST(setresuid(0, 0, 0));
	MUST(sethostname("bound", 5));
	MUST(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	MUST(move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	attach(new_fs("proc", NULL, QUIET), root, "proc");
	attach(new_fs("sysfs", NULL, QUIET | MOUNT_ATTR_RDONLY), root, "sys");
	make_dev(root, host_dev);
	mask(root, host_dev);
	MUST(fchdir(root));
	MUST(syscall(SYS_pivot_root, ".", "."));
	MUST(umount2(".", MNT_DETACH));
	MUST(chdir("/"));
	MUST(setsid());
	drop_capabilities();
	MUST(syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */));
	execv(argv[0], argv);
	_exit(127);
}

static void write_map(pid_t pid, const char *which)
{
	char path[64], map[40];
	int n = snprintf(map, sizeof(map), "0 %d 65536\n", FIRST), fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, which);
	fd = MUST(open(path, O_WRONLY | O_CLOEXEC));
	MUST(write(fd, map, (size_t)n));
	close(fd);
}

static void send_root(int sock, const char *rootfs, pid_t pid)
{
	char path[64], control[CMSG_SPACE(sizeof(int))] = {0}, word = 0;
	struct iovec iov = {&word, 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NODEV};
	int fd = MUST(open_tree(AT_FDCWD, rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	attr.userns_fd = (unsigned)MUST(open(path, O_RDONLY | O_CLOEXEC));
	MUST(mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)));
	CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
	CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
	CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
	MUST(sendmsg(sock, &msg, 0));
}

/* A snapshot at ROOTFS, or its end. */
static void subvolume(const char *image, const char *rootfs)
{
	struct btrfs_ioctl_vol_args_v2 args = {0};
	char dir[400];
	char *slash;
	int at;

	snprintf(dir, sizeof(dir), "%s", rootfs);
	slash = strrchr(dir, '/');
	*slash = '\0';
	at = MUST(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	snprintf(args.name, sizeof(args.name), "%s", slash + 1);
	if (image) {
		args.fd = MUST(open(image, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		MUST(ioctl(at, BTRFS_IOC_SNAP_CREATE_V2, &args));
		close((int)args.fd);
	} else {
		struct btrfs_ioctl_vol_args old = {0};

		memcpy(old.name, args.name, strlen(args.name));
		MUST(ioctl(at, BTRFS_IOC_SNAP_DESTROY, &old));
	}
	close(at);
}

int main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD,
				  .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
					  CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET};
	char paths[TREES][300];
	const char *image = NULL;
	int join[TREES], n, ends[2], status;
	pid_t pid;

	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		image = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 4)
		return 2;
	if (image)
		subvolume(image, argv[1]);
	n = make_groups(argv[2], join, paths);
	if (n == 1) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)join[0];
	}
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	pid = (pid_t)MUST(syscall(SYS_clone3, &args, sizeof(args)));
	if (pid == 0)
		child(ends[1], join, n, argv + 3);
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	send_root(ends[0], argv[1], pid);
	MUST(waitpid(pid, &status, 0));
	for (int i = 0; i < n; i++)
		rmdir(paths[i]);
	if (image)
		subvolume(NULL, argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
