#include "tar/ahead.h"

#include <errno.h>
#include <pthread.h>

#include "base/err.h"
#include "base/str.h"

enum { PIECES = 8, STACK = 1 << 20 };

struct piece {
	int result; /* of the source */
	size_t n;
	char *data;
};

struct ahead {
	ahead_source *source;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned made, taken; /* pieces; the caller still uses number taken - 1 */
	struct piece ring[PIECES];
	struct err why; /* of result -1 */
};

static void *fill(void *arg)
{
	struct ahead *a = arg;
	struct piece *p;

	do {
		pthread_mutex_lock(&a->lock);
		while (a->made + 1 >= a->taken + PIECES)
			pthread_cond_wait(&a->changed, &a->lock);
		pthread_mutex_unlock(&a->lock);
		p = &a->ring[a->made % PIECES];
		p->result = a->source(a->arg, p->data, &p->n, &a->why);
		pthread_mutex_lock(&a->lock);
		a->made++;
		pthread_cond_signal(&a->changed);
		pthread_mutex_unlock(&a->lock);
	} while (p->result > 0);
	return NULL;
}

struct ahead *ahead_begin(ahead_source *source, void *arg, struct err *e)
{
	struct ahead *a = mem_alloc(sizeof(*a));
	pthread_attr_t attr;
	pthread_t thread;

	*a = (struct ahead){.source = source, .arg = arg};
	for (int i = 0; i < PIECES; i++)
		a->ring[i].data = mem_alloc(AHEAD_PIECE);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	errno = pthread_create(&thread, &attr, fill, a);
	if (errno) {
		err_sys(e, "start a thread");
		return NULL;
	}
	pthread_detach(thread);
	return a;
}

int ahead_next(struct ahead *a, const void **data, size_t *n, struct err *e)
{
	const struct piece *p;

	pthread_mutex_lock(&a->lock);
	while (a->made == a->taken)
		pthread_cond_wait(&a->changed, &a->lock);
	p = &a->ring[a->taken++ % PIECES];
	pthread_cond_signal(&a->changed); /* the piece before is free now */
	pthread_mutex_unlock(&a->lock);
	*data = p->data;
	*n = p->n;
	if (p->result < 0)
		*e = a->why;
	return p->result;
}
