#include "sig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "num.h"

int sig_read(const char *text, int *sig, struct err *e)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	struct err ignored;
	uint64_t n;

	if (num_uint(text, 1, (uint64_t)SIGRTMAX, &n, &ignored) == 0) {
		*sig = (int)n;
		return 0;
	}
	if (strncasecmp(name, "RTMIN+", 6) == 0 &&
	    num_uint(name + 6, 0, (uint64_t)(SIGRTMAX - SIGRTMIN), &n, &ignored) == 0) {
		*sig = SIGRTMIN + (int)n;
		return 0;
	}
	for (int i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && strcasecmp(sigabbrev_np(i), name) == 0) {
			*sig = i;
			return 0;
		}
	return err_set(e, "%s: no such signal", text);
}
