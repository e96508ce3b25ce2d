/*
 * Any bytes as the log of a container: two bytes choose the query, the rest is log.1 and log with a
 * line "%%" between them. The log is read once by this query. Then a writer continues it, and what
 * the writer adds is read without damage.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/num.h"
#include "base/own.h"
#include "files.h"
#include "jail.h"
#include "log/ctlog.h"
#include "log/logread.h"

struct input {
	const uint8_t *data;
	size_t n;
	int null;
};

static void write_log(const char *name, const uint8_t *data, size_t n)
{
	own_fd int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, data, n) < 0)
		abort();
}

static uint64_t read_log(int dir, const struct log_query *q, int null)
{
	const int out[2] = {null, null};
	uint64_t damaged = 0;
	struct err e;

	if (logread(dir, q, out, &damaged, &e) < 0)
		abort();
	return damaged;
}

static void append(int dir)
{
	struct err e;
	struct ctlog *l = ctlog_open(dir, 0, &e);

	if (!l)
		abort();
	ctlog_write(l, CTLOG_STDERR, "a\nb", 3);
	if (ctlog_close(l, &e) < 0)
		abort();
}

static void use_log(void *arg)
{
	const struct input *in = arg;
	const uint8_t *log = in->data + 2, *end = in->data + in->n,
		      *between = memmem(log, in->n - 2, "\n%%\n", 4);
	own_fd int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct log_query q = {.tail = in->data[0] < 128 ? in->data[0] : UINT64_MAX,
			      .timestamps = in->data[1] & 1,
			      .prefix = in->data[1] & 2 ? "name | " : NULL,
			      .until = {.tv_sec = LOG_EVER},
			      .ended = -1};
	uint64_t damaged;
	struct err e;

	if (in->data[1] & 4)
		num_time("2024-05-01T10:00:00Z", &q.since, &e);
	if (in->data[1] & 8)
		num_time("2024-05-01T10:00:01Z", &q.until, &e);
	if (between) {
		write_log("log.1", log, (size_t)(between - log));
		log = between + 4;
	}
	write_log("log", log, (size_t)(end - log));
	read_log(dir, &q, in->null);
	q = (struct log_query){.tail = UINT64_MAX, .until = {.tv_sec = LOG_EVER}, .ended = -1};
	append(dir);
	damaged = read_log(dir, &q, in->null);
	append(dir);
	if (read_log(dir, &q, in->null) != damaged)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_fd int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct input in = {data, n, null};

	if (n >= 2)
		jail_run(use_log, &in);
	return 0;
}
