/* cow.c: a snapshot of an image. --cow=IMAGE:COPY, two paths in one btrfs */
#include "box.h"
#include <libgen.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>

static void snapshot(const char *value)
{
	char *image = strdup(value), *copy = strchr(image, ':');

	if (!copy) {
		errno = EINVAL;
		fail(value);
	}
	*copy++ = '\0';
	char *name = basename(strdup(copy)), *dir = dirname(strdup(copy));
	/* Here: open the image, open the directory, ask for the snapshot. */
	(void)name;
	(void)dir;
}

const struct stage cow_stage = {.option = "--cow=", .before = snapshot};
