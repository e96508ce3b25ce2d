#include "kernel/caps.h"
#include "base/explain.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Arrays instead of pointers: the dynamic linker has nothing to relocate. */
static const char names[][20] = {
	[CAP_CHOWN] = "CHOWN",
	[CAP_DAC_OVERRIDE] = "DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "DAC_READ_SEARCH",
	[CAP_FOWNER] = "FOWNER",
	[CAP_FSETID] = "FSETID",
	[CAP_KILL] = "KILL",
	[CAP_SETGID] = "SETGID",
	[CAP_SETUID] = "SETUID",
	[CAP_SETPCAP] = "SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "NET_BROADCAST",
	[CAP_NET_ADMIN] = "NET_ADMIN",
	[CAP_NET_RAW] = "NET_RAW",
	[CAP_IPC_LOCK] = "IPC_LOCK",
	[CAP_IPC_OWNER] = "IPC_OWNER",
	[CAP_SYS_MODULE] = "SYS_MODULE",
	[CAP_SYS_RAWIO] = "SYS_RAWIO",
	[CAP_SYS_CHROOT] = "SYS_CHROOT",
	[CAP_SYS_PTRACE] = "SYS_PTRACE",
	[CAP_SYS_PACCT] = "SYS_PACCT",
	[CAP_SYS_ADMIN] = "SYS_ADMIN",
	[CAP_SYS_BOOT] = "SYS_BOOT",
	[CAP_SYS_NICE] = "SYS_NICE",
	[CAP_SYS_RESOURCE] = "SYS_RESOURCE",
	[CAP_SYS_TIME] = "SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "SYS_TTY_CONFIG",
	[CAP_MKNOD] = "MKNOD",
	[CAP_LEASE] = "LEASE",
	[CAP_AUDIT_WRITE] = "AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "AUDIT_CONTROL",
	[CAP_SETFCAP] = "SETFCAP",
	[CAP_MAC_OVERRIDE] = "MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "MAC_ADMIN",
	[CAP_SYSLOG] = "SYSLOG",
	[CAP_WAKE_ALARM] = "WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "AUDIT_READ",
	[CAP_PERFMON] = "PERFMON",
	[CAP_BPF] = "BPF",
	[CAP_CHECKPOINT_RESTORE] = "CHECKPOINT_RESTORE",
};

#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

uint64_t caps_default(bool host_network)
{
	uint64_t set = CAPS_BIT(CAP_CHOWN) | CAPS_BIT(CAP_DAC_OVERRIDE) | CAPS_BIT(CAP_FOWNER) |
		CAPS_BIT(CAP_FSETID) | CAPS_BIT(CAP_KILL) | CAPS_BIT(CAP_NET_BIND_SERVICE) |
		CAPS_BIT(CAP_SETFCAP) | CAPS_BIT(CAP_SETGID) | CAPS_BIT(CAP_SETPCAP) |
		CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SYS_CHROOT);

	if (!host_network)
		set |= CAPS_BIT(CAP_NET_RAW);
	return set;
}

uint64_t caps_all(void)
{
	uint64_t set = 0;

	/* Ask the kernel for each: it may know more capabilities than our headers. */
	for (int cap = 0; cap < 64; cap++) {
		int held = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (held < 0)
			break;
		if (held > 0)
			set |= CAPS_BIT(cap);
	}
	return set;
}

int caps_read(const char *text, uint64_t *set, struct err *e)
{
	const char *name = strncasecmp(text, "CAP_", 4) ? text : text + 4;

	if (!strcasecmp(text, "ALL")) {
		*set = caps_all();
		return 0;
	}
	for (int cap = 0; cap < NAMES; cap++) {
		if (!strcasecmp(name, names[cap])) {
			*set = CAPS_BIT(cap);
			return 0;
		}
	}
	return err_set(e, "%s: no such capability", text);
}

const char *caps_name(int cap)
{
	return cap >= 0 && cap < NAMES ? names[cap] : NULL;
}

bool caps_held(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	return syscall(SYS_capget, &head, data) == 0 &&
		data[cap / 32].effective & (1U << (cap % 32));
}

int caps_bound(uint64_t set, struct err *e)
{
	for (int cap = 0; cap < 64; cap++) {
		const char *name = caps_name(cap) ? caps_name(cap) : "unknown";

		if (set & CAPS_BIT(cap))
			continue;
		/* Dropped without checking that the set holds it, which saves a call for each. */
		if (explained(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0),
			      "prctl(PR_CAPBSET_DROP, %d /* %s */)", cap, name) == 0)
			continue;
		if (errno == EINVAL && cap > 0)
			break; /* beyond the kernel's last capability */
		/* Without CAP_SETPCAP: no error if the set does not hold the capability. */
		if (errno != EPERM || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return err_sys(e, "capability %d (%s): drop", cap, name);
	}
	return 0;
}

int caps_limit(uint64_t set, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint64_t keep;

	/* First, because dropping needs CAP_SETPCAP, which may be dropped below. */
	if (caps_bound(set, e) < 0)
		return -1;

	/*
	 * After execve(2) root has what the bounding set and the inheritable set allow,
	 * whatever it had before; another user has its ambient set. With an empty inheritable
	 * set, and hence an empty ambient set, three more capabilities can stay until execve(2)
	 * without reaching the container's program: SYS_ADMIN, which seccomp(2) requires
	 * without no_new_privs, and SETUID and SETGID to become the requested user.
	 */
	keep = set | CAPS_BIT(CAP_SYS_ADMIN) | CAPS_BIT(CAP_SETUID) | CAPS_BIT(CAP_SETGID);

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "capabilities: read");
	for (int half = 0; half < 2; half++) {
		uint32_t part = (uint32_t)(keep >> (32 * half));

		data[half].permitted &= part;
		data[half].effective = data[half].permitted;
		data[half].inheritable = 0;
	}
	if (explained(syscall(SYS_capset, &head, data),
		      "capset({}, {permitted=effective=0x%08x%08x, inheritable=0})",
		      data[1].permitted, data[0].permitted) < 0)
		return err_sys(e, "capabilities: limit");
	return 0;
}

int caps_set(uint64_t effective, uint64_t permitted, uint64_t inheritable, uint64_t ambient,
	     struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int half = 0; half < 2; half++)
		data[half] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(effective >> (32 * half)),
			.permitted = (uint32_t)(permitted >> (32 * half)),
			.inheritable = (uint32_t)(inheritable >> (32 * half))};
	if (explained(syscall(SYS_capset, &head, data),
		      "capset({}, {permitted=0x%08x%08x, effective=0x%08x%08x, "
		      "inheritable=0x%08x%08x})",
		      data[1].permitted, data[0].permitted, data[1].effective, data[0].effective,
		      data[1].inheritable, data[0].inheritable) < 0)
		return err_sys(e, "capabilities: set");
	for (int cap = 0; cap < 64; cap++)
		if (ambient & CAPS_BIT(cap) &&
		    explained(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0),
			      "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, %d)", cap) < 0)
			return err_sys(e, "capability %d: make it ambient", cap);
	return 0;
}

int caps_no_more(struct err *e)
{
	return explained(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS, 1)") <
			0
		? err_sys(e, "set no_new_privs")
		: 0;
}
