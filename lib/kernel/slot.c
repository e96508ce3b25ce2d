#include "kernel/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/lock.h"
#include "base/own.h"

static int read_claim(int dir, const char *slot, char holder[64])
{
	ssize_t n = readlinkat(dir, slot, holder, 63);

	if (n < 0)
		return -1;
	holder[n] = '\0';
	return 0;
}

int slot_holder(int run, int dir, const char *slot, char holder[64])
{
	struct stat st;

	return read_claim(dir, slot, holder) == 0 &&
		fstatat(run, holder, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int slot_take(int run, int dir, const char *slot, const char *id, struct err *e)
{
	own_fd int lock = -1;
	char holder[64];

	if (symlinkat(id, dir, slot) == 0)
		return 1;
	if (errno != EEXIST)
		return err_sys(e, "claim %s for %s", slot, id);
	if (slot_holder(run, dir, slot, holder))
		return strcmp(holder, id) == 0;
	/*
	 * The holder died without releasing the slot. A lock, because only one process at a
	 * time may replace the claim.
	 */
	lock = lock_take(dir, ".", e);
	if (lock < 0)
		return err_wrap(e, "claim %s for %s", slot, id);
	if (slot_holder(run, dir, slot, holder))
		return 0;
	unlinkat(dir, slot, 0);
	return symlinkat(id, dir, slot) == 0;
}

void slot_release(int dir, const char *slot, const char *id)
{
	char holder[64];

	if (read_claim(dir, slot, holder) == 0 && strcmp(holder, id) == 0)
		unlinkat(dir, slot, 0);
}
