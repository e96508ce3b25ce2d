#include "run/cgroupstage.h"

#include "base/err.h"
#include "container/container.h"

int cgroupstage_prepare(struct run *r, struct err *e)
{
	r->supervisor.group_path = container_group(r->id);
	return cgroup_create(r->supervisor.group_path, &r->plan->limits, &r->supervisor.group, e);
}

int cgroupstage_enter(struct run *r, struct err *e)
{
	return cgroup_join(&r->supervisor.group, false,
			   e); /* on v2 clone3(2) has placed it already */
}

void cgroupstage_undo(struct run *r)
{
	struct err ignored;

	if (!r->supervisor.group_path)
		return;
	cgroup_close(&r->supervisor.group);
	cgroup_end(r->supervisor.group_path, &ignored);
}
