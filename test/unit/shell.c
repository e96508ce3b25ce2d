#include "unit.h"

#include "base/own.h"
#include "base/shell.h"
#include "base/str.h"

/* The words as a shell reads them, each followed by a bar. */
static char *heard(const struct strv *words)
{
	own_buf struct buf command = {0};
	static char out[4096];
	FILE *sh;
	size_t n;

	buf_str(&command, "printf '%s|'");
	shell_words(&command, words);
	sh = popen(command.data, "r");
	n = fread(out, 1, sizeof(out) - 1, sh);
	out[n] = '\0';
	assert_int_equal(pclose(sh), 0);
	return out;
}

static void any_word_is_quoted_so_that_a_shell_reads_it_back(void **state)
{
	static const char *const all[] = {
		"plain",       "",
		"two words",   "it's",
		"'",           "$HOME",
		"`id`",        "a\\b",
		"\"",          "*",
		"~",           "#x",
		"-n",          "a=b",
		"new\nline",   "\xc3\xa9",
		"\x01\x7f",    "!x",
		"{a,b}",       "\033[2J",
		"a\nEND\nb",   "line\n",
		"\n",          "\n\n",
		"-n\001",      "%s\\n\001'\"",
		"\xff",        "\xc2\x9b",
		"\t$(id)`id`",
	};
	own_strv struct strv words = {0};
	own_buf struct buf wanted = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		strv_add(&words, all[i]);
		buf_fmt(&wanted, "%s|", all[i]);
	}
	assert_string_equal(heard(&words), wanted.data);
}

static void a_plain_word_is_not_quoted(void **state)
{
	own_buf struct buf b = {0};

	(void)state;
	shell_word(&b, "/bin/a-b_c=1:2,3@x%+.");
	assert_string_equal(b.data, "/bin/a-b_c=1:2,3@x%+.");
}

static void control_characters_of_a_word_are_escaped(void **state)
{
	static const char *const all[] = {"\033[2J",  "\r",   "a\nINSIDE\nb", "\nb",
					  "\xc2\x9b", "\xff", "\xe2\x80\xae"};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		own_buf struct buf b = {0};
		own_str char *shown = NULL;

		shell_word(&b, all[i]);
		shown = str_printable(b.data);
		assert_string_equal(shown, b.data);
	}
}

static void a_leading_dash_is_no_option_of_printf(void **state)
{
	own_buf struct buf b = {0};

	(void)state;
	shell_format(&b, "-v x\n");
	assert_string_equal(b.data, "'\\055v x\\n'");
}

static void a_text_of_lines_is_one_line_for_printf(void **state)
{
	static const char text[] = "100% of\nit's \\n\tlines\n\n";
	own_buf struct buf b = {0};
	char out[100];
	FILE *sh;
	size_t n;

	(void)state;
	buf_str(&b, "printf ");
	shell_format(&b, text);
	assert_null(strchr(b.data, '\n'));
	sh = popen(b.data, "r");
	n = fread(out, 1, sizeof(out) - 1, sh);
	out[n] = '\0';
	assert_int_equal(pclose(sh), 0);
	assert_string_equal(out, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_word_is_quoted_so_that_a_shell_reads_it_back),
		cmocka_unit_test(a_plain_word_is_not_quoted),
		cmocka_unit_test(control_characters_of_a_word_are_escaped),
		cmocka_unit_test(a_leading_dash_is_no_option_of_printf),
		cmocka_unit_test(a_text_of_lines_is_one_line_for_printf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
