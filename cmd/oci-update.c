/* The commands update and spec of ct-oci. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/own.h"
#include "cmd.h"
#include "kernel/cgroup.h"
#include "kernel/devrules.h"
#include "oci.h"
#include "oci/ocijson.h"

/* In the order of the options in ct-oci.c. */
static const struct {
	const char *option;
	size_t at;
	bool text;
} limits[] = {
	{"memory", offsetof(struct resources, memory), false},
	{"memory-reservation", offsetof(struct resources, reservation), false},
	{"memory-swap", offsetof(struct resources, swap), false},
	{"cpu-share", offsetof(struct resources, shares), false},
	{"cpu-quota", offsetof(struct resources, quota), false},
	{"cpu-period", offsetof(struct resources, period), false},
	{"cpu-rt-runtime", offsetof(struct resources, rt_runtime), false},
	{"cpu-rt-period", offsetof(struct resources, rt_period), false},
	{"cpuset-cpus", offsetof(struct resources, cpus), true},
	{"cpuset-mems", offsetof(struct resources, mems), true},
	{"pids-limit", offsetof(struct resources, pids), false},
	{"blkio-weight", offsetof(struct resources, io_weight), false},
};

/* A number of bytes may have a unit; -1 means unlimited. */
static int read_limit(const char *text, struct resource_number *to, struct err *e)
{
	uint64_t value = 0;

	if (strcmp(text, "-1") != 0 && num_size(text, &value, e) < 0)
		return -1;
	if (value > INT64_MAX)
		return err_set(e, "%s: too large", text);
	*to = (struct resource_number){true, *text == '-' ? -1 : (int64_t)value};
	return 0;
}

static int add_options(const struct oci_args *args, struct resources *to, struct err *e)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		void *at = (char *)to + limits[i].at;

		if (!args->limits[i])
			continue;
		if (limits[i].text)
			*(const char **)at = args->limits[i];
		else if (read_limit(args->limits[i], at, e) < 0)
			return err_wrap(e, "--%s", limits[i].option);
	}
	return 0;
}

static int update(struct oci_args *args, const char *id, struct err *e)
{
	own_ocistate struct ocistate s = OCISTATE_NONE;
	own_ociconfig struct ociconfig c = {0};
	json_t *json;

	if (args->resources) {
		json = ocijson_read(AT_FDCWD, args->resources, NULL, e);
		if (!json || ociconfig_read_resources(&c, json, e) < 0)
			return err_wrap(e, "--resources %s", args->resources);
	}
	if (add_options(args, &c.resources, e) < 0 || ocistate_open(args->directory, id, &s, e) < 0)
		return -1;
	if (s.status == OCI_STOPPED || s.status == OCI_CREATING)
		return err_set(e, "%s: container is %s", id, ocistatus_name(s.status));
	if (resources_set(s.cgroup, &c.resources, e) < 0 ||
	    devrules_set_usual(s.cgroup, c.bundle.device_rules, c.bundle.device_rules_n, e) < 0)
		return err_wrap(e, "%s", id);
	return 0;
}

int oci_update(struct oci_args *args, char **operands)
{
	struct err e;

	return update(args, *operands, &e) < 0 ? oci_failed(args, &e) : 0;
}

#define CAPS "[\"CAP_AUDIT_WRITE\", \"CAP_KILL\", \"CAP_NET_BIND_SERVICE\"]"
static const char spec[] =
	"{\"ociVersion\": \"1.0.2\","
	" \"process\": {\"terminal\": true, \"user\": {\"uid\": 0, \"gid\": 0}, \"args\": [\"sh\"],"
	"  \"env\": [\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\","
	"            \"TERM=xterm\"], \"cwd\": \"/\","
	"  \"capabilities\": {\"bounding\": " CAPS ", \"effective\": " CAPS ", \"permitted\": " CAPS
	"},"
	"  \"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024}],"
	"  \"noNewPrivileges\": true},"
	" \"root\": {\"path\": \"rootfs\", \"readonly\": true}, \"hostname\": \"ct-oci\","
	" \"mounts\": ["
	"  {\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\"},"
	"  {\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\","
	"   \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"]},"
	"  {\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\","
	"   \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"]},"
	"  {\"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\","
	"   \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=65536k\"]},"
	"  {\"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\","
	"   \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},"
	"  {\"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\","
	"   \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"ro\"]},"
	"  {\"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\","
	"   \"options\": [\"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\"]}],"
	" \"linux\": {"
	"  \"resources\": {\"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},"
	"  \"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"network\"}, {\"type\": \"ipc\"},"
	"   {\"type\": \"uts\"}, {\"type\": \"cgroup\"}, {\"type\": \"mount\"}],"
	"  \"maskedPaths\": [\"/proc/acpi\", \"/proc/kcore\", \"/proc/keys\", \"/proc/latency_stats\","
	"   \"/proc/timer_list\", \"/proc/timer_stats\", \"/proc/sched_debug\", \"/proc/scsi\","
	"   \"/sys/firmware\"],"
	"  \"readonlyPaths\": [\"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\","
	"   \"/proc/sysrq-trigger\"]}}";

static json_t *map_of(unsigned id)
{
	return json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", (json_int_t)id, "size",
			 1);
}

/* A user namespace in which the caller is root; the host's /sys, since a new one needs a network. */
static void make_rootless(json_t *all)
{
	json_t *linux_ = json_object_get(all, "linux"), *mount;
	json_t *namespaces = json_object_get(linux_, "namespaces");
	size_t i;

	json_array_set_new(namespaces, 1, json_pack("{s:s}", "type", "user"));
	json_object_set_new(linux_, "uidMappings", map_of(geteuid()));
	json_object_set_new(linux_, "gidMappings", map_of(getegid()));
	json_object_del(linux_, "resources");
	json_array_foreach(
		json_object_get(all, "mounts"), i,
		mount) if (strcmp(json_string_value(json_object_get(mount, "destination")),
				  "/sys") == 0)
		json_object_update_new(mount,
				       json_pack("{s:s, s:s, s:[s, s, s, s, s]}", "type", "none",
						 "source", "/sys", "options", "rbind", "nosuid",
						 "noexec", "nodev", "ro"));
}

int oci_spec(struct oci_args *args, char **operands)
{
	own_str char *path = str_fmt("%s/config.json", args->bundle ? args->bundle : ".");
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	own_json json_t *all = NULL;
	char *text;
	struct err e;

	(void)operands;
	if (fd < 0) {
		err_sys(&e, "%s", path);
		return oci_failed(args, &e);
	}
	all = json_loads(spec, 0, NULL);
	if (args->rootless)
		make_rootless(all);
	text = json_dumps(all, JSON_INDENT(4));
	if (fd_write_all(fd, text, strlen(text)) < 0 || fd_write_all(fd, "\n", 1) < 0) {
		err_sys(&e, "%s", path);
		unlink(path);
		free(text);
		return oci_failed(args, &e);
	}
	free(text);
	return 0;
}
