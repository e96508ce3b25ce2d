#include "run/firstprocess.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/explain.h"
#include "run/channel.h"
#include "run/hostmounts.h"
#include "run/show.h"
#include "run/stage.h"

/* Receives the mounts that the supervisor hands over, until it says that everything is granted. */
static int receive_grants(struct run *r, struct err *e)
{
	struct message m;
	int got;

	while ((got = channel_receive(r->channel, &m, e)) > 0) {
		switch (m.kind) {
		case MESSAGE_MOUNT:
			if (hostmounts_take(r, &m, e) < 0)
				return -1;
			break;
		case MESSAGE_GRANTED:
			return 0;
		default:
			return err_set(e, "unexpected message (type %d) from the supervisor",
				       m.kind);
		}
	}
	if (got == 0)
		_exit(125); /* the supervisor is gone: no process can receive the message */
	return -1;
}

static int enter_stages(struct run *r, struct err *e)
{
	bool granted = r->channel < 0;

	EACH_STAGE(s, r) {
		/* Only before the first stage that needs them: the stages before it are entered
		 * while the supervisor grants. */
		if (s->grant && !granted) {
			if (receive_grants(r, e) < 0)
				return -1;
			granted = true;
		}
		if (show_enter(s, r, e) < 0)
			return -1;
	}
	return granted ? 0 : receive_grants(r, e);
}

static int seal_stages(struct run *r, struct err *e)
{
	EACH_STAGE(s, r)
		if (show_seal(s, r, e) < 0)
			return -1;
	return 0;
}

int firstprocess_stages(struct run *r, struct err *e)
{
	return enter_stages(r, e) < 0 ? -1 : seal_stages(r, e);
}

void firstprocess_run(struct run *r)
{
	struct message m;
	struct err e;

	/*
	 * The first process dies with its supervisor. A change of ids clears this setting, so it is
	 * made again later. */
	explained(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl(PR_SET_PDEATHSIG, SIGKILL)");
	if (firstprocess_stages(r, &e) == 0 &&
	    channel_send(r->channel, MESSAGE_READY, NULL, -1, &e) == 0 &&
	    channel_receive(r->channel, &m, &e) > 0 && (!r->await || r->await(r, &m, &e) == 0))
		program_exec(&r->first.program, r->channel, &e);
	channel_send_failure(r->channel, &e);
	/* Closing a socket with unread messages would lose the report that was sent, so wait until
	 * the supervisor kills this process. */
	while (channel_receive(r->channel, &m, &e) > 0)
		continue;
	_exit(125);
}
