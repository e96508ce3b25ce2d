#include "unit.h"

#include "build/ignore.h"

static struct err e;

static void check(const char *text, const char *path, bool left_out)
{
	own_ignore struct ignore ig = {0};

	if (ignore_read(&ig, text, &e) < 0)
		fail_msg("%s: %s", text, e.msg);
	if (ignore_has_path(&ig, path) != left_out)
		fail_msg("%s: %s: not %s", text, path, left_out ? "left out" : "taken");
}

/* The Dockerfile reference's ".dockerignore file", its examples in their order. */
static void the_examples_of_the_reference_hold(void **state)
{
	(void)state;
	check("# comment\n*/temp*\n*/*/temp*\ntemp?\n", "somedir/temporary.txt", true);
	check("*/temp*", "somedir/temp", true);
	check("*/temp*", "temp", false);
	check("*/*/temp*", "somedir/subdir/temporary.txt", true);
	check("*/*/temp*", "somedir/temporary.txt", false);
	check("temp?", "tempa", true);
	check("temp?", "temp", false);
	check("**/*.go", "x.go", true);
	check("**/*.go", "a/b/c.go", true);
	check("*.md\n!README.md", "README.md", false);
	check("*.md\n!README.md", "x.md", true);
	check("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true);
	check("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false);
	check("/foo/bar", "foo/bar", true);
	check("foo/bar/", "foo/bar", true);
	check("./foo//x/../bar", "foo/bar", true);
}

/* Values of moby/patternmatcher's documentation: a matching directory excludes its content. */
static void files_are_excluded_with_their_directory(void **state)
{
	(void)state;
	check("dir", "dir/file", true);
	check("dir", "dir/a/b", true);
	check("dir\n!dir/a", "dir/a/b", false);
	check("dir\n!dir/a", "dir/b", true);
	check("*\n!src\nsrc/*.o", "src/x.c", false);
	check("*\n!src\nsrc/*.o", "src/x.o", true);
	check("a/*", "a/b/c", true);
	check("node_modules", "x/node_modules/y", false);
	check("**/node_modules", "x/node_modules/y", true);
}

static void double_stars_match_any_depth(void **state)
{
	(void)state;
	check("**", "a/b", true);
	check("a/**", "a/b/c", true);
	check("a/**", "ab", false);
	check("a/**/b", "a/b", true);
	check("a/**/b", "a/x/y/b", true);
	check("a/**/b", "a/xb", false);
	check("**/a/**/b", "x/a/y/b", true);
	check("**file", "dir/afile", true);
	check("**fi?e", "dir/afile", false);
	check("**file", "file", true);
	check("a**b", "ab", true);
	check("a**b", "a/x/b", true);
}

static void classes_and_quoting_are_supported(void **state)
{
	(void)state;
	check("[a-c]x", "bx", true);
	check("[^a-c]x", "bx", false);
	check("[^a-c]x", "dx", true);
	check("a\\*b", "a*b", true);
	check("a\\*b", "axb", false);
	check("caf?", "caf\xc3\xa9", true);
}

static void blanks_byte_order_marks_and_comments_are_skipped(void **state)
{
	(void)state;
	check("\xef\xbb\xbf"
	      "a\r\n  b  \r\n#c\n\n",
	      "a", true);
	check("a\r\n  b  \r\n#c\n\n", "b", true);
	check("a\n#c\n", "c", false);
	check("a\n#c\n", "#c", false);
	check(".\n/\n", "x", false);
	check("..\n../x\n", "x", false);
	check("", "x", false);
}

static void invalid_patterns_are_refused_with_their_line(void **state)
{
	own_ignore struct ignore ig = {0};

	(void)state;
	assert_refused(ignore_read(&ig, "ok\n\n[a", &e), &e, "3: [a: \"[\" without its \"]\"");
	assert_refused(ignore_read(&ig, "!", &e), &e, "1: \"!\" without a pattern");
}

static void many_stars_take_polynomial_time(void **state)
{
	char text[4001] = "", path[3001] = "";

	(void)state;
	for (int i = 0; i < 4000; i += 4)
		memcpy(text + i, "**/a", 4);
	memset(path, 'a', 3000);
	check(text, path, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_reference_hold),
		cmocka_unit_test(files_are_excluded_with_their_directory),
		cmocka_unit_test(double_stars_match_any_depth),
		cmocka_unit_test(classes_and_quoting_are_supported),
		cmocka_unit_test(blanks_byte_order_marks_and_comments_are_skipped),
		cmocka_unit_test(invalid_patterns_are_refused_with_their_line),
		cmocka_unit_test(many_stars_take_polynomial_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
