#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "log/ctlog.h"

static struct err e;

/* The log without times: "stdout F text\n..." */
static void assert_records(int dir, const char *name, const char *expected)
{
	own_buf struct buf b = {0}, bare = {0};
	char *line, *next;

	assert_int_equal(file_read(dir, name, 1 << 20, &b, &e), 0);
	for (line = b.data; *line; line = next) {
		next = strchr(line, '\n') + 1;
		assert_true(next - line > CTLOG_TIME);
		buf_add(&bare, line + CTLOG_TIME + 1, (size_t)(next - line) - CTLOG_TIME - 1);
	}
	assert_string_equal(bare.data ? bare.data : "", expected);
}

static void write_text(struct ctlog *l, enum ctlog_stream stream, const char *text)
{
	ctlog_write(l, stream, text, strlen(text));
}

static void each_line_is_a_record_with_its_stream(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);

	write_text(l, CTLOG_STDOUT, "a\n\nb b\n");
	write_text(l, CTLOG_STDERR, "c\n");
	assert_int_equal(ctlog_close(l, &e), 0);
	assert_records(s->dir, "log", "stdout F a\nstdout F \nstdout F b b\nstderr F c\n");
}

static void an_unterminated_line_is_written_at_once(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);

	write_text(l, CTLOG_STDOUT, "name: ");
	assert_records(s->dir, "log", "stdout P name: \n");
	write_text(l, CTLOG_STDOUT, "\nx");
	assert_records(s->dir, "log", "stdout P name: \nstdout F \nstdout P x\n");
	ctlog_write(l, CTLOG_STDOUT, "", 0);
	assert_int_equal(ctlog_close(l, &e), 0);
	assert_records(s->dir, "log", "stdout P name: \nstdout F \nstdout P x\n");
}

static void a_record_begins_with_the_present_time(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);
	char before[NUM_TIME_LEN], after[NUM_TIME_LEN];
	own_buf struct buf b = {0};
	struct timespec t;

	for (int i = 0; i < 3; i++) {
		clock_gettime(CLOCK_REALTIME, &t);
		num_time_format(&t, before);
		write_text(l, CTLOG_STDOUT, "x\n");
		clock_gettime(CLOCK_REALTIME, &t);
		num_time_format(&t, after);
		buf_free(&b);
		assert_int_equal(file_read(s->dir, "log", 1000, &b, &e), 0);
		assert_true(memcmp(before, b.data + i * 42, CTLOG_TIME) <= 0);
		assert_true(memcmp(after, b.data + i * 42, CTLOG_TIME) >= 0);
	}
	ctlog_close(l, &e);
}

static void a_long_line_is_split_into_bounded_records(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);
	static char line[CTLOG_PAYLOAD + 2];
	own_buf struct buf b = {0};

	memset(line, 'x', sizeof(line));
	line[CTLOG_PAYLOAD] = '\n';
	ctlog_write(l, CTLOG_STDOUT, line, CTLOG_PAYLOAD + 1);
	line[CTLOG_PAYLOAD] = 'x';
	line[CTLOG_PAYLOAD + 1] = '\n';
	ctlog_write(l, CTLOG_STDOUT, line, CTLOG_PAYLOAD + 2);
	ctlog_close(l, &e);
	file_read(s->dir, "log", 1 << 20, &b, &e);
	assert_int_equal(b.len, 3 * (CTLOG_HEAD + 1) + 2 * CTLOG_PAYLOAD + 1);
	assert_int_equal(b.data[38], 'F');
	assert_int_equal(b.data[CTLOG_HEAD + CTLOG_PAYLOAD + 1 + 38], 'P');
	assert_int_equal(b.data[2 * (CTLOG_HEAD + CTLOG_PAYLOAD + 1) + 38], 'F');
}

static void a_reopened_log_is_continued(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);

	write_text(l, CTLOG_STDOUT, "a\n");
	ctlog_close(l, &e);
	l = ctlog_open(s->dir, 0, &e);
	write_text(l, CTLOG_STDOUT, "b\n");
	ctlog_close(l, &e);
	assert_records(s->dir, "log", "stdout F a\nstdout F b\n");
}

static void a_record_cut_by_a_crash_does_not_swallow_the_next(void **state)
{
	struct scratch *s = *state;
	static const char cut[] = "2024-05-01T10:00:00.123456789Z stdout F cut";
	struct ctlog *l;

	file_write(s->dir, "log", 0600, cut, strlen(cut), &e);
	l = ctlog_open(s->dir, 0, &e);
	write_text(l, CTLOG_STDOUT, "b\n");
	ctlog_close(l, &e);
	assert_records(s->dir, "log", "stdout F cut\nstdout F b\n");
}

static void zeros_that_a_power_cut_left_do_not_precede_the_next_record(void **state)
{
	struct scratch *s = *state;
	static const char cut[] = "2024-05-01T10:00:00.123456789Z stdout F cut";
	static char text[10000];
	struct ctlog *l;

	memcpy(text, cut, strlen(cut));
	file_write(s->dir, "log", 0600, text, sizeof(text), &e);
	l = ctlog_open(s->dir, 0, &e);
	write_text(l, CTLOG_STDOUT, "b\n");
	ctlog_close(l, &e);
	assert_records(s->dir, "log", "stdout F cut\nstdout F b\n");
}

static void two_files_stay_within_the_bound(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 1000, &e);
	own_buf struct buf older = {0}, newest = {0};
	char line[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "line %d\n", i);
		write_text(l, i % 2 ? CTLOG_STDOUT : CTLOG_STDERR, line);
	}
	assert_int_equal(ctlog_close(l, &e), 0);
	file_read(s->dir, "log.1", 1 << 20, &older, &e);
	file_read(s->dir, "log", 1 << 20, &newest, &e);
	assert_in_range(older.len, 400, 500);
	assert_in_range(newest.len, 1, 500);
	assert_int_equal(older.data[older.len - 1], '\n');
	assert_int_equal(older.data[4], '-');
	assert_int_equal(newest.data[4], '-');
	assert_non_null(strstr(newest.data, " F line 999\n"));
}

static void a_record_larger_than_the_bound_has_a_file_of_its_own(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 1, &e);

	write_text(l, CTLOG_STDOUT, "a\nb\nc\n");
	assert_int_equal(ctlog_close(l, &e), 0);
	assert_records(s->dir, "log.1", "stdout F b\n");
	assert_records(s->dir, "log", "stdout F c\n");
}

static void limit_files(rlim_t bytes)
{
	struct rlimit r;

	getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes < r.rlim_max ? bytes : r.rlim_max;
	setrlimit(RLIMIT_FSIZE, &r);
	signal(SIGXFSZ, SIG_IGN);
}

static void output_lost_on_a_full_disk_is_reported_at_the_end(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);

	write_text(l, CTLOG_STDOUT, "first\n");
	limit_files(2 * (CTLOG_HEAD + 6) - 3);
	write_text(l, CTLOG_STDOUT, "second\ndropped\n");
	write_text(l, CTLOG_STDOUT, "dropped\n");
	limit_files(RLIM_INFINITY);
	write_text(l, CTLOG_STDOUT, "third\n");
	assert_refused(ctlog_close(l, &e), &e, "log: 96 bytes lost: File too large");
	assert_int_equal(e.sys, EFBIG);
	assert_records(s->dir, "log", "stdout F first\nstdout F second\nstdout F third\n");
}

static void on_a_full_disk_only_the_last_record_may_be_incomplete(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);
	own_buf struct buf b = {0};

	limit_files(CTLOG_HEAD + 2 + 50);
	write_text(l, CTLOG_STDOUT, "a\nthe rest of this\n");
	assert_refused(ctlog_close(l, &e), &e, "log: 7 bytes lost: File too large");
	limit_files(RLIM_INFINITY);
	l = ctlog_open(s->dir, 0, &e);
	write_text(l, CTLOG_STDOUT, "b\n");
	assert_int_equal(ctlog_close(l, &e), 0);
	assert_records(s->dir, "log", "stdout F a\nstdout F the rest o\nstdout F b\n");
}

static void a_removed_directory_loses_only_the_log(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 200, &e);

	write_text(l, CTLOG_STDOUT, "a\nb\nc\n");
	unlinkat(s->dir, "log", 0);
	unlinkat(s->dir, "log.1", 0);
	rmdir(s->path);
	for (int i = 0; i < 100; i++)
		write_text(l, CTLOG_STDOUT, "x\n");
	assert_int_equal(ctlog_close(l, &e), -1);
	assert_int_equal(e.sys, ENOENT);
	mkdir(s->path, 0700);
}

static void a_log_that_cannot_be_opened_is_refused(void **state)
{
	struct scratch *s = *state;

	mkdirat(s->dir, "log", 0700);
	memset(&e, 0, sizeof(e));
	assert_null(ctlog_open(s->dir, 0, &e));
	assert_string_equal(e.msg, "log: open: Is a directory");
	assert_int_equal(ctlog_close(NULL, &e), 0);
}

static void a_malformed_record_head_is_not_accepted(void **state)
{
	static const char good[] = "2024-05-01T10:00:00.123456789Z stderr P x";
	enum ctlog_stream stream;
	char bad[sizeof(good)];
	bool whole = true;

	(void)state;
	assert_true(ctlog_head(good, CTLOG_HEAD, &stream, &whole));
	assert_int_equal(stream, CTLOG_STDERR);
	assert_false(whole);
	assert_false(ctlog_head(good, CTLOG_HEAD - 1, &stream, &whole));
	for (int i = 29; i < CTLOG_HEAD; i++) {
		memcpy(bad, good, sizeof(good));
		bad[i] = '?';
		assert_false(ctlog_head(bad, CTLOG_HEAD, &stream, &whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(each_line_is_a_record_with_its_stream),
		unit_test_scratch(an_unterminated_line_is_written_at_once),
		unit_test_scratch(a_record_begins_with_the_present_time),
		unit_test_scratch(a_long_line_is_split_into_bounded_records),
		unit_test_scratch(a_reopened_log_is_continued),
		unit_test_scratch(a_record_cut_by_a_crash_does_not_swallow_the_next),
		unit_test_scratch(zeros_that_a_power_cut_left_do_not_precede_the_next_record),
		unit_test_scratch(two_files_stay_within_the_bound),
		unit_test_scratch(a_record_larger_than_the_bound_has_a_file_of_its_own),
		unit_test_scratch(output_lost_on_a_full_disk_is_reported_at_the_end),
		unit_test_scratch(on_a_full_disk_only_the_last_record_may_be_incomplete),
		unit_test_scratch(a_removed_directory_loses_only_the_log),
		unit_test_scratch(a_log_that_cannot_be_opened_is_refused),
		cmocka_unit_test(a_malformed_record_head_is_not_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
