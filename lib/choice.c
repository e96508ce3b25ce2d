#include "choice.h"

#include "err.h"
#include "own.h"
#include "stage.h"

static bool is_stage(const char *name)
{
	for (const struct stage *s = stages; s->name; s++)
		if (str_equal(s->name, name))
			return true;
	return false;
}

static int check_names(const char *option, const struct strv *names, struct err *e)
{
	own_buf struct buf known = {0};

	for (size_t i = 0; i < names->n; i++) {
		if (is_stage(names->v[i]))
			continue;
		for (const struct stage *s = stages; s->name; s++)
			if (s == stages || !str_equal(s->name, s[-1].name))
				buf_fmt(&known, " %s", s->name);
		return err_set(e, "%s %s: no such stage; there are%s", option, names->v[i], known.data);
	}
	return 0;
}

bool choice_runs_nothing(const struct strv *only)
{
	for (size_t i = 0; i < only->n; i++)
		if (!str_equal(only->v[i], "snapshot"))
			return false;
	return only->n > 0;
}

int choice_stages(const struct strv *only, const struct strv *without, bool recorded, struct strv *names, struct err *e)
{
	if (check_names("--only", only, e) < 0 || check_names("--without", without, e) < 0)
		return -1;
	if (!recorded && strv_has(only, "snapshot"))
		return err_set(e, "--only snapshot: of an image, and --rootfs has none");
	for (const struct stage *s = stages; s->name; s++) {
		bool must = str_equal(s->name, "exec") ? !choice_runs_nothing(only) :
			    recorded && (str_equal(s->name, "snapshot") || str_equal(s->name, "cgroup"));

		if (must && strv_has(without, s->name))
			return err_set(e, "--without %s: it is always done%s", s->name, str_equal(s->name, "cgroup") ?
				       " where the run is recorded, as that is how it is ended" : "");
		if (strv_has(names, s->name) || strv_has(without, s->name))
			continue;
		if (must || (only->n ? strv_has(only, s->name) : !str_equal(s->name, "time")))
			strv_add(names, s->name);
	}
	return 0;
}
