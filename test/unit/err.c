#include "unit.h"

#include <errno.h>
#include <limits.h>

static void a_failure_without_a_system_call_has_no_errno(void **state)
{
	struct err e = {.sys = 5, .status = 9};

	(void)state;
	assert_int_equal(err_set(&e, "%s: not a %s", "12x", "size"), -1);
	assert_string_equal(e.msg, "12x: not a size");
	assert_int_equal(e.sys, 0);
	assert_int_equal(e.status, 0);
}

static void a_failed_system_call_is_explained_and_errno_survives(void **state)
{
	struct err e;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&e, "snapshot %s", "ps_42007"), -1);
	assert_string_equal(e.msg, "snapshot ps_42007: No space left on device");
	assert_int_equal(e.sys, ENOSPC);
	assert_int_equal(errno, ENOSPC);
	errno = 0;
	err_sys(&e, "control groups");
	assert_string_equal(e.msg, "control groups: failed without a reason");
}

static void each_caller_puts_its_own_words_in_front(void **state)
{
	struct err e;

	(void)state;
	errno = EIO;
	err_sys(&e, "read %s", "config");
	assert_int_equal(err_wrap(&e, "start %s", "web"), -1);
	assert_string_equal(e.msg, "start web: read config: Input/output error");
	assert_int_equal(e.sys, EIO);
}

static void the_status_a_failure_asks_for_survives_wrapping(void **state)
{
	struct err e;

	(void)state;
	err_set(&e, "no command");
	assert_int_equal(err_status(&e, 127), -1);
	err_wrap(&e, "web");
	assert_int_equal(e.status, 127);
}

static void a_message_that_is_too_long_is_cut_and_still_ends(void **state)
{
	char longer[2 * sizeof(((struct err *)NULL)->msg)];
	struct err e;

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	errno = EIO;
	err_sys(&e, "%s", longer);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_wrap(&e, "%s", longer);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
}

static void an_error_fits_one_atomic_write_to_a_pipe(void **state)
{
	(void)state;
	assert_true(sizeof(struct err) <= PIPE_BUF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_without_a_system_call_has_no_errno),
		cmocka_unit_test(a_failed_system_call_is_explained_and_errno_survives),
		cmocka_unit_test(each_caller_puts_its_own_words_in_front),
		cmocka_unit_test(the_status_a_failure_asks_for_survives_wrapping),
		cmocka_unit_test(a_message_that_is_too_long_is_cut_and_still_ends),
		cmocka_unit_test(an_error_fits_one_atomic_write_to_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
