#include "run/show.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/step.h"

bool show_late(const struct stage *s)
{
	return s->seal || s->id == STAGE_EXEC; /* the last step is the program */
}

/* The description of a stage, with this process's host pid while the host's /proc is visible. */
static char *sentence(const struct stage *s, bool inside)
{
	const char *pid = strstr(s->says, "PID");
	char self[24];
	ssize_t n = inside && pid ? readlink("/proc/self", self, sizeof(self) - 1) : -1;

	if (n <= 0 || (n == 1 && *self == '1'))
		return str_fmt("[%s] %s", stage_names[s->id], s->says);
	self[n] = '\0';
	return str_fmt("[%s] %.*s%s%s", stage_names[s->id], (int)(pid - s->says), s->says, self,
		       pid + strlen("PID"));
}

static int stop_before(const struct stage *s, bool inside, struct err *e)
{
	own_str char *line = NULL;

	explain_at(stage_names[s->id]);
	if (!step_wanted() || inside == (s->prepare && !s->enter && !s->clone_flag))
		return 0;
	line = sentence(s, inside);
	return step_wait(line, e);
}

static void tell_same(const struct stage *s, const struct run *r, bool inside)
{
	own_recipe struct recipe shell = {.typed = true};
	const struct buf *shown = inside ? &shell.inside : &shell.before;

	if (explain_fd < 0)
		return;
	s->shell(r, &shell);
	if (shown->len)
		explain_same(shown->data);
}

int show_stage(const struct stage *s, const struct run *r, bool inside, struct err *e)
{
	if (stop_before(s, inside, e) < 0)
		return -1;
	tell_same(s, r, inside);
	return 0;
}
