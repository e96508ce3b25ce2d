/*
 * Runs what makes files in a root directory of its own, an empty tmpfs: a thread enters it (a
 * thread can have a root directory, unlike a child process it shares the counters of libFuzzer),
 * and empties it afterwards.
 */
#ifndef CT_FUZZ_JAIL_H
#define CT_FUZZ_JAIL_H

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "kernel/subvol.h"

static int jail_root = -1;

static void jail_fail(const char *what)
{
	perror(what);
	exit(1);
}

static void jail_map(const char *file, unsigned id)
{
	FILE *f = fopen(file, "we");

	if (!f || fprintf(f, "0 %u 1", id) < 0 || fclose(f) != 0)
		jail_fail(file);
}

/* Before main, while there is one thread: unshare(2) makes no user namespace for several. */
__attribute__((constructor)) static void jail_begin(void)
{
	char dir[] = "/tmp/ct-fuzz.XXXXXX";
	unsigned uid = geteuid(), gid = getegid();
	cpu_set_t one;

	if (unshare(uid ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) < 0)
		jail_fail("unshare");
	if (uid) {
		jail_map("/proc/self/uid_map", uid);
		jail_map("/proc/self/setgroups", 0);
		jail_map("/proc/self/gid_map", gid);
	}
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || !mkdtemp(dir) ||
	    mount("ct-fuzz", dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64m,mode=755") <
		    0)
		jail_fail("tmpfs");
	jail_root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (jail_root < 0 || umount2(dir, MNT_DETACH) < 0 || rmdir(dir) < 0)
		jail_fail(dir);
	/* tmpfs gives each CPU inode numbers of its own, which grow. */
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
}

struct jail_job {
	void (*run)(void *arg);
	void *arg;
};

static void jail_empty(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct err e;

	if (!d)
		abort();
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    subvol_erase(fd, entry->d_name, &e) < 0) {
			fprintf(stderr, "empty the directory: %s\n", e.msg);
			abort();
		}
	closedir(d);
}

static void *jail_thread(void *arg)
{
	const struct jail_job *job = arg;

	if (unshare(CLONE_FS) < 0 || fchdir(jail_root) < 0 || chroot(".") < 0)
		abort();
	umask(022);
	job->run(job->arg);
	jail_empty();
	return NULL;
}

static void jail_run(void (*run)(void *arg), void *arg)
{
	struct jail_job job = {run, arg};
	pthread_t thread;

	if (pthread_create(&thread, NULL, jail_thread, &job) != 0)
		abort();
	pthread_join(thread, NULL);
}

#endif
