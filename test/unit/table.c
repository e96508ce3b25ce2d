#include "unit.h"

#include <pty.h>
#include <termios.h>

#include "base/own.h"
#include "base/table.h"

static const struct column columns[] = {
	{.name = "id"},
	{.name = "name"},
	{.name = "pid", .number = true},
	{.name = "digest", .hidden = true},
	{0},
};

static struct err e;

static void fill(struct table *t)
{
	table_row(t, (const char *const[]){"ps_42002", "web\tone\n", "17", "sha256:0"});
	table_row(t, (const char *const[]){"ps_42003", NULL, NULL, NULL});
}

/* The listing as text. */
static char *listing(const struct listing *how)
{
	struct table *t = table_begin(columns, how, &e);
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(t);
	fill(t);
	table_end(t, f);
	fclose(f);
	return text;
}

static void is_listed_as(struct listing how, const char *want)
{
	own_str char *text = listing(&how);

	assert_string_equal(text, want);
}

static void away_from_a_terminal_cells_are_tab_separated(void **state)
{
	(void)state;
	is_listed_as((struct listing){0},
		     "ID\tNAME\tPID\nps_42002\tweb\\tone\\n\t17\nps_42003\t\t\n");
	is_listed_as((struct listing){.bare = true}, "ps_42002\tweb\\tone\\n\t17\nps_42003\t\t\n");
}

static void quiet_prints_only_ids(void **state)
{
	(void)state;
	is_listed_as((struct listing){.quiet = true}, "ps_42002\nps_42003\n");
}

static void columns_come_in_the_order_asked_for(void **state)
{
	(void)state;
	is_listed_as((struct listing){.columns = "digest,id,id"},
		     "DIGEST\tID\tID\nsha256:0\tps_42002\tps_42002\n\tps_42003\tps_42003\n");
	is_listed_as((struct listing){.columns = "pid", .bare = true}, "17\n\n");
}

static void json_has_every_column_and_null_numbers(void **state)
{
	(void)state;
	is_listed_as(
		(struct listing){.json = true},
		"{\"id\":\"ps_42002\",\"name\":\"web\\u0009one\\u000a\",\"pid\":17,\"digest\":\"sha256:0\"}\n"
		"{\"id\":\"ps_42003\",\"name\":\"\",\"pid\":null,\"digest\":\"\"}\n");
	is_listed_as((struct listing){.json = true, .columns = "pid"},
		     "{\"pid\":17}\n{\"pid\":null}\n");
}

static void a_list_is_a_json_array_or_its_items_joined(void **state)
{
	static const struct column with_list[] = {
		{.name = "id"}, {.name = "env", .list = true}, {0}};
	own_strv struct strv none = {0}, three = {0};
	const struct strv *lists[] = {&none, &three};
	static const struct {
		struct listing how;
		const char *want[2];
	} cases[] = {
		{{.json = true, .columns = "env"},
		 {"{\"env\":[]}\n", "{\"env\":[\"A=1\",\"B=\\u001f x, y\\u000a\",\"\"]}\n"}},
		{{.columns = "env", .bare = true}, {"\n", "A=1\\nB=\\x1f x, y\\n\\n\n"}},
	};

	(void)state;
	strv_split(&three, "A=1|B=\x1f x, y\n|", '|');
	for (size_t i = 0; i < 4; i++) {
		struct table *t = table_begin(with_list, &cases[i / 2].how, &e);
		own_str char *value = table_list(t, lists[i % 2], "\n"), *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);

		table_row(t, (const char *const[]){"img_42002", value});
		table_end(t, f);
		fclose(f);
		assert_string_equal(text, cases[i / 2].want[i % 2]);
	}
}

static void the_caller_can_ask_which_columns_are_shown(void **state)
{
	static const struct {
		struct listing how;
		const char *columns;
		bool shown;
	} cases[] = {
		{{0}, "pid", true},
		{{.quiet = true}, "name,pid", false},
		{{.quiet = true}, "pid,id", true},
		{{.columns = "pid"}, "id,name", false},
		{{.columns = "name,pid"}, "pid", true},
		{{.json = true}, "pid", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct table *t = table_begin(columns, &cases[i].how, &e);
		FILE *nowhere = fopen("/dev/null", "we");

		assert_int_equal(table_shows(t, cases[i].columns), cases[i].shown);
		table_end(t, nowhere);
		fclose(nowhere);
	}
}

static void an_unknown_column_is_refused_with_a_list(void **state)
{
	struct listing how = {.columns = "id,nmae"};

	(void)state;
	assert_null(table_begin(columns, &how, &e));
	assert_string_equal(e.msg, "nmae: no such column (there are id,name,pid,digest)");
	assert_int_equal(e.status, 2);
	how.columns = "";
	assert_null(table_begin(columns, &how, &e));
}

static void no_rows_are_a_heading_and_no_json(void **state)
{
	struct listing plain = {0}, json = {.json = true};
	const struct listing *how[] = {&plain, &json};
	const char *want[] = {"ID\tNAME\tPID\n", ""};

	(void)state;
	for (int i = 0; i < 2; i++) {
		own_str char *text = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&text, &n);

		table_end(table_begin(columns, how[i], &e), f);
		fclose(f);
		assert_string_equal(text, want[i]);
	}
}

static void on_a_terminal_columns_are_aligned(void **state)
{
	struct listing how = {0};
	struct table *t = table_begin(columns, &how, &e);
	char text[200] = "";
	int master, slave;
	size_t n = 0;
	ssize_t got;
	FILE *f;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	f = fdopen(slave, "w");
	fill(t);
	table_end(t, f);
	fflush(f);
	while (!strstr(text, "42003")) {
		got = read(master, text + n, sizeof(text) - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
		text[n] = '\0';
	}
	assert_non_null(
		strstr(text, "ID        NAME        PID\r\nps_42002  web\\tone\\n  17\r\n"));
	fclose(f);
	close(master);
}

/* What a table of all rows looks like on a terminal with so many columns. */
static void on_screen(const struct column *all, const struct listing *how, unsigned short wide,
		      const char *const rows[][4], size_t n, char text[1000])
{
	struct winsize size = {.ws_row = 24, .ws_col = wide};
	struct table *t = table_begin(all, how, &e);
	int master, slave;
	size_t have = 0;
	ssize_t got;
	FILE *f;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	f = fdopen(slave, "w");
	for (size_t i = 0; i < n; i++)
		table_row(t, rows[i]);
	table_end(t, f);
	fputs("end", f);
	fflush(f);
	do {
		got = read(master, text + have, 999 - have);
		assert_true(got > 0);
		text[have += (size_t)got] = '\0';
	} while (!strstr(text, "end"));
	fclose(f);
	close(master);
}

static const struct column for_eyes[] = {
	{.name = "id"},
	{.name = "status", .look = COLUMN_STATUS},
	{.name = "size", .number = true, .look = COLUMN_SIZE, .minor = 1},
	{.name = "command", .clip = true},
	{0},
};
static const char *const two[][4] = {{"ps_42002", "running", "64200000",
				      "sleep \xc3\xa9"
				      "1234567890"},
				     {"ps_42003", "exited 0", "", "true"}};

static void on_a_terminal_a_table_fits_the_width(void **state)
{
	struct listing how = {0}, own = {.columns = "id,size,command"};
	char text[1000];

	(void)state;
	setenv("NO_COLOR", "1", 1);
	on_screen(for_eyes, &how, 80, two, 2, text);
	assert_string_equal(text,
			    "ID        STATUS    SIZE     COMMAND\r\n"
			    "ps_42002  running   64.2 MB  sleep \xc3\xa9"
			    "1234567890\r\n"
			    "ps_42003  exited 0           true\r\nend");
	on_screen(for_eyes, &how, 40, two, 2, text);
	assert_string_equal(text,
			    "ID        STATUS    SIZE     COMMAND\r\n"
			    "ps_42002  running   64.2 MB  sleep \xc3\xa9"
			    "1...\r\n"
			    "ps_42003  exited 0           true\r\nend");
	on_screen(for_eyes, &how, 30, two, 2, text);
	assert_string_equal(text,
			    "ID        STATUS    COMMAND\r\n"
			    "ps_42002  running   sleep \xc3\xa9...\r\n"
			    "ps_42003  exited 0  true\r\nend");
	on_screen(for_eyes, &own, 20, two, 2, text); /* asked for: nothing is left out */
	assert_non_null(strstr(text, "64.2 MB"));
}

static void the_status_is_coloured_unless_the_user_minds(void **state)
{
	struct listing how = {.columns = "status", .bare = true};
	char text[1000];

	(void)state;
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	on_screen(for_eyes, &how, 80, two, 2, text);
	assert_string_equal(text, "\033[32mrunning\033[0m\r\nexited 0\r\nend");
	setenv("TERM", "dumb", 1);
	on_screen(for_eyes, &how, 80, two, 2, text);
	assert_string_equal(text, "running\r\nexited 0\r\nend");
}

static void is_json(const char *raw, const char *want)
{
	own_buf struct buf b = {0};

	json_quote(&b, raw);
	assert_string_equal(b.data, want);
}

static void json_strings_are_exact_and_without_control_characters(void **state)
{
	(void)state;
	is_json("", "\"\"");
	is_json("a\"b\\c\x1b", "\"a\\\"b\\\\c\\u001b\"");
	is_json("\xc3\xa9\xf0\x9f\x90\xb3", "\"\xc3\xa9\xf0\x9f\x90\xb3\"");
	is_json("\xc2\x85\xe2\x80\xae", "\"\\u0085\\u202e\"");
	is_json("a\xff\xc3", "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(away_from_a_terminal_cells_are_tab_separated),
		cmocka_unit_test(quiet_prints_only_ids),
		cmocka_unit_test(columns_come_in_the_order_asked_for),
		cmocka_unit_test(json_has_every_column_and_null_numbers),
		cmocka_unit_test(a_list_is_a_json_array_or_its_items_joined),
		cmocka_unit_test(the_caller_can_ask_which_columns_are_shown),
		cmocka_unit_test(an_unknown_column_is_refused_with_a_list),
		cmocka_unit_test(no_rows_are_a_heading_and_no_json),
		cmocka_unit_test(on_a_terminal_columns_are_aligned),
		cmocka_unit_test(on_a_terminal_a_table_fits_the_width),
		cmocka_unit_test(the_status_is_coloured_unless_the_user_minds),
		cmocka_unit_test(json_strings_are_exact_and_without_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
