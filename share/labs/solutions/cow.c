/* cow.c: a snapshot of an image. --cow=IMAGE:COPY, two paths in one btrfs */
#include "box.h"
#include <libgen.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>

static void snapshot(const char *value)
{
	struct btrfs_ioctl_vol_args_v2 args = {0};
	char *image = strdup(value), *copy = strchr(image, ':');
	if (!copy) {
		errno = EINVAL;
		fail(value);
	}
	*copy++ = '\0';
	snprintf(args.name, sizeof args.name, "%s", basename(strdup(copy)));
	args.fd = open(image, O_RDONLY | O_CLOEXEC);
	int dir = open(dirname(strdup(copy)), O_RDONLY | O_CLOEXEC);
	if (args.fd < 0 || dir < 0 || ioctl(dir, BTRFS_IOC_SNAP_CREATE_V2, &args) != 0)
		fail(copy);
	close(args.fd);
	close(dir);
}

const struct stage cow_stage = {.option = "--cow=", .before = snapshot};
