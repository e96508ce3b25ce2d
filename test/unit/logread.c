#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/own.h"
#include "base/str.h"
#include "log/ctlog.h"
#include "log/logread.h"

#define T0 "2024-05-01T10:00:00.000000000Z"
#define T1 "2024-05-01T10:00:01.500000000Z"
#define T2 "2024-05-01T10:00:02.000000000Z"

static struct err e;
static uint64_t damaged;

/* Replaces the C library's fstatat: calls a function before the calls-th lookup from now. */
static struct {
	int calls;
	void (*then)(int dir);
} before_look;

int fstatat(int dir, const char *restrict name, struct stat *restrict st, int flags)
{
	if (before_look.calls && --before_look.calls == 0)
		before_look.then(dir);
	return (int)syscall(SYS_newfstatat, dir, name, st, flags);
}

static struct log_query all(void)
{
	return (struct log_query){.tail = UINT64_MAX, .until.tv_sec = LOG_EVER, .ended = -1};
}

static void slurp(int fd, struct buf *b)
{
	char chunk[65536];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	buf_str(b, "");
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(b, chunk, (size_t)n);
}

static void read_log(int dir, const struct log_query *q, struct buf got[2])
{
	own_fd int o = memfd_create("out", MFD_CLOEXEC);
	own_fd int r = memfd_create("err", MFD_CLOEXEC);

	buf_free(&got[0]);
	buf_free(&got[1]);
	if (logread(dir, q, (const int[]){o, r}, &damaged, &e) < 0)
		fail_msg("%s", e.msg);
	slurp(o, &got[0]);
	slurp(r, &got[1]);
}

static void assert_shows(int dir, const struct log_query *q, const char *out, const char *err)
{
	struct buf got[2] = {{0}, {0}};

	read_log(dir, q, got);
	assert_string_equal(got[0].data, out);
	assert_string_equal(got[1].data, err);
	buf_free(&got[0]);
	buf_free(&got[1]);
}

static void put(int dir, const char *name, const char *text)
{
	assert_int_equal(file_write(dir, name, 0600, text, strlen(text), &e), 0);
}

static void assert_same(const struct buf *got, const struct buf *expected)
{
	assert_int_equal(got->len, expected->len);
	if (got->len)
		assert_memory_equal(got->data, expected->data, got->len);
}

static void a_missing_log_is_empty(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	assert_shows(s->dir, &q, "", "");
	q.follow = true;
	q.tail = 3;
	assert_shows(s->dir, &q, "", "");
	put(s->dir, "log", "");
	assert_shows(s->dir, &q, "", "");
}

static void any_bytes_in_any_pieces_are_read_back(void **state)
{
	struct scratch *s = *state;
	struct ctlog *l = ctlog_open(s->dir, 0, &e);
	struct buf sent[2] = {{0}, {0}}, got[2] = {{0}, {0}};
	struct log_query q = all();
	static char piece[70000];
	size_t n;
	int which;

	srand(7);
	for (int i = 0; i < 200; i++) {
		which = rand() % 2;
		n = (size_t)rand() % (rand() % 4 ? 300 : sizeof(piece));
		for (size_t j = 0; j < n; j++)
			piece[j] = (char)(i % 3 ? rand() : rand() % 8 ? 'a' : '\n');
		if (i % 5 == 0)
			memset(piece, i % 10 ? 'x' : '\n', n);
		ctlog_write(l, which ? CTLOG_STDERR : CTLOG_STDOUT, piece, n);
		buf_add(&sent[which], piece, n);
	}
	assert_int_equal(ctlog_close(l, &e), 0);
	read_log(s->dir, &q, got);
	assert_int_equal(damaged, 0);
	for (int i = 0; i < 2; i++) {
		assert_same(&got[i], &sent[i]);
		buf_free(&got[i]);
		buf_free(&sent[i]);
	}
}

static void with_one_descriptor_for_both_streams_the_order_is_kept(void **state)
{
	struct scratch *s = *state;
	own_fd int both = memfd_create("both", MFD_CLOEXEC);
	own_buf struct buf got = {0};
	struct log_query q = all();

	put(s->dir, "log",
	    T0 " stdout F a\n" T0 " stderr F b\n" T0 " stdout P c\n" T0 " stderr F d\n");
	assert_int_equal(logread(s->dir, &q, (const int[]){both, both}, &damaged, &e), 0);
	slurp(both, &got);
	assert_string_equal(got.data, "a\nb\ncd\n");
}

static void the_older_file_comes_first(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	put(s->dir, "log.1", T0 " stdout F a\n" T0 " stdout P b\n");
	assert_shows(s->dir, &q, "a\nb", "");
	put(s->dir, "log", T0 " stdout F c\n" T0 " stderr F d\n");
	assert_shows(s->dir, &q, "a\nbc\n", "d\n");
	q.follow = true;
	assert_shows(s->dir, &q, "a\nbc\n", "d\n");
	q.tail = 2;
	assert_shows(s->dir, &q, "bc\n", "d\n");
	q.tail = 1;
	assert_shows(s->dir, &q, "", "d\n");
}

static void each_line_can_be_preceded_by_its_time(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	put(s->dir, "log",
	    T0 " stdout F a\n" T1 " stdout P b\n" T2 " stderr F \n" T2 " stdout F c\n" T2
	       " stdout P d\n");
	q.timestamps = true;
	assert_shows(s->dir, &q, T0 " a\n" T1 " bc\n" T2 " d", T2 " \n");
}

static void since_and_until_are_inclusive(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	put(s->dir, "log.1", T0 " stdout F a\n");
	put(s->dir, "log", T1 " stdout F b\n" T2 " stdout F c\n");
	q.since = (struct timespec){1714557601, 500000000};
	assert_shows(s->dir, &q, "b\nc\n", "");
	q.until = q.since;
	assert_shows(s->dir, &q, "b\n", "");
	q.since = (struct timespec){0};
	assert_shows(s->dir, &q, "a\nb\n", "");
	q.tail = 1;
	assert_shows(s->dir, &q, "b\n", "");
	q.until.tv_nsec--;
	assert_shows(s->dir, &q, "a\n", "");
	q.until = q.since;
	assert_shows(s->dir, &q, "", "");
	q.since.tv_sec = INT64_MAX;
	assert_shows(s->dir, &q, "", "");
}

static void damaged_records_are_skipped_and_counted(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	put(s->dir, "log",
	    "garbage\n" T0 " stdout F a\n\n" T0 " stdxxx F b\n" T0 " stdout F c\n" T0
	    " stdout F cut");
	assert_shows(s->dir, &q, "a\nc\ncut", "");
	assert_int_equal(damaged, 4);
	q.tail = 2;
	assert_shows(s->dir, &q, "c\ncut", "");
	put(s->dir, "log", T0 " stdout F a\n" T0 " std");
	assert_shows(s->dir, &q, "a\n", "");
	assert_int_equal(damaged, 1);
	put(s->dir, "log.1", T0 " stdout F a\n" T0 " stdout F cut");
	put(s->dir, "log", T0 " stdout F and joined\n");
	q.tail = 1;
	assert_shows(s->dir, &q, "cutand joined\n", "");
}

static void garbage_larger_than_any_buffer_is_one_damaged_record(void **state)
{
	struct scratch *s = *state;
	own_buf struct buf b = {0};
	struct log_query q = all();
	static char junk[1000000];

	memset(junk, 'x', sizeof(junk));
	buf_str(&b, T0 " stdout F a\n");
	buf_add(&b, junk, sizeof(junk));
	buf_str(&b, "\n" T0 " stdout F b\n");
	file_write(s->dir, "log", 0600, b.data, b.len, &e);
	assert_shows(s->dir, &q, "a\nb\n", "");
	assert_int_equal(damaged, 1);
	q.tail = 2;
	assert_shows(s->dir, &q, "a\nb\n", "");
	file_write(s->dir, "log", 0600, junk, sizeof(junk), &e);
	q = all();
	assert_shows(s->dir, &q, "", "");
	assert_int_equal(damaged, 1);
}

/* A power cut leaves zeros where data was not yet written (ctlog.h). */
static void zeros_at_the_end_and_data_after_a_hole_are_left_out(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();
	own_buf struct buf b = {0};
	static char zeros[10000];
	own_fd int fd = -1;

	buf_str(&b, T0 " stdout F a\n" T0 " stdout F cut");
	buf_add(&b, zeros, sizeof(zeros));
	file_write(s->dir, "log", 0600, b.data, b.len, &e);
	assert_shows(s->dir, &q, "a\ncut", "");
	q.tail = 1;
	assert_shows(s->dir, &q, "cut", "");
	q = all();
	renameat(s->dir, "log", s->dir, "log.1");
	put(s->dir, "log", T0 " stdout F b\n");
	assert_shows(s->dir, &q, "a\ncutb\n", "");
	unlinkat(s->dir, "log.1", 0);
	fd = openat(s->dir, "log", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	/* The first record after the hole is damaged in any case. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(fd_write_all(fd, T0 " stdout F c\n", strlen(T0 " stdout F c\n")),
				 0);
	assert_shows(s->dir, &q, "b\n", "");
}

/* A child that lives until it is killed, and its pidfd. */
static pid_t live(int *pidfd)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(30);
		pause();
		_exit(0);
	}
	*pidfd = pidfd_open(pid, 0);
	assert_true(*pidfd >= 0);
	return pid;
}

static void an_incomplete_record_is_left_for_later(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();
	pid_t pid = live(&q.ended);

	put(s->dir, "log", T0 " stdout F a\n" T0 " stdout F half");
	assert_shows(s->dir, &q, "a\n", "");
	assert_int_equal(damaged, 0);
	q.tail = 1;
	assert_shows(s->dir, &q, "a\n", "");
	put(s->dir, "log", T0 " stdou");
	assert_shows(s->dir, &q, "", "");
	assert_int_equal(damaged, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(q.ended);
}

/* One record of a made-up log. */
struct rec {
	int stream, line;
	bool whole;
	size_t len;
};

enum { RECS = 300 };

/* An independent implementation: searches lines by their ends, forwards. */
static void model_tail(const struct rec *recs, const struct buf *payload, int lines,
		       struct buf out[2])
{
	int last[RECS] = {0}, order = 0, rank[RECS] = {0};
	const char *p = payload->data;

	for (int i = 0; i < RECS; i++)
		last[recs[i].line] = i;
	for (int i = RECS - 1; i >= 0; i--)
		if (last[recs[i].line] == i)
			rank[recs[i].line] = order++;
	for (int i = 0; i < RECS; p += recs[i++].len) {
		if (rank[recs[i].line] >= lines)
			continue;
		buf_add(&out[recs[i].stream], p, recs[i].len);
		if (recs[i].whole)
			buf_add(&out[recs[i].stream], "\n", 1);
	}
}

static void tail_counts_lines_by_their_ends(void **state)
{
	struct scratch *s = *state;
	int open[2] = {-1, -1}, lines = 0;
	struct buf payload = {0}, files[2] = {{0}, {0}}, want[2] = {{0}, {0}}, got[2] = {{0}, {0}};
	static char text[CTLOG_PAYLOAD];
	struct log_query q = all();
	struct rec recs[RECS], *r;

	srand(11);
	memset(text, 'y', sizeof(text));
	for (r = recs; r < recs + RECS; r++) {
		r->stream = rand() % 8 == 0;
		r->whole = rand() % 3 != 0;
		r->len = (size_t)rand() % (rand() % 3 ? 5 : sizeof(text));
		snprintf(text, 12, "%05d", (int)(r - recs));
		text[5] = 'y';
		if (open[r->stream] < 0)
			open[r->stream] = lines++;
		r->line = open[r->stream];
		if (r->whole)
			open[r->stream] = -1;
		buf_add(&payload, text, r->len);
		buf_fmt(&files[r > recs + 120], T0 " %s %c ", r->stream ? "stderr" : "stdout",
			r->whole ? 'F' : 'P');
		buf_add(&files[r > recs + 120], text, r->len);
		buf_str(&files[r > recs + 120], "\n");
	}
	file_write(s->dir, "log.1", 0600, files[0].data, files[0].len, &e);
	file_write(s->dir, "log", 0600, files[1].data, files[1].len, &e);
	for (int n = 0; n <= lines + 1; n++) {
		q.tail = (uint64_t)n;
		buf_free(&want[0]), buf_free(&want[1]);
		model_tail(recs, &payload, n, want);
		read_log(s->dir, &q, got);
		assert_int_equal(damaged, 0);
		assert_same(&got[0], &want[0]);
		assert_same(&got[1], &want[1]);
	}
	for (int i = 0; i < 2; i++)
		buf_free(&want[i]), buf_free(&got[i]), buf_free(&files[i]);
	buf_free(&payload);
}

/* Record heads extend over the blocks in which the log is read. */
static void many_short_lines_are_counted_correctly(void **state)
{
	struct scratch *s = *state;
	struct buf log = {0}, got[2] = {{0}, {0}};
	struct log_query q = all();

	for (int i = 0; i < 50000; i++)
		buf_str(&log, T0 " stdout F xy\n");
	file_write(s->dir, "log", 0600, log.data, log.len, &e);
	q.tail = 49000;
	read_log(s->dir, &q, got);
	assert_int_equal(got[0].len, 49000 * 3);
	buf_free(&log), buf_free(&got[0]), buf_free(&got[1]);
}

/*
 * Writes n bytes at a time and has at most `ahead` more written than the
 * follower has given back on the pipe `in`; status 0 if all were the same.
 */
static int write_in_step(int dir, int in, size_t n, int times, uint64_t max, size_t ahead)
{
	size_t total = n * (size_t)times, sent = 0, have = 0;
	own_str char *bytes = malloc(total), *back = malloc(total);
	struct ctlog *l = ctlog_open(dir, max, &e);
	ssize_t got;

	alarm(30);
	for (size_t i = 0; i < total; i++)
		bytes[i] = (char)(rand() % 50 ? rand() : '\n');
	while (have < total) {
		for (; sent < total && sent - have <= ahead; sent += n)
			ctlog_write(l, CTLOG_STDOUT, bytes + sent, n);
		got = read(in, back + have, total - have);
		if (got <= 0)
			return 1;
		have += (size_t)got;
	}
	if (memcmp(bytes, back, total) != 0)
		return 2;
	ctlog_write(l, CTLOG_STDERR, "the last words", 14);
	return ctlog_close(l, &e) < 0;
}

static void follow_a_writer(int dir, size_t piece, int times, uint64_t max, size_t ahead)
{
	own_fd int words = memfd_create("err", MFD_CLOEXEC);
	own_fd int ended = -1;
	own_buf struct buf last = {0};
	struct log_query q = all();
	int pipefd[2], status;
	pid_t pid;

	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(pipefd[1]);
		_exit(write_in_step(dir, pipefd[0], piece, times, max, ahead));
	}
	ended = q.ended = pidfd_open(pid, 0);
	q.follow = true;
	alarm(30);
	assert_int_equal(logread(dir, &q, (const int[]){pipefd[1], words}, &damaged, &e), 0);
	alarm(0);
	close(pipefd[0]);
	close(pipefd[1]);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(damaged, 0);
	slurp(words, &last);
	assert_string_equal(last.data, "the last words");
}

static void a_follower_gets_small_pieces_at_once_and_then_ends(void **state)
{
	struct scratch *s = *state;

	follow_a_writer(s->dir, 7, 500, 0, 0);
}

/* A piece fills less than two files: one or two rotations each time. */
static void a_follower_loses_nothing_to_large_writes_that_rotate(void **state)
{
	struct scratch *s = *state;

	follow_a_writer(s->dir, 24 * 1024, 200, 128 * 1024, 0);
}

/* The follower is at most one file behind, and often at a rotation. */
static void a_follower_loses_nothing_to_frequent_rotation(void **state)
{
	struct scratch *s = *state;

	follow_a_writer(s->dir, 20, 40000, 1600, 60);
}

static void write_and_rotate(int dir)
{
	own_fd int log = openat(dir, "log", O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_int_equal(fd_write_all(log, T0 " stdout F b\n", CTLOG_HEAD + 2), 0);
	assert_int_equal(renameat(dir, "log", dir, "log.1"), 0);
	put(dir, "log", T0 " stdout F c\n");
}

static void a_rotation_during_open_hides_no_file(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	put(s->dir, "log", T0 " stdout F a\n");
	before_look.then = write_and_rotate;
	before_look.calls = 1;
	assert_shows(s->dir, &q, "a\nb\nc\n", "");
	assert_int_equal(before_look.calls, 0);
}

static void a_rotation_right_after_the_last_read_loses_nothing(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();

	q.follow = true;
	put(s->dir, "log", T0 " stdout F a\n");
	before_look.then = write_and_rotate;
	before_look.calls = 2; /* the first lookup is part of opening */
	assert_shows(s->dir, &q, "a\nb\nc\n", "");
	assert_int_equal(before_look.calls, 0);
}

static void a_follower_reads_the_file_between_two_rotations(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();
	int out[2];
	char got[6];
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	put(s->dir, "log", T0 " stdout F a\n");
	pid = live(&q.ended);
	q.follow = true;
	if (fork() == 0) {
		alarm(30);
		/* When "a" has arrived, the follower has opened `log`. */
		if (read(out[0], got, 2) != 2)
			_exit(1);
		renameat(s->dir, "log", s->dir, "gone");
		put(s->dir, "log.1", T0 " stdout F b\n");
		put(s->dir, "log", T0 " stdout F c\n");
		for (int i = 0; i < 4; i++)
			if (read(out[0], got + i, 1) != 1)
				_exit(1);
		kill(pid, SIGKILL);
		_exit(memcmp(got, "b\nc\n", 4) != 0);
	}
	assert_int_equal(logread(s->dir, &q, (const int[]){out[1], out[1]}, &damaged, &e), 0);
	close(out[0]), close(out[1]), close(q.ended);
	for (int status, i = 0; i < 2; i++)
		if (wait(&status) != pid)
			assert_int_equal(status, 0);
}

static void a_follower_ends_when_its_reader_closes_the_pipe(void **state)
{
	struct scratch *s = *state;
	own_fd int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct log_query q = all();
	int out[2];
	pid_t pid = live(&q.ended);

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	close(out[0]);
	q.follow = true;
	alarm(30);
	assert_int_equal(logread(s->dir, &q, (const int[]){out[1], null}, &damaged, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	assert_int_equal(logread(s->dir, &q, (const int[]){null, out[1]}, &damaged, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	alarm(0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(out[1]);
	close(q.ended);
}

static void following_ends_at_the_time_until(void **state)
{
	struct scratch *s = *state;
	struct log_query q = all();
	pid_t pid = live(&q.ended);

	put(s->dir, "log", T0 " stdout F a\n" T2 " stdout F b\n" T0 " stdout F half");
	q.follow = true;
	q.until = (struct timespec){1714557601, 0};
	alarm(30);
	assert_shows(s->dir, &q, "a\n", "");
	clock_gettime(CLOCK_REALTIME, &q.until);
	q.until.tv_nsec = 999999999;
	assert_shows(s->dir, &q, "a\nb\n", "");
	assert_int_equal(damaged, 0);
	alarm(0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(q.ended);
}

static void an_output_that_cannot_be_written_is_named(void **state)
{
	struct scratch *s = *state;
	own_fd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct log_query q = all();

	put(s->dir, "log", T0 " stdout F a\n");
	assert_refused(logread(s->dir, &q, (const int[]){full, full}, &damaged, &e), &e,
		       "standard output: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_test_scratch(a_missing_log_is_empty),
		unit_test_scratch(any_bytes_in_any_pieces_are_read_back),
		unit_test_scratch(with_one_descriptor_for_both_streams_the_order_is_kept),
		unit_test_scratch(the_older_file_comes_first),
		unit_test_scratch(each_line_can_be_preceded_by_its_time),
		unit_test_scratch(since_and_until_are_inclusive),
		unit_test_scratch(damaged_records_are_skipped_and_counted),
		unit_test_scratch(garbage_larger_than_any_buffer_is_one_damaged_record),
		unit_test_scratch(zeros_at_the_end_and_data_after_a_hole_are_left_out),
		unit_test_scratch(an_incomplete_record_is_left_for_later),
		unit_test_scratch(tail_counts_lines_by_their_ends),
		unit_test_scratch(many_short_lines_are_counted_correctly),
		unit_test_scratch(a_follower_gets_small_pieces_at_once_and_then_ends),
		unit_test_scratch(a_follower_loses_nothing_to_large_writes_that_rotate),
		unit_test_scratch(a_follower_loses_nothing_to_frequent_rotation),
		unit_test_scratch(a_rotation_during_open_hides_no_file),
		unit_test_scratch(a_rotation_right_after_the_last_read_loses_nothing),
		unit_test_scratch(a_follower_reads_the_file_between_two_rotations),
		unit_test_scratch(a_follower_ends_when_its_reader_closes_the_pipe),
		unit_test_scratch(following_ends_at_the_time_until),
		unit_test_scratch(an_output_that_cannot_be_written_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
