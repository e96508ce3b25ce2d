#include "run/background.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"

struct news {
	bool runs;
	char id[ID_LEN];
	struct err why; /* not, if it does not run */
};

int background_begin(int *report, char id[ID_LEN], struct err *e)
{
	own_fd int from = -1;
	struct news news;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "start in the background");
	from = ends[0];
	pid = fork();
	if (pid == 0) {
		*report = ends[1];
		return 0;
	}
	close(ends[1]);
	if (pid < 0)
		return err_sys(e, "start in the background");
	if (read(from, &news, sizeof(news)) != sizeof(news))
		return err_set(e, "the supervisor died before the container ran");
	*e = news.why;
	memcpy(id, news.id, sizeof(news.id));
	return news.runs ? 1 : -1;
}

/* What the caller's shell had open (a lock, a pipe that somebody waits on); all of ours closes on
 * exec. */
static void close_inherited(void)
{
	own_dir DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			close(fd);
	}
}

static int tell(int report, const struct news *news, struct err *e)
{
	return write(report, news, sizeof(*news)) == sizeof(*news)
		? 0
		: err_sys(e, "tell of the start");
}

int background_leave(int *report, const char id[ID_LEN], struct err *e)
{
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct news news = {.runs = true};

	setsid();
	if (null < 0 || chdir("/") < 0)
		return err_sys(e, "/dev/null");
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close_inherited();
	shut_fd(&explain_fd);
	memcpy(news.id, id, sizeof(news.id));
	if (tell(*report, &news, e) < 0)
		return -1;
	shut_fd(report);
	return 0;
}

void background_fail(int report, const struct err *why)
{
	struct news news = {.why = *why};
	struct err ignored;

	if (report >= 0)
		tell(report, &news, &ignored);
}
