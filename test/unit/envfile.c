#include "unit.h"

#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "run/envfile.h"

static struct err e;
static struct strv settings;
static char *path;

/* Reads a file of these bytes. */
static int read_bytes(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	strv_free(&settings);
	return envfile_read(path, &settings, &e);
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

#define refused(text, len, sentence)                                      \
	do {                                                              \
		own_str char *wanted = str_fmt("%s: %s", path, sentence); \
                                                                          \
		(void)state;                                              \
		assert_refused(read_bytes(text, len), &e, wanted);        \
	} while (0)

static void comments_and_blank_lines_are_skipped_and_values_are_literal(void **state)
{
	(void)state;
	assert_int_equal(read_text("# a note\n\n \t\n  A=1\nB= a b \\n'c' \nexport\nC="), 0);
	assert_int_equal(settings.n, 4);
	assert_string_equal(settings.v[0], "A=1");
	assert_string_equal(settings.v[1], "B= a b \\n'c' ");
	assert_string_equal(settings.v[2], "export");
	assert_string_equal(settings.v[3], "C=");
}

/* docker/cli, pkg/kvfile: bufio.ScanLines drops "\r" before "\n", and the first line loses a byte
 * order mark. */
static void carriage_returns_and_a_byte_order_mark_are_dropped_as_docker_drops_them(void **state)
{
	(void)state;
	assert_int_equal(read_text("\xef\xbb\xbf"
				   "A=1\r\n\r\nB=x\ry\r\nC=2\r"),
			 0);
	assert_int_equal(settings.n, 3);
	assert_string_equal(settings.v[0], "A=1");
	assert_string_equal(settings.v[1], "B=x\ry");
	assert_string_equal(settings.v[2], "C=2");
}

/* docker/cli, pkg/kvfile: "variable 'export X' contains whitespaces", "no variable name on line
 * '=1'". */
static void a_name_with_blanks_is_refused_with_its_line(void **state)
{
	refused("A=1\nexport X=1\n", 15,
		"line 2: export X=1: the name of a variable has no blanks (no \"export\", no \"X = 1\")");
	refused("X = 1", 5,
		"line 1: X = 1: the name of a variable has no blanks (no \"export\", no \"X = 1\")");
	refused("\nOURS \n", 7,
		"line 2: OURS : the name of a variable has no blanks (no \"export\", no \"X = 1\")");
	refused("=1\n", 3, "line 1: =1: not NAME=VALUE or NAME");
}

static void a_file_with_nul_bytes_is_refused_with_its_line(void **state)
{
	refused("A=1\nB=\0C=2\n", 11, "line 2: a byte 0, so not a text (UTF-16?)");
	refused("A=1\n\0", 5, "line 2: a byte 0, so not a text (UTF-16?)");
}

static void a_file_that_cannot_be_read_is_refused(void **state)
{
	(void)state;
	assert_refused(envfile_read("/no/such", &settings, &e), &e,
		       "/no/such: No such file or directory");
	assert_refused(envfile_read("/etc", &settings, &e), &e, "/etc: Is a directory");
	assert_refused(envfile_read("/dev/zero", &settings, &e), &e, "/dev/zero: File too large");
	/* It can be opened, but reading address 0 fails. */
	assert_refused(envfile_read("/proc/self/mem", &settings, &e), &e,
		       "/proc/self/mem: Input/output error");
}

static int begin(void **state)
{
	int failed = scratch_make(state);
	const struct scratch *s = *state;

	path = str_fmt("%s/env", s->path);
	return failed;
}

static int finish(void **state)
{
	strv_free(&settings);
	free(path);
	return scratch_remove(state);
}

#define test(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(comments_and_blank_lines_are_skipped_and_values_are_literal),
		test(carriage_returns_and_a_byte_order_mark_are_dropped_as_docker_drops_them),
		test(a_name_with_blanks_is_refused_with_its_line),
		test(a_file_with_nul_bytes_is_refused_with_its_line),
		test(a_file_that_cannot_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
