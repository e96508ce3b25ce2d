/* The commands of ct-oci that act on an existing container: kill, delete, pause, resume. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/own.h"
#include "base/sig.h"
#include "cmd.h"
#include "kernel/cgroup.h"
#include "oci.h"
#include "run/hook.h"
#include "run/hostroot.h"

enum { FREEZE_MS = 10000 };

/* A process that ends meanwhile is not there to get a signal. */
static int signal_all(const struct ocistate *s, int signal, struct err *e)
{
	own_strv struct strv pids = {0};

	if (oci_pids(s, &pids, e) < 0)
		return -1;
	for (size_t i = 0; i < pids.n; i++)
		if (kill((pid_t)atoi(pids.v[i]), signal) < 0 && errno != ESRCH)
			return err_sys(e, "process %s", pids.v[i]);
	return 0;
}

static int signal_first(const struct ocistate *s, int signal, struct err *e)
{
	own_fd int first = proc_open(&s->first);

	if (first < 0 || pidfd_send_signal(first, signal, NULL, 0) < 0)
		return err_sys(e, "kill");
	/* In cgroup v1 a frozen process dies only when it is thawed. */
	return signal == SIGKILL ? cgroup_thaw(s->cgroup, e) : 0;
}

int oci_kill(struct oci_args *args, char **operands)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	int signal = SIGTERM;
	struct err e;

	if ((operands[1] && sig_read(operands[1], &signal, &e) < 0) ||
	    ocistate_open(args->directory, *operands, &s, &e) < 0)
		return oci_failed(args, &e);
	if (args->all) {
		if (signal == SIGKILL && s.cgroup ? cgroup_kill(s.cgroup, &e) < 0
						  : signal_all(&s, signal, &e) < 0)
			return oci_failed(args, &e);
		return 0;
	}
	if (s.status == OCI_STOPPED || s.status == OCI_CREATING) {
		/* containerd looks for these words. */
		err_set(&e, "%s: container not running", s.id);
		return oci_failed(args, &e);
	}
	if (signal_first(&s, signal, &e) < 0) {
		err_wrap(&e, "%s", s.id);
		return oci_failed(args, &e);
	}
	return 0;
}

void oci_late_hooks(const struct oci_args *args, const struct ocistate *s, const struct bundle *b,
		    enum bundle_moment moment)
{
	bool stopped = moment == HOOK_POSTSTOP;
	own_strv struct strv notes = {0};

	hook_run_each(b, moment, stopped ? 0 : s->first.pid, stopped ? "stopped" : "running",
		      &notes);
	for (size_t i = 0; i < notes.n; i++)
		oci_note(args, notes.v[i]);
}

/* What the state for hooks is made of. */
struct told {
	const struct ocistate *state;
	const json_t *annotations;
};

static char *tell(void *arg, pid_t pid, const char *status)
{
	const struct told *t = arg;
	json_t *all = ocistate_json(t->state, t->annotations, OCI_RUNNING, pid);
	char *text;

	json_object_set_new(all, "status", json_string(status));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

void oci_late_hooks_of(const struct oci_args *args, const struct ocistate *s,
		       enum bundle_moment moment)
{
	own_ociconfig struct ociconfig config = {0};
	struct told told = {s, NULL};
	struct err e;

	/* A create that was killed early has left no config, and has run no hook. */
	if (!s->bundle || faccessat(s->dir, "config.json", F_OK, 0) < 0)
		return;
	if (oci_config(s, &config, &e) < 0) {
		oci_note(args, e.msg);
		return;
	}
	told.annotations = config.annotations;
	config.bundle.state = tell;
	config.bundle.state_arg = &told;
	oci_late_hooks(args, s, &config.bundle, moment);
}

int oci_end(const struct oci_args *args, struct ocistate *s, const struct bundle *b, struct err *e)
{
	if (s->cgroup && cgroup_end(s->cgroup, e) < 0)
		return err_wrap(e, "%s", s->id);
	if (record_get(&s->record, "below-root") &&
	    hostroot_unmount(record_get(&s->record, "rootfs"),
			     record_get_uint(&s->record, "below-root"), e) < 0)
		return err_wrap(e, "%s", s->id);
	if (b)
		oci_late_hooks(args, s, b, HOOK_POSTSTOP);
	else
		oci_late_hooks_of(args, s, HOOK_POSTSTOP);
	return ocistate_remove(s, e);
}

int oci_delete(struct oci_args *args, char **operands)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	struct err e;

	if (ocistate_open(args->directory, *operands, &s, &e) < 0) {
		if (args->force && e.sys == ENOENT)
			return 0;
		return oci_failed(args, &e);
	}
	if (ocistate_lock(&s, &e) < 0)
		return oci_failed(args, &e);
	if (!args->force && s.status != OCI_STOPPED && s.status != OCI_CREATED) {
		err_set(&e, "%s: container is %s (--force kills it)", s.id,
			ocistatus_name(s.status));
		return oci_failed(args, &e);
	}
	return oci_end(args, &s, NULL, &e) < 0 ? oci_failed(args, &e) : 0;
}

static int freeze(struct oci_args *args, const char *id, bool wanted, struct err *e)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	own_freezer struct freezer f = FREEZER_NONE;

	if (ocistate_open(args->directory, id, &s, e) < 0)
		return -1;
	if (wanted ? s.status != OCI_RUNNING && s.status != OCI_CREATED : s.status != OCI_PAUSED)
		return err_set(e, "%s: container is %s", id, ocistatus_name(s.status));
	if (cgroup_freezer(s.cgroup, &f, e) < 0 ||
	    (wanted ? freezer_freeze(&f, FREEZE_MS, e) : freezer_thaw(&f, e)) < 0)
		return err_wrap(e, "%s", id);
	return 0;
}

int oci_pause(struct oci_args *args, char **operands)
{
	struct err e;

	return freeze(args, *operands, true, &e) < 0 ? oci_failed(args, &e) : 0;
}

int oci_resume(struct oci_args *args, char **operands)
{
	struct err e;

	return freeze(args, *operands, false, &e) < 0 ? oci_failed(args, &e) : 0;
}
