#include "unit.h"

#include <sys/stat.h>

#include "base/jq.h"
#include "base/own.h"
#include "base/record.h"

static struct err e;

/* A configuration, whose strings are compared. */
static int read_env(const char *strings, struct record *r)
{
	own_str char *json = str_fmt(
		"{\"config\": {\"Cmd\": [%s]}, \"rootfs\": {\"type\": \"layers\", \"diff_ids\": []}}",
		strings);

	return jq_read("config", NULL, json, strlen(json), "doc", r, &e);
}

static int read_text(const char *json, size_t n)
{
	own_record struct record r = {0};

	return jq_read("config", NULL, json, n, "doc", &r, &e);
}

static void strings_are_passed_unchanged(void **state)
{
	static const struct {
		const char *json, *value;
	} cases[] = {
		{"\"\"", ""},
		{"\"a b=c\"", "a b=c"},
		{"\"a\\nb\\n\"", "a\nb\n"},
		{"\"\\\\n\"", "\\n"},
		{"\"\\\\\\n\\\\\"", "\\\n\\"},
		{"\"\\u001b\\t\\r\"", "\033\t\r"},
		{"\"\xc3\xa4\\u00e4\"", "\xc3\xa4\xc3\xa4"},
		{"\"\\\\u0000\"", "\\u0000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		own_record struct record r = {0};

		if (read_env(cases[i].json, &r) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(record_get(&r, "cmd"), cases[i].value);
	}
}

static void input_other_than_one_json_document_is_refused(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{" \n", "doc: not JSON: 0 documents, not one"},
		{"{} {}", "doc: not JSON: 2 documents, not one"},
		{"{}1", "doc: not JSON: 2 documents, not one"},
		{"{", "doc: not JSON: Unfinished"},
		{"{}x", "doc: not JSON: Invalid"},
		{"{\"a\":}", "doc: not JSON: "},
		{"<html>", "doc: not JSON: Invalid"},
		{"{\"a\": \"\xff\"}", "doc: not JSON: not UTF-8"},
		{"{\"a\": \"\xc3", "doc: not JSON: not UTF-8"},
		{"{\"a\": \"\xed\xa0\x80\"}", "doc: not JSON: not UTF-8"},
		{"{\"a\": \"\\u0000\"}", "doc: NUL in a string"},
		{"{\"a\\\\\\u0000\": 1}", "doc: NUL in a string"},
		{"{\"a\": 1, \"a\": 1}", "doc: an object has the same key twice"},
		{"{\"a\": 1, \"\\u0061\": {}}", "doc: an object has the same key twice"},
		{"{\"a\": {\"b\": 1}, \"a\": {\"c\": 1}}", "doc: an object has the same key twice"},
		{"[{\"x\": [{\"a\": [], \"b\": 0, \"a\": []}]}]",
		 "doc: an object has the same key twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_text(cases[i].json, strlen(cases[i].json)), -1);
		if (strncmp(e.msg, cases[i].says, strlen(cases[i].says)) != 0)
			fail_msg("%s: %s", cases[i].json, e.msg);
		assert_null(strchr(e.msg, '\n'));
	}
	assert_refused(read_text(NULL, 0), &e, "doc: not JSON: 0 documents, not one");
	assert_refused(read_text("{}\0{}", 5), &e, "doc: not JSON: a NUL byte");
	assert_refused(read_text("\0", 1), &e, "doc: not JSON: a NUL byte");
}

/* open n times, then close n times. */
static char *nested(size_t n, const char *open, char close)
{
	struct buf b = {0};

	for (size_t i = 0; i < n; i++)
		buf_str(&b, open);
	for (size_t i = 0; i < n; i++)
		buf_add(&b, &close, 1);
	return b.data;
}

static void deep_nesting_is_refused(void **state)
{
	/* The innermost array is empty and counts as a value of the one around it. */
	own_str char *few = nested(33, "[", ']'), *more = nested(34, "[", ']'),
		     *many = nested(1 << 20, "[", ']');

	(void)state;
	assert_refused(read_text(few, strlen(few)), &e, "doc: it: is array, not object");
	assert_refused(read_text(more, strlen(more)), &e, "doc: nested more than 32 deep");
	assert_int_equal(read_text(many, strlen(many)), -1);
	assert_non_null(strstr(e.msg, "depth limit"));
}

static void a_document_of_very_many_values_is_refused(void **state)
{
	own_str char *json = mem_alloc(1 << 20);

	(void)state;
	memset(json, '0', 1 << 20);
	for (size_t i = 1; i < 1 << 20; i += 2)
		json[i] = ',';
	json[0] = '[';
	json[1] = '0';
	json[(1 << 20) - 1] = ']';
	assert_refused(read_text(json, 1 << 20), &e, "doc: more than 50000 values");
}

static void a_record_that_cannot_be_read_back_is_refused(void **state)
{
	own_str char *json = mem_alloc((3 << 20) + 1);
	own_record struct record r = {0};

	(void)state;
	memset(json, 'x', 3 << 20);
	json[0] = json[(3 << 20) - 1] = '"';
	assert_refused(read_env(json, &r), &e, "doc: too large (more than 3 MiB of values)");
}

/* A program in place of jq, in a PATH of its own. */
static void put_program(const struct scratch *s, const char *text)
{
	own_str char *path = str_fmt("%s:/usr/bin:/bin", s->path);
	int fd = openat(s->dir, "jq", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	setenv("PATH", path, 1);
}

static void jq_inherits_only_the_callers_path(void **state)
{
	own_record struct record r = {0};
	own_str char *before = str_dup(getenv("PATH")), *all = NULL, *expect = NULL;
	int leak = open("/dev/null", O_RDONLY); /* NOLINT: without CLOEXEC */

	put_program(*state,
		    "#!/bin/sh\n"
		    "sed -z 's/^/env=/; s/$/\\n/' /proc/self/environ | tr -d '\\000'\n"
		    "for fd in /proc/self/fd/*; do echo fd=${fd##*/}; done\n"
		    "sed -n 's/^NoNewPrivs:\\t/nnp=/p' /proc/self/status\n"
		    "echo cpu=$(ulimit -t) core=$(ulimit -c) as=$(ulimit -v)\n"
		    "echo stdin=$(cat)\n");
	setenv("CT_SECRET", "x", 1);
	assert_int_equal(jq_read("config", NULL, "{}", 2, "doc", &r, &e), 0);
	expect = str_fmt("PATH=%s", getenv("PATH"));
	setenv("PATH", before, 1);
	unsetenv("CT_SECRET");
	close(leak);
	all = record_join(&r, "env", "|");
	assert_non_null(strstr(all, expect));
	assert_null(strstr(all, "CT_SECRET"));
	free(all);
	all = record_join(&r, "fd", " ");
	assert_null(strstr(all, "9"));
	assert_int_equal(record_get_uint(&r, "nnp"), 1);
	assert_string_equal(record_get(&r, "cpu"), "10 core=0 as=524288");
	assert_string_equal(record_get(&r, "stdin"), "{}");
}

static void a_killed_or_missing_jq_is_an_error(void **state)
{
	own_str char *before = str_dup(getenv("PATH"));
	struct scratch *s = *state;

	put_program(s, "#!/bin/sh\nulimit -c 0; kill -ABRT $$\n");
	assert_refused(read_text("{}", 2), &e,
		       "doc: jq exceeds its limit of memory (512 MiB) or CPU time (10 s)");
	setenv("PATH", "/nonexistent", 1);
	assert_refused(read_text("{}", 2), &e, "jq: not found (install the package jq)");
	setenv("PATH", before, 1);
}

static void input_too_large_for_jq_is_refused(void **state)
{
	size_t n = 4 << 20, width = 62;
	own_str char *json = mem_alloc(n + width);
	own_str char *deep = nested(31, "[", ']');
	size_t at = 1;

	(void)state;
	for (json[0] = '['; at + width + 2 < n; at += width + 1) {
		memcpy(json + at, deep, width);
		json[at + width] = ',';
	}
	json[at - 1] = ']';
	assert_int_equal(read_text(json, at), -1);
	assert_true(strstr(e.msg, "exceeds its limit") || strstr(e.msg, "more than 50000 values"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_passed_unchanged),
		cmocka_unit_test(input_other_than_one_json_document_is_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(a_document_of_very_many_values_is_refused),
		cmocka_unit_test(a_record_that_cannot_be_read_back_is_refused),
		unit_test_scratch(jq_inherits_only_the_callers_path),
		unit_test_scratch(a_killed_or_missing_jq_is_an_error),
		cmocka_unit_test(input_too_large_for_jq_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
