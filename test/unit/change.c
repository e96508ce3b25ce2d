#include "unit.h"

#include "base/own.h"
#include "base/record.h"
#include "image/change.h"

static struct err e;

/* The values of key, each followed by "|". */
static char *all(const struct record *r, const char *key)
{
	own_strv struct strv list = {0};
	struct buf out = {0};

	buf_str(&out, "");
	record_get_list(r, key, &list);
	for (size_t i = 0; i < list.n; i++)
		buf_fmt(&out, "%s|", list.v[i]);
	return out.data;
}

#define assert_all(r, key, text)                  \
	do {                                      \
		own_str char *got_ = all(r, key); \
		assert_string_equal(got_, text);  \
	} while (0)

/* Applies one change to an empty config and compares the values. */
static void check(const char *change, const char *key, const char *values)
{
	own_record struct record r = {0};

	if (change_apply(&r, change, &e) < 0)
		fail_msg("%s: %s", change, e.msg);
	assert_all(&r, key, values);
}

static void refuse(const char *change, const char *sentence)
{
	own_record struct record r = {0};

	assert_refused(change_apply(&r, change, &e), &e, sentence);
	assert_int_equal(r.keys.n, 0);
}

static void a_command_is_a_json_array_or_a_line_for_the_shell(void **state)
{
	(void)state;
	check("CMD [\"top\", \"-b\"]", "cmd", "top|-b|");
	check("  cmd\t[ ]", "cmd", "");
	check("ENTRYPOINT [\"\"]", "entrypoint", "|");
	check("CMD echo \"$HOME\" && ls", "cmd", "/bin/sh|-c|echo \"$HOME\" && ls|");
	check("CMD [ -f /x ] || exit", "cmd", "/bin/sh|-c|[ -f /x ] || exit|");
	refuse("CMD", "CMD: arguments are missing");
}

static void json_strings_are_read_exactly(void **state)
{
	(void)state;
	check("CMD [\"a\\n\\t\\\"\\\\\\/\\b\\f\\r\"]", "cmd", "a\n\t\"\\/\b\f\r|");
	check("CMD [\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"]", "cmd", "Aä€😀|");
	check("CMD [\"ä€😀\"]", "cmd", "ä€😀|");
}

static void a_malformed_json_array_is_a_line_for_the_shell(void **state)
{
	static const char *const nearly[] = {
		"[\"a\"",
		"[\"a\",]",
		"[a]",
		"['a']",
		"[\"a\" \"b\"]",
		"[\"a\"] b",
		"[1]",
		"[\"\\x\"]",
		"[\"\\u12\"]",
		"[\"\\u0000\"]",
		"[\"\\ud83d\"]",
		"[\"\\ud83d\\u0041\"]",
		"[\"\\ude00\"]",
		"[\"a\tb\"]",
		"[\"a\\",
		"[\"",
		"[",
		"[,]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nearly) / sizeof(*nearly); i++) {
		own_str char *change = str_fmt("CMD %s", nearly[i]),
			     *expected = str_fmt("/bin/sh|-c|%s|", nearly[i]);

		check(change, "cmd", expected);
	}
}

static void variables_and_labels_are_words_with_quotes(void **state)
{
	(void)state;
	check("ENV A=b", "env", "A=b|");
	check("ENV A=b  C=\"d e\" F='g \"h' I=j\\ k L=", "env", "A=b|C=d e|F=g \"h|I=j k|L=|");
	check("ENV A=\"\\\"\\\\\\$x\\n\"", "env", "A=\"\\$x\\n|");
	check("LABEL \"a b\"=c=d", "label", "a b=c=d|");
	check("ENV PATH /bin:/usr/bin", "env", "PATH=/bin:/usr/bin|");
	check("ENV A  two \"words  here\"", "env", "A=two words  here|");
	refuse("ENV", "ENV: arguments are missing");
	refuse("ENV A", "ENV: A: not NAME=VALUE");
	refuse("ENV A=b c", "ENV: c: not NAME=VALUE");
	refuse("ENV =b", "ENV: =b: not NAME=VALUE");
	refuse("ENV A=\"b", "ENV: a quote without its end");
}

static void a_setting_replaces_one_of_the_same_name(void **state)
{
	own_record struct record r = {0};

	(void)state;
	record_add(&r, "env", "A=1");
	record_add(&r, "env", "AB=2");
	record_add(&r, "cmd", "kept");
	record_add(&r, "env", "C=3");
	assert_int_equal(change_apply(&r, "ENV C=4 A=5 D=6", &e), 0);
	assert_all(&r, "env", "A=5|AB=2|C=4|D=6|");
	assert_all(&r, "cmd", "kept|");
	assert_int_equal(change_apply(&r, "CMD [\"new\"]", &e), 0);
	assert_all(&r, "cmd", "new|");
}

static void ports_and_directories_are_added_once(void **state)
{
	own_record struct record r = {0};

	(void)state;
	assert_int_equal(change_apply(&r, "EXPOSE 80 53/UDP 80/Tcp 8000-8010", &e), 0);
	assert_all(&r, "expose", "80/tcp|53/udp|8000-8010/tcp|");
	assert_int_equal(change_apply(&r, "VOLUME /a \"/b c\"", &e), 0);
	assert_int_equal(change_apply(&r, "VOLUME [\"/a\", \"/d\"]", &e), 0);
	assert_all(&r, "volume", "/a|/b c|/d|");
	refuse("EXPOSE http", "EXPOSE: http: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("EXPOSE 99999", "EXPOSE: 99999: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("EXPOSE 0", "EXPOSE: 0: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("EXPOSE 80-99999/udp", "EXPOSE: 80-99999/udp: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("EXPOSE 90-80", "EXPOSE: 90-80: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("EXPOSE 80-", "EXPOSE: 80-: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("EXPOSE 80/x", "EXPOSE: 80/x: not PORT[-PORT][/tcp|/udp|/sctp]");
	refuse("VOLUME data", "VOLUME: data: not an absolute path of a directory");
	refuse("VOLUME /", "VOLUME: /: not an absolute path of a directory");
}

static void a_relative_directory_is_resolved_against_the_previous_one(void **state)
{
	own_record struct record r = {0};

	(void)state;
	assert_int_equal(change_apply(&r, "WORKDIR srv", &e), 0);
	assert_all(&r, "workdir", "/srv|");
	assert_int_equal(change_apply(&r, "WORKDIR 'a b'", &e), 0);
	assert_all(&r, "workdir", "/srv/a b|");
	assert_int_equal(change_apply(&r, "WORKDIR /", &e), 0);
	assert_int_equal(change_apply(&r, "WORKDIR x", &e), 0);
	assert_all(&r, "workdir", "/x|");
}

static void single_words_are_checked(void **state)
{
	(void)state;
	check("USER 33:100", "user", "33:100|");
	check("STOPSIGNAL SIGUSR1", "stopsignal", "SIGUSR1|");
	check("STOPSIGNAL \"3\" ", "stopsignal", "3|");
	refuse("USER", "USER: arguments are missing");
	refuse("USER a b", "USER: b: a second word");
	refuse("STOPSIGNAL NOSUCH", "STOPSIGNAL: NOSUCH: no such signal");
	refuse("RUN x",
	       "RUN: not CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR");
	refuse("",
	       ": not CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_a_json_array_or_a_line_for_the_shell),
		cmocka_unit_test(json_strings_are_read_exactly),
		cmocka_unit_test(a_malformed_json_array_is_a_line_for_the_shell),
		cmocka_unit_test(variables_and_labels_are_words_with_quotes),
		cmocka_unit_test(a_setting_replaces_one_of_the_same_name),
		cmocka_unit_test(ports_and_directories_are_added_once),
		cmocka_unit_test(a_relative_directory_is_resolved_against_the_previous_one),
		cmocka_unit_test(single_words_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
