#include "run/stage.h"

#include <sched.h>

#include "run/barefs.h"
#include "run/cgroupstage.h"
#include "run/execstage.h"
#include "run/grouprecipe.h"
#include "run/netrecipe.h"
#include "run/netstage.h"
#include "run/rootrecipe.h"
#include "run/rootstage.h"
#include "run/shortstage.h"
#include "run/snapstage.h"
#include "run/userstage.h"

const struct stage stages[] = {
	{.id = STAGE_SNAPSHOT,
	 .says = "its root is a snapshot of the image; see: ls ${CT_ROOT:-/var/lib/ct}/tmp/*",
	 .wanted = snapstage_wanted,
	 .prepare = snapstage_prepare,
	 .undo = snapstage_undo,
	 .shell = recipe_snapshot},
	{.id = STAGE_CGROUP,
	 .says = "a cgroup limits all processes of the container; see: cat /proc/PID/cgroup",
	 .prepare = cgroupstage_prepare,
	 .enter = cgroupstage_enter,
	 .undo = cgroupstage_undo,
	 .shell = grouprecipe_cgroup},
	{.id = STAGE_USER,
	 .says = "ids of its own, root among them; see: cat /proc/PID/uid_map",
	 .clone_flag = CLONE_NEWUSER,
	 .wanted = userstage_wanted,
	 .prepare = userstage_prepare,
	 .grant = userstage_grant,
	 .enter = userstage_enter,
	 .undo = userstage_undo,
	 .shell = recipe_user},
	{.id = STAGE_USER,
	 .says = "a user namespace without an ID map; see: cat /proc/PID/uid_map",
	 .wanted = userstage_is_unmapped,
	 .seal = userstage_seal_unmapped,
	 .shell = recipe_user_unmapped},
	{.id = STAGE_USER,
	 .says = "the ids of another container; see: cat /proc/PID/uid_map",
	 .wanted = userstage_is_shared,
	 .prepare = netstage_share,
	 .enter = userstage_enter_shared,
	 .undo = userstage_undo,
	 .shell = netrecipe_user_shared},
	{.id = STAGE_NET,
	 .says = "a network of its own; see: nsenter -t PID -n ip address",
	 .clone_flag = CLONE_NEWNET,
	 .wanted = netstage_is_new,
	 .prepare = netstage_prepare,
	 .grant = netstage_grant,
	 .enter = netstage_enter,
	 .undo = netstage_undo,
	 .shell = netrecipe_net},
	{.id = STAGE_NET,
	 .says = "the network of another container; see: nsenter -t PID -n ip address",
	 .wanted = netstage_is_shared,
	 .prepare = netstage_share,
	 .grant = netstage_grant,
	 .shell = netrecipe_net_shared},
	{.id = STAGE_UTS,
	 .says = "a host name of its own; see: nsenter -t PID -u hostname",
	 .clone_flag = CLONE_NEWUTS,
	 .enter = shortstage_enter_uts,
	 .shell = recipe_uts},
	{.id = STAGE_IPC,
	 .says = "semaphores, queues and shared memory of its own; see: readlink /proc/PID/ns/ipc",
	 .clone_flag = CLONE_NEWIPC,
	 .shell = recipe_ipc},
	{.id = STAGE_PID,
	 .says = "process ids of its own, beginning with 1; see: grep NSpid /proc/PID/status",
	 .clone_flag = CLONE_NEWPID,
	 .shell = recipe_pid},
	{.id = STAGE_CGNS,
	 .says = "its cgroup looks like the root of the tree; see: readlink /proc/PID/ns/cgroup",
	 .enter = shortstage_enter_cgns,
	 .shell = recipe_cgns},
	{.id = STAGE_TIME,
	 .says = "clocks that can be set apart; see: readlink /proc/PID/ns/time",
	 .clone_flag = CLONE_NEWTIME,
	 .shell = recipe_time},
	{.id = STAGE_MNT,
	 .says = "mounts of its own, which no other process sees; see: readlink /proc/PID/ns/mnt",
	 .clone_flag = CLONE_NEWNS,
	 .enter = rootstage_enter_mnt,
	 .shell = recipe_mnt},
	{.id = STAGE_ROOT,
	 .says = "the container's root directory becomes \"/\"; see: ls /proc/PID/root/",
	 .prepare = rootstage_prepare,
	 .grant = rootstage_grant,
	 .enter = rootstage_enter,
	 .shell = rootrecipe_root},
	{.id = STAGE_PROC,
	 .says = "the kernel's file systems, devices and other mounts; see: cat /proc/PID/mounts",
	 .prepare = barefs_check,
	 .enter = rootstage_enter_proc,
	 .shell = rootrecipe_proc},
	{.id = STAGE_CAPS,
	 .says = "root gives up most capabilities; see: grep Cap /proc/PID/status",
	 .seal = shortstage_seal_caps,
	 .shell = recipe_caps},
	{.id = STAGE_SECCOMP,
	 .says = "a filter refuses some system calls; see: grep Seccomp /proc/PID/status",
	 .wanted = shortstage_wants_seccomp,
	 .seal = shortstage_seal_seccomp,
	 .shell = recipe_seccomp},
	{.id = STAGE_EXEC,
	 .says = "the program; see: readlink /proc/PID/exe",
	 .prepare = execstage_prepare,
	 .enter = execstage_enter,
	 .release = execstage_release,
	 .shell = recipe_exec},
	{.says = NULL},
};

bool stage_is_wanted(const struct stage *s, const struct plan *plan)
{
	return plan_has_stage(plan, s->id) && (!s->wanted || s->wanted(plan));
}

const struct stage *stage_table(const struct run *r)
{
	return r->stages ? r->stages : stages;
}
