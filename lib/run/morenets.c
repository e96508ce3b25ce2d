#include "run/morenets.h"

#include "base/err.h"
#include "base/own.h"
#include "container/netattach.h"
#include "kernel/rtnl.h"

int morenets_connect(const struct run *r, struct err *e)
{
	own_netlink struct netlink *rtnl = NULL;
	own_netattach struct netattach w = NETATTACH_NONE;

	if (!r->plan->more_networks.n)
		return 0;
	rtnl = rtnl_open(-1, e);
	if (!rtnl || netattach_open(&w, r->store, rtnl, r->id, e) < 0)
		return -1;
	for (size_t i = 0; i < r->plan->more_networks.n; i++) {
		struct bridge_how how = {.thorough = false};

		if (netattach_connect(&w, r->plan->more_networks.v[i], &how, e) < 0)
			return err_wrap(e, "--network");
		if (*how.note)
			strv_add(r->notes, how.note);
	}
	return 0;
}
