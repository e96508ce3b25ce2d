/* The commands of ct-oci that make a container from a bundle: create, start, run. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd.h"
#include "container/monitor.h"
#include "oci.h"

/* Makes the container; `run` in the foreground keeps its terminal, other commands cannot. */
static int begin(struct making *m, const char *id, bool keeps_terminal, struct err *e)
{
	if (making_make(m, id, e) < 0)
		return -1;
	if (!m->config.plan.tty || m->args->console || keeps_terminal)
		return 0;
	bundlerun_undo(&m->run);
	making_forget(m);
	return err_set(e, "%s: process.terminal: needs --console-socket", id);
}

static int leave(struct making *m, struct err *e)
{
	if (bundlerun_leave(&m->run, e) == 0)
		return 0;
	making_forget(m);
	return err_wrap(e, "%s", m->state.id);
}

/* The absolute path of --bundle. */
static char *find_bundle(const struct oci_args *args, struct err *e)
{
	const char *name = args->bundle ? args->bundle : ".";
	char *path = realpath(name, NULL);

	if (!path)
		err_sys(e, "%s", name);
	return path;
}

int oci_create(struct oci_args *args, char **operands)
{
	struct err e;
	own_str char *bundle = find_bundle(args, &e);
	own_making struct making m = {.args = args, .bundle = bundle, .state = OCISTATE_NONE};

	if (!bundle || begin(&m, *operands, false, &e) < 0 || leave(&m, &e) < 0)
		return oci_failed(args, &e);
	return 0;
}

int oci_start(struct oci_args *args, char **operands)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	struct err e;

	if (ocistate_open(args->directory, *operands, &s, &e) < 0 || ocistate_lock(&s, &e) < 0)
		return oci_failed(args, &e);
	if (s.status != OCI_CREATED) {
		err_set(&e, "%s: container is %s, not created", s.id, ocistatus_name(s.status));
		return oci_failed(args, &e);
	}
	if (bundlerun_start(s.dir, &e) < 0) {
		err_wrap(&e, "%s", s.id);
		return oci_failed(args, &e);
	}
	oci_late_hooks_of(args, &s, HOOK_POSTSTART);
	return 0;
}

static int run_detached(struct making *m, struct err *e)
{
	if (leave(m, e) < 0)
		return -1;
	if (bundlerun_start(m->state.dir, e) == 0) {
		oci_late_hooks(m->args, &m->state, &m->config.bundle, HOOK_POSTSTART);
		return 0;
	}
	oci_end(m->args, &m->state, &m->config.bundle, &(struct err){0});
	return err_wrap(e, "%s", m->state.id);
}

/* Returns the exit status of the program. */
static int run_attached(struct making *m, int signals, struct err *e)
{
	struct streams streams = {
		.theirs = {-1, -1, -1}, .ours = {-1, -1, -1}, .master = m->run.master};
	own_strv struct strv notes = {0};
	struct ending ending;

	if (bundlerun_execute(&m->run, e) < 0) {
		making_forget(m);
		return err_wrap(e, "%s", m->state.id);
	}
	oci_late_hooks(m->args, &m->state, &m->config.bundle, HOOK_POSTSTART);
	if (monitor_run(m->run.pidfd, signals, &streams, m->run.master >= 0, NULL, &notes, NULL,
			NULL, NULL, &ending, e) < 0 ||
	    oci_end(m->args, &m->state, &m->config.bundle, e) < 0)
		return -1;
	for (size_t i = 0; i < notes.n; i++)
		oci_note(m->args, notes.v[i]);
	return ending_status(&ending);
}

int oci_run(struct oci_args *args, char **operands)
{
	struct err e;
	own_str char *bundle = find_bundle(args, &e);
	own_making struct making m = {.args = args, .bundle = bundle, .state = OCISTATE_NONE};
	own_fd int signals = args->detach ? -1 : monitor_signals(&e);
	int status;

	if (!bundle || (!args->detach && signals < 0) ||
	    begin(&m, *operands, !args->detach, &e) < 0)
		return oci_failed(args, &e);
	status = args->detach ? run_detached(&m, &e) : run_attached(&m, signals, &e);
	return status < 0 ? oci_failed(args, &e) : status;
}
