#include "unit.h"

#include <errno.h>

#include "base/explain.h"

static int ends[2];

static int begin(void **state)
{
	struct err e;

	(void)state;
	if (pipe(ends) < 0 || explain_begin("ct-x", ends[1], &e) < 0)
		return -1;
	explain_at(NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(explain_fd);
	explain_fd = -1;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void assert_said(const char *line)
{
	char got[500];
	ssize_t n = read(ends[0], got, sizeof(got) - 1);

	got[n < 0 ? 0 : n] = '\0';
	assert_string_equal(got, line);
}

static void a_call_is_printed_with_its_result_which_is_returned(void **state)
{
	(void)state;
	assert_int_equal(explained(6 * 7, "answer(%d, \"%s\")", 6, "x"), 42);
	assert_said("ct-x: answer(6, \"x\") = 42\n");
	explain_at("root");
	explained(0, "done()");
	assert_said("ct-x: [root] done() = 0\n");
	explain_note(NULL, "go(%d)", 1);
	assert_said("ct-x: [root] go(1)\n");
}

static void a_failure_is_printed_with_its_error_which_is_kept(void **state)
{
	(void)state;
	assert_int_equal(explained(open("/no/such", O_RDONLY), "open(\"/no/such\")"), -1);
	assert_int_equal(errno, ENOENT);
	assert_said("ct-x: open(\"/no/such\") = -1 ENOENT (No such file or directory)\n");
}

static void control_characters_in_a_call_are_escaped(void **state)
{
	(void)state;
	explained(0, "open(\"%s\")", "a\nb\033[2J");
	assert_said("ct-x: open(\"a\\nb\\x1b[2J\") = 0\n");
}

static void each_line_of_shell_is_marked(void **state)
{
	(void)state;
	explain_same("one\ntwo three\n");
	assert_said("# same: one\n# same: two three\n");
	explain_same("no end");
	assert_said("# same: no end\n");
}

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WORD   "0123456789012345678901234567890123456789012345678901234567890123456789"

static void a_word_that_fits_on_a_line_is_not_cut(void **state)
{
	(void)state;
	explain_note(NULL, "open(\"/a/path/that/is/long\", \"" WORD "|AB,CD\") = 0");
	assert_said("ct-x: open(\"/a/path/that/is/long\",\n"
		    "        \"" WORD "|AB,CD\") = 0\n");
}

static void a_longer_word_is_cut_between_its_parts(void **state)
{
	(void)state;
	explain_note(NULL, "GET https://registry.example/v2/library/debian/blobs/" DIGEST);
	assert_said("ct-x: GET https://registry.example/v2/library/debian/blobs/\n"
		    "        " DIGEST "\n");
	explain_same("curl https://registry.example/v2/library/debian/blobs/" DIGEST "\n");
	assert_said("# same: curl \\\n"
		    "# same: 	https://registry.example/v2/library/debian/blobs/\\\n"
		    "# same: " DIGEST "\n");
}

static void nothing_is_printed_unless_asked(void **state)
{
	int called = 0;

	(void)state;
	assert_int_equal(explained(++called, "call(%d)", ++called), 1);
	assert_int_equal(called, 1);
	explain_same("x");
	explain_note(NULL, "x");
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_printed_unless_asked),
		test(a_call_is_printed_with_its_result_which_is_returned),
		test(a_failure_is_printed_with_its_error_which_is_kept),
		test(control_characters_in_a_call_are_escaped),
		test(each_line_of_shell_is_marked),
		test(a_word_that_fits_on_a_line_is_not_cut),
		test(a_longer_word_is_cut_between_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
