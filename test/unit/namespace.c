#include "unit.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/namespace.h"

static struct err e;

/* The file names are those that the kernel shows for its own namespaces. */
static void each_kind_has_a_file_that_the_kernel_shows(void **state)
{
	(void)state;
	for (const struct namespace *n = namespaces; n->name; n++) {
		char *path = str_fmt("/proc/self/ns/%s", n->file);
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_ptr_equal(namespace_of(n->flag), n);
		free(path);
	}
}

/* The options as unshare(1) and nsenter(1) of util-linux print them. */
static void each_option_is_known_to_unshare_and_nsenter(void **state)
{
	static const char *const tools[] = {"unshare", "nsenter"};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (const struct namespace *n = namespaces; n->name; n++) {
			char *command =
				str_fmt("%s --help | grep -q -e ' %s\\b'", tools[i], n->option);

			assert_int_equal(system(command), 0);
			free(command);
		}
}

static void flags_are_shown_by_name(void **state)
{
	char *two = namespace_names(CLONE_NEWPID | CLONE_NEWUTS | CLONE_PIDFD),
	     *none = namespace_names(CLONE_PIDFD);

	(void)state;
	assert_string_equal(two, "CLONE_NEWUTS|CLONE_NEWPID");
	assert_string_equal(none, "0");
	free(two);
	free(none);
}

static void only_the_namespaces_that_a_process_changed_differ(void **state)
{
	int up[2], flags = -1;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(up), 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUTS | CLONE_NEWNS) < 0 || write(up[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(up[1]);
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_int_equal(namespace_differing(pid, &flags, &e), 0);
	assert_int_equal(flags, CLONE_NEWUTS | CLONE_NEWNS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(up[0]);
	assert_int_equal(namespace_differing(getpid(), &flags, &e), 0);
	assert_int_equal(flags, 0);
}

static void a_namespace_of_a_dead_process_is_named(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	assert_int_equal(namespace_open(pid, CLONE_NEWNET, &e), -1);
	assert_non_null(strstr(e.msg, "/ns/net: No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_a_file_that_the_kernel_shows),
		cmocka_unit_test(each_option_is_known_to_unshare_and_nsenter),
		cmocka_unit_test(flags_are_shown_by_name),
		cmocka_unit_test(only_the_namespaces_that_a_process_changed_differ),
		cmocka_unit_test(a_namespace_of_a_dead_process_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
