#include "run/become.h"

#include <sched.h>

#include "base/err.h"
#include "base/explain.h"
#include "base/own.h"
#include "kernel/namespace.h"
#include "run/clonefirst.h"
#include "run/firstprocess.h"
#include "run/spawn.h"

int become_program(struct run *r, void (*ready)(struct run *), struct err *e)
{
	own_str char *names = NULL;
	uint64_t flags = 0;

	if (spawn_prepare(r, e) < 0)
		return -1;
	EACH_STAGE(s, r)
		flags |= s->clone_flag;
	names = namespace_names(flags);
	explain_at(NULL);
	if (flags && explained(unshare((int)flags), "unshare(%s)", names) < 0)
		return clonefirst_refused("new namespaces", e);
	if (firstprocess_stages(r, e) < 0)
		return -1;
	EACH_STAGE(s, r)
		if (s->release && s->release(r, e) < 0)
			return -1;
	ready(r);
	r->first.program.stays = true;
	return program_exec(&r->first.program, -1, e);
}
