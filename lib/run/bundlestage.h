/*
 * The stages of an OCI bundle (store/bundle.h): a table like that of stage.h, walked by the same
 * processes. Where a bundle needs no more than a container of the store, a row has the same
 * functions.
 */
#ifndef CT_BUNDLESTAGE_H
#define CT_BUNDLESTAGE_H

#include "run/stage.h"

struct err;

extern const struct stage bundle_stages[];

/*
 * In the supervisor, between spawn_create and spawn_await: runs the hooks prestart and
 * createRuntime when the first process has made its mounts.
 */
int bundlestage_hooks(struct run *r, struct err *e);

/*
 * In the first process, when it is ready and has received the message: waits for the start if the
 * supervisor leaves (MESSAGE_LEAVE), and runs the hooks startContainer.
 */
int bundlestage_await(struct run *r, const struct message *m, struct err *e);

#endif
