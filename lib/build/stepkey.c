#include "build/stepkey.h"

#include <string.h>

void stepkey_begin(struct stepkey *k, const char *parent, const char *instruction)
{
	digest_begin(&k->digest);
	stepkey_add(k,
		    "ct step 1"); /* to be changed whenever equal instructions give other files */
	stepkey_add(k, parent);
	stepkey_add(k, instruction);
}

void stepkey_add(struct stepkey *k, const char *text)
{
	uint64_t n = text ? strlen(text) : UINT64_MAX;

	digest_add(&k->digest, &n, sizeof(n));
	if (text)
		digest_add(&k->digest, text, (size_t)n);
}

void stepkey_add_number(struct stepkey *k, uint64_t n)
{
	digest_add(&k->digest, &n, sizeof(n));
}

void stepkey_add_list(struct stepkey *k, const struct strv *list)
{
	stepkey_add_number(k, list->n);
	for (size_t i = 0; i < list->n; i++)
		stepkey_add(k, list->v[i]);
}

void stepkey_add_set(struct stepkey *k, struct strv *list)
{
	strv_sort(list, 0);
	stepkey_add_list(k, list);
}

void stepkey_end(struct stepkey *k, char key[STEP_KEY])
{
	char text[DIGEST_LEN];

	digest_end(&k->digest, text);
	memcpy(key, digest_hex(text), STEP_KEY);
}
