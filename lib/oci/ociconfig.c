#include "oci/ociconfig.h"

#include <linux/ioprio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/own.h"
#include "oci/ocifields.h"

#define EACH_OF(type, one, list) \
	for (type *one = (list)->v; (list)->n && one < (type *)(list)->v + (list)->n; one++)

static int read_map(const struct ocilist *lines, const char *name, struct idmap *to, struct err *e)
{
	if (lines->n > IDMAP_MAX)
		return err_set(e, "%s: more than %d lines", name, IDMAP_MAX);
	EACH_OF(struct ocimap, m, lines)
	{
		if (m->count == 0)
			return err_set(e, "%s: a line of size 0", name);
		to->line[to->n].inside = m->inside;
		to->line[to->n].outside = m->outside;
		to->line[to->n++].count = m->count;
	}
	return 0;
}

static const struct {
	int flag;
	enum stage_id stage;
	const char *name;
} kinds[] = {
	{CLONE_NEWUSER, STAGE_USER, "user"}, {CLONE_NEWNET, STAGE_NET, "network"},
	{CLONE_NEWUTS, STAGE_UTS, "uts"},    {CLONE_NEWIPC, STAGE_IPC, "ipc"},
	{CLONE_NEWPID, STAGE_PID, "pid"},    {CLONE_NEWCGROUP, STAGE_CGNS, "cgroup"},
	{CLONE_NEWTIME, STAGE_TIME, "time"}, {CLONE_NEWNS, STAGE_MNT, "mount"},
};

static int find_namespaces(struct ociconfig *c, int *all, struct err *e)
{
	struct plan *p = &c->plan;

	EACH_OF(struct ocinamespace, ns, &c->namespaces)
	{
		size_t k = 0;

		while (kinds[k].flag != ns->flag)
			k++;
		if (*all & ns->flag)
			return err_set(e, "linux.namespaces: %s is there twice", kinds[k].name);
		*all |= ns->flag;
		if (ns->path && *ns->path != '/')
			return err_set(e, "linux.namespaces: %s: not an absolute path", ns->path);
		if (ns->path)
			*(struct bundle_join *)ocilist_add(&c->joins, sizeof(struct bundle_join)) =
				(struct bundle_join){ns->flag, ns->path};
		else
			p->stages |= 1U << kinds[k].stage;
	}
	c->bundle.shared_mounts = !plan_has_stage(p, STAGE_MNT);
	c->bundle.mounts_on_host = !(*all & CLONE_NEWNS);
	p->stages |= 1U << STAGE_MNT;
	c->bundle.joins = c->joins.v;
	c->bundle.joins_n = c->joins.n;
	return 0;
}

static int check_namespaces(struct ociconfig *c, struct err *e)
{
	struct plan *p = &c->plan;
	int all = 0;

	p->stages = 1U << STAGE_CGROUP | 1U << STAGE_ROOT | 1U << STAGE_EXEC;
	if (find_namespaces(c, &all, e) < 0)
		return -1;
	if ((p->hostname || c->bundle.domainname) && !(all & CLONE_NEWUTS))
		return err_set(e, "%s: needs a uts namespace",
			       p->hostname ? "hostname" : "domainname");
	if (c->offsets_given && !plan_has_stage(p, STAGE_TIME))
		return err_set(e, "linux.timeOffsets: needs a new time namespace");
	if (!(all & CLONE_NEWUSER) && (c->uids.n || c->gids.n))
		return err_set(e, "linux.uidMappings: needs a user namespace");
	if (plan_has_stage(p, STAGE_USER) && (!c->uids.n || !c->gids.n))
		return err_set(e, "linux.%sMappings: missing, with a new user namespace",
			       c->uids.n ? "gid" : "uid");
	if (all & CLONE_NEWUSER && !plan_has_stage(p, STAGE_USER) && c->uids.n)
		return err_set(e, "linux.uidMappings: the user namespace that is joined has them");
	if (c->bundle.shared_mounts && all & CLONE_NEWUSER)
		return err_set(e, "linux.namespaces: a user namespace needs a new mount namespace");
	if (c->bundle.shared_mounts && c->bundle.root_propagation)
		return err_set(e, "linux.rootfsPropagation: needs a new mount namespace");
	p->net = plan_has_stage(p, STAGE_NET) ? NET_NONE : NET_HOST;
	p->users = plan_has_stage(p, STAGE_USER) ? USERS_MAP : USERS_HOST;
	if (read_map(&c->uids, "linux.uidMappings", &c->bundle.uids, e) < 0)
		return -1;
	return read_map(&c->gids, "linux.gidMappings", &c->bundle.gids, e);
}

static int finish_mount(struct ociconfig *c, struct ocimount *m, const char *bundle, struct err *e)
{
	struct bundle_mount *to = &m->mount;
	const char *target = to->target;

	if (!target || *target != '/')
		return err_set(e, "mounts: destination %s: not an absolute path",
			       target ? target : "");
	if (to->type && strcmp(to->type, "bind") == 0 && !to->flags.bind)
		to->flags.bind = to->flags.recursive = true;
	if (!to->type && !to->flags.bind)
		return err_set(e, "mounts: %s: has no type", target);
	if (to->flags.bind && !to->source)
		return err_set(e, "mounts: %s: a bind mount without a source", target);
	if (to->flags.bind && *to->source != '/') {
		strv_take(&c->owned, str_fmt("%s/%s", bundle, to->source));
		to->source = c->owned.v[c->owned.n - 1];
	}
	if (to->flags.bind && strcmp(target, "/dev") == 0)
		c->bundle.default_dev = false;
	to->data = m->data.len ? m->data.data : NULL;
	if (read_map(&m->uids, target, &to->uids, e) < 0 ||
	    read_map(&m->gids, target, &to->gids, e) < 0)
		return err_wrap(e, "mounts");
	if (to->uids.n || to->gids.n) {
		if (!to->uids.n || !to->gids.n)
			return err_set(e, "mounts: %s: uidMappings and gidMappings need each other",
				       target);
		to->flags.map = to->flags.map || !to->flags.map_all;
	}
	*(struct bundle_mount *)ocilist_add(&c->plain_mounts, sizeof(*to)) = *to;
	return 0;
}

static int finish_mounts(struct ociconfig *c, const char *bundle, struct err *e)
{
	c->bundle.default_dev = true;
	EACH_OF(struct ocimount, m, &c->mounts)
	if (finish_mount(c, m, bundle, e) < 0)
		return -1;
	EACH_OF(struct bundle_device, d, &c->devices)
	if (*d->path != '/')
		return err_set(e, "linux.devices: %s: not an absolute path", d->path);
	c->bundle.mounts = c->plain_mounts.v;
	c->bundle.mounts_n = c->plain_mounts.n;
	c->bundle.devices = c->devices.v;
	c->bundle.devices_n = c->devices.n;
	c->bundle.masked = (const char *const *)c->masked.v;
	c->bundle.read_only = (const char *const *)c->read_only.v;
	return 0;
}

static int finish_process(struct ociconfig *c, struct err *e)
{
	struct bundle_process *p = &c->bundle.process;
	uint64_t seen = 0;

	if (c->plan.workdir && *c->plan.workdir != '/')
		return err_set(e, "process.cwd: %s: not an absolute path", c->plan.workdir);
	if (!c->plan.args.n)
		return err_set(e, "process.args: empty");
	EACH_OF(struct bundle_rlimit, r, &c->rlimits)
	{
		if (seen & UINT64_C(1) << r->resource)
			return err_set(e, "process.rlimits: a type is there twice");
		seen |= UINT64_C(1) << r->resource;
	}
	p->rlimits = c->rlimits.v;
	p->rlimits_n = c->rlimits.n;
	p->user.groups = c->groups.v;
	p->user.groups_n = c->groups.n;
	if (c->io_priority.level < 0 || c->io_priority.level > 7)
		return err_set(e, "process.ioPriority.priority: not between 0 and 7");
	p->io_priority = IOPRIO_PRIO_VALUE(c->io_priority.class, c->io_priority.level);
	p->personality = c->personality.domain;
	/* The kernel refuses others. crun and runc leave them out, and `crun spec` writes some. */
	p->caps.ambient &= p->caps.inheritable & p->caps.permitted;
	if (p->oom_score_adj < -1000 || p->oom_score_adj > 1000)
		return err_set(e, "process.oomScoreAdj: not between -1000 and 1000");
	return 0;
}

/* One entry a device, of the lists of config.json, each of which has one kind of limit. */
static struct resource_device *device_of(struct ociconfig *c, uint32_t major, uint32_t minor)
{
	struct resource_device *added;

	EACH_OF(struct resource_device, d, &c->io)
	if (d->major == major && d->minor == minor)
		return d;
	added = ocilist_add(&c->io, sizeof(*added));
	added->major = major;
	added->minor = minor;
	return added;
}

static int finish_io(struct ociconfig *c, struct err *e)
{
	EACH_OF(struct resource_device, w, &c->io_weights)
	{
		struct resource_device *d = device_of(c, w->major, w->minor);

		d->weight = w->weight;
		d->leaf_weight = w->leaf_weight;
	}
	for (int i = 0; i < 4; i++)
		EACH_OF(struct ocirate, r, &c->rates[i])
		{
			struct resource_device *d = device_of(c, r->major, r->minor);
			struct resource_number *to[] = {&d->read_bps, &d->write_bps, &d->read_iops,
							&d->write_iops};

			if (r->rate > INT64_MAX)
				return err_set(e, "linux.resources.blockIO: a rate is too large");
			*to[i] = (struct resource_number){true, (int64_t)r->rate};
		}
	return 0;
}

static int finish_resources(struct ociconfig *c, struct err *e)
{
	struct resources *r = &c->resources;

	if (finish_io(c, e) < 0)
		return -1;
	r->io = c->io.v;
	r->io_n = c->io.n;
	r->huge = c->huge.v;
	r->huge_n = c->huge.n;
	r->priorities = c->priorities.v;
	r->priorities_n = c->priorities.n;
	r->rdma = c->rdma.v;
	r->rdma_n = c->rdma.n;
	r->unified = c->unified.v;
	r->unified_n = c->unified.n;
	c->bundle.resources = c->has_resources ? r : NULL;
	c->bundle.device_rules = c->rules.v;
	c->bundle.device_rules_n = c->rules.n;
	return 0;
}

static int finish_hooks(struct ociconfig *c, struct err *e)
{
	for (int m = 0; m < HOOK_MOMENTS; m++) {
		EACH_OF(struct bundle_hook, h, &c->hooks[m])
		{
			if (*h->path != '/')
				return err_set(e, "hooks: %s: not an absolute path", h->path);
			if (h->timeout < 0)
				return err_set(e, "hooks: %s: negative timeout", h->path);
		}
		c->bundle.hooks[m] = c->hooks[m].v;
		c->bundle.hooks_n[m] = c->hooks[m].n;
	}
	return 0;
}

static void finish_kernel(struct ociconfig *c)
{
	c->sysctl_pairs = mem_alloc((2 * c->sysctls.n + 1) * sizeof(*c->sysctl_pairs));
	for (size_t i = 0; i < c->sysctls.n; i++) {
		c->sysctl_pairs[2 * i] = ((struct ocisysctl *)c->sysctls.v)[i].name;
		c->sysctl_pairs[2 * i + 1] = ((struct ocisysctl *)c->sysctls.v)[i].value;
	}
	c->bundle.sysctls = c->sysctls.n ? c->sysctl_pairs : NULL;
	if (c->offsets_given)
		c->offsets = str_fmt("monotonic %lld %u\nboottime %lld %u\n",
				     (long long)c->monotonic.secs, c->monotonic.nanosecs,
				     (long long)c->boottime.secs, c->boottime.nanosecs);
	c->bundle.time_offsets = c->offsets;
}

/* Versions 1.x.y: what a later minor version adds is refused by name or, if unknown, ignored. */
static int check_version(const struct ociconfig *c, struct err *e)
{
	if (!c->version || !str_starts(c->version, "1.") || strspn(c->version, ".0123456789") < 5)
		return err_set(e, "ociVersion: %s: not supported",
			       c->version ? c->version : "empty");
	return 0;
}

int ociconfig_read(struct ociconfig *c, json_t *json, const char *bundle, struct err *e)
{
	c->json = json;
	c->plan.bundle = &c->bundle;
	if (ocifields_read(c, "", json, e) < 0 || check_version(c, e) < 0)
		return -1;
	if (!c->has_process)
		return err_set(e, "process: missing");
	if (!c->plan.rootfs)
		return err_set(e, "root.path: empty");
	if (*c->plan.rootfs != '/') {
		c->root = str_fmt("%s/%s", bundle, c->plan.rootfs);
		c->plan.rootfs = c->root;
	}
	finish_kernel(c);
	if (check_namespaces(c, e) < 0 || finish_mounts(c, bundle, e) < 0 ||
	    finish_process(c, e) < 0 || finish_resources(c, e) < 0)
		return -1;
	return finish_hooks(c, e);
}

int ociconfig_read_process(struct ociconfig *c, json_t *json, struct err *e)
{
	c->json = json;
	c->plan.bundle = &c->bundle;
	return ocifields_read(c, "process", json, e) < 0 ? -1 : finish_process(c, e);
}

int ociconfig_read_resources(struct ociconfig *c, json_t *json, struct err *e)
{
	c->json = json;
	return ocifields_read(c, "linux.resources", json, e) < 0 ? -1 : finish_resources(c, e);
}

void ociconfig_free(struct ociconfig *c)
{
	struct ocilist *lists[] = {&c->mounts,     &c->devices,  &c->namespaces,   &c->uids,
				   &c->gids,       &c->groups,   &c->rlimits,      &c->rules,
				   &c->io_weights, &c->rates[0], &c->rates[1],     &c->rates[2],
				   &c->rates[3],   &c->huge,     &c->priorities,   &c->rdma,
				   &c->unified,    &c->sysctls,  &c->plain_mounts, &c->joins,
				   &c->io};

	EACH_OF(struct ocimount, m, &c->mounts)
	{
		buf_free(&m->data);
		free(m->uids.v);
		free(m->gids.v);
	}
	for (int m = 0; m < HOOK_MOMENTS; m++) {
		EACH_OF(struct bundle_hook, h, &c->hooks[m])
		{
			strv_free(&h->args);
			strv_free(&h->env);
		}
		free(c->hooks[m].v);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		free(lists[i]->v);
	strv_free(&c->masked);
	strv_free(&c->read_only);
	strv_free(&c->owned);
	plan_free_lists(&c->plan);
	free(c->root);
	free(c->offsets);
	free(c->sysctl_pairs);
	json_decref(c->json);
}
