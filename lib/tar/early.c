#include "tar/early.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

enum { STACK = 1 << 16, MUCH = 64 << 20 };

struct early {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool wanted;
	uint64_t asked; /* bytes when the thread was last woken */
};

static void *write_out(void *arg)
{
	struct early *w = arg;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		while (!w->wanted)
			pthread_cond_wait(&w->changed, &w->lock);
		w->wanted = false;
		pthread_mutex_unlock(&w->lock);
		syncfs(w->fd);
	}
	return NULL;
}

struct early *early_begin(void)
{
	struct early *w = mem_alloc(sizeof(*w));
	pthread_attr_t attr;
	pthread_t thread;

	*w = (struct early){.fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	if (w->fd < 0 || pthread_create(&thread, &attr, write_out, w) != 0) {
		free(w);
		return NULL;
	}
	pthread_detach(thread);
	return w;
}

void early_tell(struct early *w, uint64_t bytes)
{
	if (!w || bytes - w->asked < MUCH)
		return;
	w->asked = bytes;
	pthread_mutex_lock(&w->lock);
	w->wanted = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}
