#include "unit.h"

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/own.h"
#include "base/proc.h"
#include "kernel/confine.h"

static int root_scratch(void **state)
{
	if (geteuid() != 0)
		skip(); /* only root confines */
	return scratch_make(state);
}

#define unit_test_root(f) cmocka_unit_test_setup_teardown(f, root_scratch, scratch_remove)

/* Whether check is true in a child that is confined to the scratch directory and keeps only the
 * descriptor keep. */
static void assert_confined(struct scratch *s, int keep, bool (*check)(int keep))
{
	struct err e;
	pid_t pid = fork();

	if (pid == 0)
		_exit(confine_to(s->dir, &keep, 1, &e) < 0 ? 2 : check(keep) ? 0 : 1);
	assert_int_equal(proc_wait_child(pid), 0);
}

static bool no_device_opens(int keep)
{
	(void)keep;
	return mknod("null", S_IFCHR | 0666, makedev(1, 3)) == 0 && open("null", O_RDWR) < 0 &&
		errno == EACCES;
}

static void a_device_is_made_but_not_opened(void **state)
{
	assert_confined(*state, 0, no_device_opens);
}

static bool cannot_leave(int keep)
{
	(void)keep;
	if (mkdir("inner", 0755) < 0)
		return false;
	return chdir("/..") == 0 && access("inner", F_OK) == 0 && chroot("inner") < 0 &&
		errno == EPERM;
}

static void the_root_cannot_be_left(void **state)
{
	assert_confined(*state, 0, cannot_leave);
}

static bool others_are_closed(int keep)
{
	for (int fd = 0; fd < 1000; fd++)
		if (fd != keep && fcntl(fd, F_GETFD) >= 0)
			return false;
	return fcntl(keep, F_GETFD) >= 0;
}

static void only_kept_descriptors_stay_open(void **state)
{
	own_fd int low = memfd_create("low", MFD_CLOEXEC), kept = fcntl(low, F_DUPFD_CLOEXEC, 50),
		   high = fcntl(low, F_DUPFD_CLOEXEC, 60);

	assert_true(high > kept);
	assert_confined(*state, kept, others_are_closed);
}

static bool is_alone_on_the_network(int keep)
{
	char name[IF_NAMESIZE];

	(void)keep;
	/* A new network namespace has only the loopback device, which is down. */
	return if_indextoname(1, name) && strcmp(name, "lo") == 0 && !if_indextoname(2, name) &&
		socket(AF_INET, SOCK_RAW, 1) < 0;
}

static void there_is_no_network(void **state)
{
	assert_confined(*state, 0, is_alone_on_the_network);
}

static bool makes_any_file(int keep)
{
	static const char cap[20] = "\x01\x00\x00\x02\x00\x20"; /* cap_net_raw+ep */
	int fd = open("file", O_WRONLY | O_CREAT, 0600);

	(void)keep;
	return fd >= 0 && fchown(fd, 1234, 5678) == 0 &&
		fsetxattr(fd, "security.capability", cap, 20, 0) == 0 && fchmod(fd, 06755) == 0 &&
		fsetxattr(fd, "trusted.x", "", 0, 0) < 0;
}

static void files_of_any_owner_and_mode_can_be_made(void **state)
{
	struct scratch *s = *state;
	struct stat st;

	assert_confined(s, 0, makes_any_file);
	assert_int_equal(fstatat(s->dir, "file", &st, 0), 0);
	assert_true(st.st_uid == 1234 && st.st_gid == 5678 && (st.st_mode & 07777) == 06755);
}

static bool executes_nothing(int keep)
{
	char *const argv[] = {(char[]){"program"}, NULL};
	int fd = open("program", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	(void)keep;
	if (fd < 0 || write(fd, "#!/bin/x\n", 9) != 9 || close(fd) < 0)
		return false;
	execv("program", argv);
	return errno == EACCES; /* ENOENT, were it not for noexec */
}

static void nothing_is_executed(void **state)
{
	assert_confined(*state, 0, executes_nothing);
}

static bool mounts_are_restricted(int keep)
{
	struct statvfs st;

	(void)keep;
	return statvfs(".", &st) == 0 && st.f_flag & ST_NOSUID && st.f_flag & ST_NODEV &&
		st.f_flag & ST_NOEXEC;
}

static void nothing_gains_rights_from_a_file(void **state)
{
	assert_confined(*state, 0, mounts_are_restricted);
}

static key_t segment_key;

static bool finds_no_segment(int keep)
{
	(void)keep;
	return shmget(segment_key, 1, 0) < 0 && errno == ENOENT;
}

static void shared_memory_of_the_host_is_not_found(void **state)
{
	int segment;

	segment_key = 0x63740000;
	while ((segment = shmget(segment_key, 1, IPC_CREAT | IPC_EXCL | 0600)) < 0 &&
	       errno == EEXIST)
		segment_key++;
	assert_true(segment >= 0);
	assert_confined(*state, 0, finds_no_segment);
	shmctl(segment, IPC_RMID, NULL);
}

static bool has_few_rights(int keep)
{
	uint32_t kept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER |
		1U << CAP_FSETID | 1U << CAP_MKNOD | 1U << CAP_SETFCAP;
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct set[2];

	(void)keep;
	return syscall(SYS_capget, &head, set) == 0 && set[0].effective == kept &&
		set[0].permitted == kept && set[0].inheritable == 0 && set[1].permitted == 0 &&
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void only_the_rights_to_make_files_are_kept(void **state)
{
	assert_confined(*state, 0, has_few_rights);
}

/* Ends while its confined child waits, which has the pipe's end `to`. */
static void leave_child(const struct scratch *s, int to)
{
	struct err e;
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		_exit(1);
	if (fork() == 0) {
		int keep[] = {to, ready[1]};

		if (confine_to(s->dir, keep, 2, &e) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	_exit(read(ready[0], &byte, 1) == 1 ? 0 : 1);
}

static void the_child_ends_with_its_parent(void **state)
{
	int pair[2];
	struct pollfd end;
	pid_t parent;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0)
		leave_child(*state, pair[1]);
	close(pair[1]);
	assert_int_equal(proc_wait_child(parent), 0);
	end = (struct pollfd){.fd = pair[0], .events = POLLIN};
	assert_int_equal(poll(&end, 1, 10000), 1); /* the pipe has no writer any more */
	assert_true(end.revents & POLLHUP);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_root(a_device_is_made_but_not_opened),
		unit_test_root(the_root_cannot_be_left),
		unit_test_root(only_kept_descriptors_stay_open),
		unit_test_root(there_is_no_network),
		unit_test_root(files_of_any_owner_and_mode_can_be_made),
		unit_test_root(nothing_is_executed),
		unit_test_root(nothing_gains_rights_from_a_file),
		unit_test_root(shared_memory_of_the_host_is_not_found),
		unit_test_root(only_the_rights_to_make_files_are_kept),
		unit_test_root(the_child_ends_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
