#include "run/nsplan.h"

#include "base/err.h"
#include "run/nsshare.h"
#include "run/runopts.h"

/* An option that names a namespace: its words, and all that it takes, for the refusal. */
static const struct values {
	const char *option, *words[5], *all;
} pid_values = {"--pid", {"host", "private"}, "host, container:ID or private"},
  ipc_values = {"--ipc",
		{"host", "private", "shareable", "none"},
		"host, container:ID, private, shareable or none"};

static int read_value(const struct values *v, const char *value, const char **to, struct err *e)
{
	const char *ref = plan_container(value), *const *word = v->words;

	if (ref && !*ref)
		return err_set(e, "%s %s: names no container", v->option, value);
	while (*word && !str_equal(value, *word))
		word++;
	if (!ref && !*word)
		return err_set(e, "%s %s: not %s", v->option, value, v->all);
	*to = value;
	return 0;
}

/* What an option would set belongs to others. */
static int check_owned(const struct runopts *o, const struct plan *p, struct err *e)
{
	bool other_pids = p->pid && (plan_is_host(p->pid) || nsshare_has_pid(p));

	if (other_pids && o->init)
		return err_set(e, "--init: it would not be process 1, with --pid %s", p->pid);
	if (p->ipc && o->shm_size && !str_equal(p->ipc, "private"))
		return err_set(e, "--shm-size: needs a /dev/shm of its own, not --ipc %s", p->ipc);
	return 0;
}

int nsplan_make(const struct runopts *o, struct plan *p, struct err *e)
{
	const char *pid = o->process.pid, *ipc = o->process.ipc;

	if (pid && !plan_has_stage(p, STAGE_PID))
		return err_set(e, "--pid: needs the stage pid");
	if (ipc && !plan_has_stage(p, STAGE_IPC))
		return err_set(e, "--ipc: needs the stage ipc");
	if ((pid || ipc) && runopts_bare(o))
		return err_set(e,
			       "%s: a run of some stages on a directory (--rootfs) is not recorded",
			       pid ? "--pid" : "--ipc");
	if ((pid && read_value(&pid_values, pid, &p->pid, e) < 0) ||
	    (ipc && read_value(&ipc_values, ipc, &p->ipc, e) < 0))
		return -1;
	/* The defaults, which the record leaves out. */
	if (str_equal(p->pid, "private"))
		p->pid = NULL;
	if (str_equal(p->ipc, "shareable"))
		p->ipc = NULL;
	return check_owned(o, p, e);
}
