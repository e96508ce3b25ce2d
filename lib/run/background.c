#include "run/background.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/proc.h"

struct news {
	bool runs;
	char id[ID_LEN];
	struct err why; /* unless it runs */
};

int background_begin(int *report, char id[ID_LEN], struct err *e)
{
	own_fd int end = -1;
	struct news news;
	pid_t pid = proc_fork_pipe(&end);

	if (pid < 0)
		return err_sys(e, "start in the background");
	if (pid == 0) {
		*report = take_fd(&end);
		return 0;
	}
	if (read(end, &news, sizeof(news)) != sizeof(news))
		return err_set(e, "the supervisor died before the container ran");
	*e = news.why;
	memcpy(id, news.id, sizeof(news.id));
	return news.runs ? 1 : -1;
}

static int tell(int report, const struct news *news, struct err *e)
{
	return write(report, news, sizeof(*news)) == sizeof(*news) ? 0
								   : err_sys(e, "report the start");
}

int background_leave(int *report, const char id[ID_LEN], struct err *e)
{
	struct news news = {.runs = true};

	if (proc_leave(e) < 0)
		return -1;
	explain_end();
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
