#include "kernel/owner.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/explain.h"

bool owner_begin(uid_t owner)
{
	int bits = prctl(PR_GET_SECUREBITS);

	/*
	 * Joining a v2 cgroup and raising a limit need capabilities that a change of the
	 * user id would drop.
	 */
	if (owner == 0 || geteuid() != 0 || bits < 0 ||
	    explained(prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP),
		      "prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)") < 0)
		return false;
	if (explained(syscall(SYS_setresuid, -1, owner, -1), "setresuid(-1, %u, -1)", owner) == 0)
		return true;
	prctl(PR_SET_SECUREBITS, bits & ~SECBIT_NO_SETUID_FIXUP);
	return false;
}

void owner_end(bool begun)
{
	int why = errno;

	if (begun) {
		explained(syscall(SYS_setresuid, -1, 0, -1), "setresuid(-1, 0, -1)");
		explained(prctl(PR_SET_SECUREBITS,
				prctl(PR_GET_SECUREBITS) & ~SECBIT_NO_SETUID_FIXUP),
			  "prctl(PR_SET_SECUREBITS, 0)");
	}
	errno = why;
}
