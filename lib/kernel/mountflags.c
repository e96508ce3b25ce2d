#include "kernel/mountflags.h"

#include <stdio.h>
#include <sys/mount.h>

#include "base/str.h"

/* Options that set or clear attributes of a mount; with an "r" in front also of those below it. */
static const struct {
	const char *name;
	uint64_t set, clear;
} attributes[] = {
	{"ro", MOUNT_ATTR_RDONLY, 0},
	{"rw", 0, MOUNT_ATTR_RDONLY},
	{"nosuid", MOUNT_ATTR_NOSUID, 0},
	{"suid", 0, MOUNT_ATTR_NOSUID},
	{"nodev", MOUNT_ATTR_NODEV, 0},
	{"dev", 0, MOUNT_ATTR_NODEV},
	{"noexec", MOUNT_ATTR_NOEXEC, 0},
	{"exec", 0, MOUNT_ATTR_NOEXEC},
	{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
	{"diratime", 0, MOUNT_ATTR_NODIRATIME},
	{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"norelatime", 0, MOUNT_ATTR__ATIME},
	{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
	{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
	{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
	{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
	{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
};

static const struct {
	const char *name;
	unsigned long propagation;
} propagations[] = {
	{"shared", MS_SHARED},
	{"slave", MS_SLAVE},
	{"private", MS_PRIVATE},
	{"unbindable", MS_UNBINDABLE},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int read_attribute(const char *option, uint64_t *set, uint64_t *clear)
{
	for (size_t i = 0; i < COUNT(attributes); i++) {
		if (!str_equal(option, attributes[i].name))
			continue;
		/* The later option wins: its attribute is not set and cleared at once. */
		*set = (*set & ~attributes[i].clear) | attributes[i].set;
		*clear = (*clear & ~attributes[i].set) | attributes[i].clear;
		return 1;
	}
	return 0;
}

static const char *const switches[] = {
	"bind", "rbind", "tmpcopyup", "copy-symlink", "idmap", "ridmap", "defaults",
};

static int read_switch(const char *option, struct mountflags *f)
{
	bool nothing;
	bool *const to[COUNT(switches)] = {&f->bind, &f->recursive, &f->copy_up, &f->copy_link,
					   &f->map,  &f->map_all,   &nothing};

	for (size_t i = 0; i < COUNT(switches); i++)
		if (str_equal(option, switches[i]))
			return *to[i] = true;
	return 0;
}

int mountflags_read(const char *option, struct mountflags *f)
{
	bool all = option[0] == 'r';

	for (size_t i = 0; i < COUNT(propagations); i++)
		if (str_equal(option + all, propagations[i].name)) {
			f->propagation = propagations[i].propagation;
			f->propagation_all = all;
			return 1;
		}
	if (read_switch(option, f)) {
		f->bind |= f->recursive;
		f->map |= f->map_all;
		return 1;
	}
	/* "ro" and "rw" begin with an "r", too. */
	if (read_attribute(option, &f->set, &f->clear))
		return 1;
	return all && read_attribute(option + 1, &f->all_set, &f->all_clear);
}

const char *mountflags_name(size_t i, char name[MOUNTFLAGS_NAME])
{
	if (i < COUNT(switches))
		return switches[i];
	i -= COUNT(switches);
	if (i < 2 * COUNT(propagations)) {
		snprintf(name, MOUNTFLAGS_NAME, "%s%s", i % 2 ? "r" : "", propagations[i / 2].name);
		return name;
	}
	i -= 2 * COUNT(propagations);
	if (i >= 2 * COUNT(attributes))
		return NULL;
	snprintf(name, MOUNTFLAGS_NAME, "%s%s", i % 2 ? "r" : "", attributes[i / 2].name);
	return name;
}
