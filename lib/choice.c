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

static int read_list(const char *option, const char *text, struct strv *names, struct err *e)
{
	own_buf struct buf known = {0};

	if (text)
		strv_split(names, text, ',');
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

int choice_stages(const char *only, const char *without, bool recorded, struct strv *names, struct err *e)
{
	own_strv struct strv kept = {0}, dropped = {0};

	if (read_list("--only", only, &kept, e) < 0 || read_list("--without", without, &dropped, e) < 0)
		return -1;
	if (!recorded && strv_has(&kept, "snapshot"))
		return err_set(e, "--only snapshot: of an image, and --rootfs has none");
	for (const struct stage *s = stages; s->name; s++) {
		bool must = str_equal(s->name, "exec") ? !str_equal(only, "snapshot") :
			    recorded && (str_equal(s->name, "snapshot") || str_equal(s->name, "cgroup"));

		if (must && strv_has(&dropped, s->name))
			return err_set(e, "--without %s: it is always done%s", s->name, str_equal(s->name, "cgroup") ?
				       " where the run is recorded, as that is how it is ended" : "");
		if (strv_has(names, s->name) || strv_has(&dropped, s->name))
			continue;
		if (must || (kept.n ? strv_has(&kept, s->name) : !str_equal(s->name, "time")))
			strv_add(names, s->name);
	}
	return 0;
}
