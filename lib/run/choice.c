#include "run/choice.h"

#include "base/err.h"
#include "base/own.h"
#include "store/plan.h"

static int read_names(const char *option, const struct strv *names, uint32_t *set, struct err *e)
{
	own_buf struct buf known = {0};

	for (size_t i = 0; i < names->n; i++) {
		enum stage_id stage = plan_stage_find(names->v[i]);

		if (stage < STAGES) {
			*set |= 1U << stage;
			continue;
		}
		for (unsigned k = 0; k < STAGES; k++)
			buf_fmt(&known, " %s", plan_stage_names[k]);
		return err_set(e, "%s %s: no such stage; there are%s", option, names->v[i],
			       known.data);
	}
	return 0;
}

bool choice_runs_nothing(const struct strv *only)
{
	for (size_t i = 0; i < only->n; i++)
		if (!str_equal(only->v[i], plan_stage_names[STAGE_SNAPSHOT]))
			return false;
	return only->n > 0;
}

int choice_stages(const struct strv *only, const struct strv *without, bool recorded, uint32_t *set,
		  struct err *e)
{
	const uint32_t snapshot = 1U << STAGE_SNAPSHOT, cgroup = 1U << STAGE_CGROUP,
		       all = (1U << STAGES) - 1;
	uint32_t kept = 0, dropped = 0, must = recorded ? snapshot | cgroup : 0;

	if (read_names("--only", only, &kept, e) < 0 ||
	    read_names("--without", without, &dropped, e) < 0)
		return -1;
	if (!recorded && kept & snapshot)
		return err_set(e, "--only snapshot: of an image, and --rootfs has none");
	if (!choice_runs_nothing(only))
		must |= 1U << STAGE_EXEC;
	for (unsigned i = 0; i < STAGES; i++)
		if (must & dropped & 1U << i)
			return err_set(
				e, "--without %s: it is always done%s", plan_stage_names[i],
				i == STAGE_CGROUP
					? " where the run is recorded, as that is how it is ended"
					: "");
	*set = must | ((kept ? kept : all & ~(1U << STAGE_TIME)) & ~dropped);
	return 0;
}
