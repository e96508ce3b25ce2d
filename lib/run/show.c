#include "run/show.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "base/step.h"
#include "kernel/namespace.h"
#include "run/look.h"

enum { SHOW_STAGES = 32 }; /* rows of the table, at most */

static bool is_late(const struct stage *s)
{
	return s->seal || s->id == STAGE_EXEC; /* the last step is the program */
}

/* The description of a stage, with the host's id of the process that is shown (0: not known). */
static char *sentence(const struct stage *s, pid_t pid)
{
	const char *at = strstr(s->says, "PID");

	if (!at || !pid)
		return str_fmt("[%s] %s", plan_stage_names[s->id], s->says);
	return str_fmt("[%s] %.*s%d%s", plan_stage_names[s->id], (int)(at - s->says), s->says, pid,
		       at + strlen("PID"));
}

/* --step, before a stage. */
static int stop(const struct stage *s, bool inside, struct err *e)
{
	const char *see = strstr(s->says, STAGE_SEE);
	own_str char *line = NULL;
	pid_t pid;

	if (!step_wanted())
		return 0;
	if (look_at(see + strlen(STAGE_SEE), inside && s->clone_flag, &pid, e) < 0)
		return -1;
	line = sentence(s, pid);
	return step_wait(line, e);
}

/* Before a stage. inside: in the first process. */
static int begin(const struct stage *s, bool inside, struct err *e)
{
	bool outside_alone = s->prepare && !s->enter && !s->clone_flag && !s->seal;
	own_str char *line = sentence(s, 0);

	explain_at(plan_stage_names[s->id]);
	if (inside == (s->id != STAGE_SNAPSHOT)) /* the first: the others are in order then */
		explain_brief(line);
	return inside == outside_alone ? 0 : stop(s, inside, e);
}

/* The shell of each row of the table: made by the supervisor, which sees the paths of the host. */
static struct recipe shells[SHOW_STAGES];

int show_prepare(const struct stage *s, struct run *r, struct err *e)
{
	struct recipe *shell = &shells[s - r->stages];

	if (begin(s, false, e) < 0 || (s->prepare && s->prepare(r, e) < 0))
		return -1;
	if (explain_fd < 0 || is_late(s))
		return 0;
	recipe_free(shell);
	*shell = (struct recipe){.typed = true};
	s->shell(r, shell);
	explain_same(shell->before.len ? shell->before.data : "");
	return 0;
}

/* The shell lines of a stage, printed piece by piece. */
struct showing {
	const struct recipe *shell;
	size_t told, marks; /* bytes and marks that are printed already */
};

static void tell_until(struct showing *w, size_t end)
{
	own_str char *part = NULL;

	if (end <= w->told)
		return;
	part = str_dup_n(w->shell->inside.data + w->told, end - w->told);
	explain_same(part);
	w->told = end;
}

/* Prints the equivalent shell lines when an entry of the file tree is mounted. */
static void tell_entry(void *showing, size_t entry)
{
	struct showing *w = showing;

	for (; w->marks < w->shell->marks_n && w->shell->marks[w->marks].entry <= entry; w->marks++)
		tell_until(w, w->shell->marks[w->marks].end);
}

/* The stage's namespace exists already: a single clone(2) or unshare(2) has made all of them. */
static void tell_namespace(const struct stage *s, struct showing *w)
{
	own_str char *name = namespace_names(s->clone_flag);

	explain_note(w->shell->inside.data, "%s, in the call above", name);
	w->told = w->shell->inside.len;
}

int show_enter(const struct stage *s, struct run *r, struct err *e)
{
	struct showing w = {.shell = &shells[s - r->stages]};
	bool shown = explain_fd >= 0 && !is_late(s);
	int failed = !is_late(s) && begin(s, true, e) < 0 ? -1 : 0;

	explain_at(plan_stage_names[s->id]);
	if (!failed && shown) {
		if (s->clone_flag && w.shell->inside.len)
			tell_namespace(s, &w);
		r->tree.mounted = tell_entry;
		r->tree.mounted_arg = &w;
	}
	if (!failed && s->enter)
		failed = s->enter(r, e);
	if (!failed && shown)
		tell_until(&w, w.shell->inside.len);
	r->tree.mounted = NULL;
	return failed;
}

int show_seal(const struct stage *s, struct run *r, struct err *e)
{
	static char *same; /* the line of the program, printed when it is executed */
	own_recipe struct recipe shell = {.typed = true};

	if (!is_late(s))
		return s->seal ? s->seal(r, e) : 0;
	if (begin(s, true, e) < 0)
		return -1;
	if (explain_fd >= 0)
		s->shell(r, &shell);
	if (s->seal && s->seal(r, e) < 0)
		return -1;
	if (s->id != STAGE_EXEC) {
		explain_same(shell.inside.len ? shell.inside.data : "");
		return 0;
	}
	free(same);
	same = shell.inside.len ? str_dup(shell.inside.data) : NULL;
	r->first.program.same = same;
	return 0;
}
