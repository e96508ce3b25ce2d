#include "unit.h"

#include <errno.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_root(a_device_is_made_but_not_opened),
		unit_test_root(the_root_cannot_be_left),
		unit_test_root(only_kept_descriptors_stay_open),
		unit_test_root(there_is_no_network),
		unit_test_root(files_of_any_owner_and_mode_can_be_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
