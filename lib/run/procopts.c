#include "run/procopts.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "kernel/seccomp.h"
#include "kernel/sysctl.h"
#include "run/netstage.h"
#include "run/nsshare.h"

static int check_sysctl(const char *text, const struct plan *p, struct err *e)
{
	own_str char *path = NULL;
	enum sysctl_kind kind;
	const char *value;

	if (sysctl_read(text, &path, &value, &kind, e) < 0)
		return -1;
	if (kind == SYSCTL_IPC && (!plan_has_stage(p, STAGE_IPC) || nsshare_has_ipc(p)))
		return err_set(e, "%s: needs an IPC namespace of its own", text);
	if (kind == SYSCTL_NET && (!plan_has_stage(p, STAGE_NET) || !netstage_is_new(p)))
		return err_set(e, "%s: needs a network namespace of its own", text);
	return 0;
}

static int plan_sysctls(const struct procopts *o, struct plan *p, struct err *e)
{
	for (size_t i = 0; i < o->sysctls.n; i++) {
		const char *text = o->sysctls.v[i];
		size_t len = strcspn(text, "=");

		if (check_sysctl(text, p, e) < 0)
			return err_wrap(e, "--sysctl");
		for (size_t j = 0; j < i; j++)
			if (strncmp(text, o->sysctls.v[j], len + 1) == 0)
				return err_set(e, "--sysctl %s: %.*s is given twice", text,
					       (int)len, text);
		strv_add(&p->sysctls, text);
	}
	return 0;
}

static int plan_numbers(const struct procopts *o, struct plan *p, struct err *e)
{
	char *end;
	long n;

	if (o->umask) {
		n = strtol(o->umask, &end, 8);
		if (!*o->umask || *end || strspn(o->umask, "01234567") != strlen(o->umask) ||
		    n > 0777)
			return err_set(e, "--umask %s: not an octal number up to 777", o->umask);
		p->umask = o->umask;
	}
	if (o->oom_score) {
		n = strtol(o->oom_score, &end, 10);
		if (!strchr("-0123456789", *o->oom_score) || end == o->oom_score || *end ||
		    n < -1000 || n > 1000)
			return err_set(e, "--oom-score-adj %s: not a number from -1000 to 1000",
				       o->oom_score);
		p->oom_score = o->oom_score;
	}
	return 0;
}

static int plan_seccomp(const char *file, struct plan *p, struct strv *kept, struct err *e)
{
	own_buf struct buf filter = {0};
	char *path = realpath(file, NULL);

	if (!path)
		return err_sys(e, "--security-opt seccomp=%s", file);
	strv_take(kept, path);
	p->seccomp = path;
	return seccomp_file_read(path, &filter, e) < 0 ? err_wrap(e, "--security-opt") : 0;
}

static int plan_security(const char *text, struct plan *p, struct strv *kept, struct err *e)
{
	static const char nnp[] = "no-new-privileges";
	bool wanted = str_equal(text, nnp);

	/* docker writes a colon, podman an equals sign. */
	if (wanted ||
	    (str_starts(text, nnp) && strchr(":=", text[strlen(nnp)]) &&
	     str_bool(text + strlen(nnp) + 1, &wanted))) {
		p->no_new_privs |= wanted;
		return 0;
	}
	if (str_equal(text, "label=disable") || str_equal(text, "apparmor=unconfined"))
		return err_set(
			e, "--security-opt %s: not needed: ct uses neither SELinux nor AppArmor",
			text);
	if (!str_starts(text, "seccomp=") || !text[strlen("seccomp=")])
		return err_set(e,
			       "--security-opt %s: not no-new-privileges, seccomp=unconfined or "
			       "seccomp=FILE",
			       text);
	if (p->seccomp)
		return err_set(e, "--security-opt %s: a second filter", text);
	text += strlen("seccomp=");
	if (!str_equal(text, SECCOMP_UNCONFINED))
		return plan_seccomp(text, p, kept, e);
	p->seccomp = SECCOMP_UNCONFINED;
	return 0;
}

int procopts_plan(const struct procopts *o, bool bare, struct plan *p, struct strv *kept,
		  struct err *e)
{
	for (size_t i = 0; i < o->security.n; i++)
		if (plan_security(o->security.v[i], p, kept, e) < 0)
			return -1;
	if (p->seccomp && !plan_has_stage(p, STAGE_SECCOMP))
		return err_set(e, "--security-opt seccomp: needs the stage seccomp");
	if (o->groups.n && !p->user && (bare || p->users == USERS_UNMAPPED))
		return err_set(e, "--group-add %s: needs --user here", o->groups.v[0]);
	for (size_t i = 0; i < o->groups.n; i++)
		strv_add(&p->groups, o->groups.v[i]);
	return plan_sysctls(o, p, e) < 0 ? -1 : plan_numbers(o, p, e);
}

void procopts_free(struct procopts *o)
{
	strv_free(&o->sysctls);
	strv_free(&o->groups);
	strv_free(&o->security);
}
