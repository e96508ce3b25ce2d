#include "unit.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/str.h"
#include "kernel/caps.h"
#include "kernel/seccomp.h"

static struct err e;

/* The capability lines of /proc/self/status. */
struct status {
	uint64_t inheritable, permitted, effective, bounding, ambient;
};

static uint64_t status_line(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 16);
}

/*
 * The capabilities of a program that a child executes after calling `before`. The child is root of
 * a new user namespace unless on_host.
 */
static struct status status_after(void (*before)(uint64_t set), uint64_t set, bool on_host)
{
	char text[8192] = "", map[32];
	size_t used = 0;
	ssize_t n;
	int p[2], status;
	pid_t pid;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		snprintf(map, sizeof(map), "0 %d 1", (int)geteuid());
		if (!on_host) {
			int fd;

			if (unshare(CLONE_NEWUSER) < 0)
				_exit(10);
			fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
			if (fd < 0 || write(fd, map, strlen(map)) < 0)
				_exit(11);
		}
		before(set);
		dup2(p[1], 1);
		execl("/bin/cat", "cat", "/proc/self/status", (char *)NULL);
		_exit(12);
	}
	close(p[1]);
	while ((n = read(p[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return (struct status){
		status_line(text, "CapInh:"), status_line(text, "CapPrm:"),
		status_line(text, "CapEff:"), status_line(text, "CapBnd:"),
		status_line(text, "CapAmb:"),
	};
}

static void limit(uint64_t set)
{
	struct err err;

	if (caps_limit(set, &err) < 0)
		_exit(20);
}

static void limit_with_ambient(uint64_t set)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		_exit(21);
	data[0].inheritable = data[0].permitted;
	if (syscall(SYS_capset, &head, data) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) < 0)
		_exit(22);
	limit(set);
}

static void limit_and_filter(uint64_t set)
{
	struct err err;

	limit(set);
	if (seccomp_filter_load(set, &err) < 0)
		_exit(23);
}

static void limit_and_become_nobody(uint64_t set)
{
	limit_and_filter(set);
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 65534) < 0)
		_exit(24);
}

static void limit_twice(uint64_t set)
{
	limit(set | CAPS_BIT(CAP_SETPCAP));
	limit(set);
}

static void assert_exactly(struct status s, uint64_t set)
{
	assert_int_equal(s.bounding, set);
	assert_int_equal(s.permitted, set);
	assert_int_equal(s.effective, set);
	assert_int_equal(s.inheritable, 0);
	assert_int_equal(s.ambient, 0);
}

static void root_has_exactly_the_set_after_exec(void **state)
{
	(void)state;
	assert_exactly(status_after(limit, caps_default(false), false), caps_default(false));
	assert_exactly(status_after(limit, caps_default(true), false), caps_default(true));
	assert_exactly(status_after(limit, CAPS_BIT(CAP_SYS_ADMIN), false),
		       CAPS_BIT(CAP_SYS_ADMIN));
}

static void an_empty_set_leaves_root_nothing(void **state)
{
	(void)state;
	assert_exactly(status_after(limit, 0, false), 0);
}

static void a_filter_can_be_loaded_whatever_is_dropped(void **state)
{
	(void)state;
	assert_exactly(status_after(limit_and_filter, 0, false), 0);
	assert_exactly(status_after(limit_and_filter, caps_default(false), false),
		       caps_default(false));
}

static void inheritable_and_ambient_capabilities_are_cleared(void **state)
{
	(void)state;
	assert_exactly(status_after(limit_with_ambient, CAPS_BIT(CAP_KILL), false),
		       CAPS_BIT(CAP_KILL));
	assert_exactly(status_after(limit_with_ambient, 0, false), 0);
}

static void a_second_limit_removes_more_capabilities(void **state)
{
	(void)state;
	/* The second limit needs SETPCAP, which the first keeps in the bounding set. */
	assert_exactly(status_after(limit_twice, CAPS_BIT(CAP_CHOWN), false), CAPS_BIT(CAP_CHOWN));
}

static void root_of_the_host_has_exactly_the_set(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_exactly(status_after(limit, caps_default(false) & caps_all(), true),
		       caps_default(false) & caps_all());
}

static void another_user_has_no_capabilities_even_if_setuid_is_dropped(void **state)
{
	struct status s;

	(void)state;
	if (geteuid() != 0)
		skip();
	s = status_after(limit_and_become_nobody, CAPS_BIT(CAP_CHOWN), true);
	assert_int_equal(s.bounding, CAPS_BIT(CAP_CHOWN));
	assert_int_equal(s.permitted | s.effective | s.inheritable | s.ambient, 0);
}

static void everything_can_be_kept(void **state)
{
	struct status s;

	(void)state;
	if (geteuid() != 0)
		skip();
	s = status_after(limit, caps_all(), true);
	assert_int_equal(s.bounding, caps_all());
	assert_int_equal(s.permitted, caps_all());
}

static void without_setpcap_nothing_is_dropped_silently(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
		struct __user_cap_data_struct none[2] = {{0}};
		struct err err;

		syscall(SYS_capset, &head, none);
		_exit(caps_limit(0, &err) == -1 && err.sys == EPERM && strstr(err.msg, "(CHOWN)")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void the_default_set_has_net_raw_only_with_an_own_network(void **state)
{
	(void)state;
	assert_int_equal(caps_default(false), 0x800425fb);
	assert_int_equal(caps_default(false) ^ caps_default(true), CAPS_BIT(CAP_NET_RAW));
}

static void a_name_is_read_with_or_without_prefix_in_any_case(void **state)
{
	uint64_t set;

	(void)state;
	assert_int_equal(caps_read("NET_ADMIN", &set, &e), 0);
	assert_int_equal(set, CAPS_BIT(CAP_NET_ADMIN));
	assert_int_equal(caps_read("cap_net_admin", &set, &e), 0);
	assert_int_equal(set, CAPS_BIT(CAP_NET_ADMIN));
	assert_int_equal(caps_read("Cap_Checkpoint_Restore", &set, &e), 0);
	assert_int_equal(set, CAPS_BIT(CAP_CHECKPOINT_RESTORE));
	assert_int_equal(caps_read("all", &set, &e), 0);
	assert_int_equal(set, caps_all());
}

static void an_unknown_name_is_refused_by_name(void **state)
{
	static const char *const bad[] = {"",        "CAP_", "NET",  "NET_ADMINS", "CAP_CAP_KILL",
					  "CAP_ALL", "12",   " KILL"};
	uint64_t set = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(caps_read(bad[i], &set, &e), -1);
	assert_int_equal(set, 7);
	assert_string_equal(e.msg, " KILL: no such capability");
}

static void every_capability_of_the_headers_has_a_name_that_reads_back(void **state)
{
	(void)state;
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		uint64_t set;

		assert_non_null(caps_name(cap));
		assert_int_equal(caps_read(caps_name(cap), &set, &e), 0);
		assert_int_equal(set, CAPS_BIT(cap));
	}
	assert_string_equal(caps_name(12), "NET_ADMIN");
	assert_null(caps_name(-1));
	assert_null(caps_name(63));
}

static void all_means_the_bounding_set(void **state)
{
	own_buf struct buf b = {0};

	(void)state;
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", 1 << 16, &b, &e), 0);
	assert_int_equal(caps_all(), status_line(b.data, "CapBnd:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_has_exactly_the_set_after_exec),
		cmocka_unit_test(an_empty_set_leaves_root_nothing),
		cmocka_unit_test(a_filter_can_be_loaded_whatever_is_dropped),
		cmocka_unit_test(inheritable_and_ambient_capabilities_are_cleared),
		cmocka_unit_test(a_second_limit_removes_more_capabilities),
		cmocka_unit_test(root_of_the_host_has_exactly_the_set),
		cmocka_unit_test(another_user_has_no_capabilities_even_if_setuid_is_dropped),
		cmocka_unit_test(everything_can_be_kept),
		cmocka_unit_test(without_setpcap_nothing_is_dropped_silently),
		cmocka_unit_test(the_default_set_has_net_raw_only_with_an_own_network),
		cmocka_unit_test(a_name_is_read_with_or_without_prefix_in_any_case),
		cmocka_unit_test(an_unknown_name_is_refused_by_name),
		cmocka_unit_test(every_capability_of_the_headers_has_a_name_that_reads_back),
		cmocka_unit_test(all_means_the_bounding_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
