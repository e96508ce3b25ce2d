#include "unit.h"

#include <zlib.h>

#include "base/str.h"
#include "tar/inflate.h"

static struct err e;

/* Compressed bytes, returned in pieces of `piece` bytes; then an error, if requested. */
struct source {
	const char *data;
	size_t n, piece;
	bool fails;
	size_t room; /* of each read; 0: much */
};

static int more(void *arg, const void **data, size_t *n, struct err *err)
{
	struct source *s = arg;

	if (s->n == 0 && s->fails)
		return err_set(err, "the source's own words");
	*data = s->data;
	*n = s->n < s->piece ? s->n : s->piece;
	s->data += *n;
	s->n -= *n;
	return *n > 0;
}

/* Makes one gzip member of these bytes, as gzip(1) does. Level 0 stores them uncompressed. */
static void add_member(struct buf *out, const void *data, size_t n, int level)
{
	size_t room = n + n / 100 + 1000;
	char *made = malloc(room);
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)data,
		      .avail_in = (unsigned)n,
		      .next_out = (unsigned char *)made,
		      .avail_out = (unsigned)room};

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_add(out, made, room - z.avail_out);
	deflateEnd(&z);
	free(made);
}

/* Reads a whole stream into out; returns the last result of inflate_read. */
static int read_all(struct source s, struct buf *out)
{
	struct inflate *z = inflate_begin("layer", more, &s);
	char data[1 << 16];
	size_t n;
	int r;

	e = (struct err){0};
	while ((r = inflate_read(z, data, s.room ? s.room : sizeof(data), &n, &e)) > 0) {
		assert_true(n > 0);
		buf_add(out, data, n);
	}
	inflate_end(z);
	return r;
}

static int read_bytes(const struct buf *b, struct buf *out)
{
	buf_free(out);
	return read_all((struct source){b->data, b->len, 1 << 16, false, 0}, out);
}

static void gzip_is_recognised_by_its_first_bytes(void **state)
{
	(void)state;
	assert_true(inflate_is_gzip("\x1f\x8b\x08\x00", 4));
	assert_false(inflate_is_gzip("\x1f\x8b\x08\x00", 2));
	assert_false(inflate_is_gzip("\x1f\x8b\x07\x00", 4));
	assert_false(inflate_is_gzip("", 0));
}

/* RFC 1952, 2.2: a gzip file is a series of members. */
static void successive_members_are_one_stream(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 1 << 20};
	struct buf packed = {0};

	(void)state;
	add_member(&packed, "one,", 4, 9);
	add_member(&packed, "", 0, 9);
	add_member(&packed, "two,", 4, 0);
	add_member(&packed, "three", 5, 1);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct buf plain = {0};

		assert_int_equal(
			read_all((struct source){packed.data, packed.len, pieces[i], false, 0},
				 &plain),
			0);
		assert_int_equal(plain.len, 13);
		assert_memory_equal(plain.data, "one,two,three", 13);
		buf_free(&plain);
	}
	buf_free(&packed);
}

static void highly_compressed_data_is_inflated(void **state)
{
	enum { MUCH = 5000000 };
	static char zeros[MUCH];
	struct buf packed = {0}, plain = {0};

	(void)state;
	add_member(&packed, zeros, MUCH, 9);
	assert_true(packed.len < MUCH / 500);
	assert_int_equal(read_bytes(&packed, &plain), 0);
	assert_int_equal(plain.len, MUCH);
	assert_memory_equal(plain.data, zeros, MUCH);
	buf_free(&packed);
	buf_free(&plain);
}

/* Each read fills its buffer, whatever its size; the last ones end where the data ends. */
static void a_read_of_any_size_gets_the_next_bytes(void **state)
{
	static const size_t rooms[] = {1, 3, 511, 512, 4096, 40000};
	struct buf packed = {0}, text = {0};

	(void)state;
	for (int i = 0; text.len < 100000; i++)
		buf_fmt(&text, "%d %d, ", i, i * i);
	add_member(&packed, text.data, text.len / 2, 9);
	add_member(&packed, text.data + text.len / 2, text.len - text.len / 2, 0);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		struct buf plain = {0};

		assert_int_equal(
			read_all((struct source){packed.data, packed.len, 1000, false, rooms[i]},
				 &plain),
			0);
		assert_int_equal(plain.len, text.len);
		assert_memory_equal(plain.data, text.data, text.len);
		buf_free(&plain);
	}
	buf_free(&packed);
	buf_free(&text);
}

/* gzip(1): `(gzip <a; head -c 5000 /dev/zero) | gzip -d` is silent and returns 0; with other bytes
 * it warns and returns 2. */
static void zeros_at_the_end_are_padding_but_other_bytes_are_refused(void **state)
{
	static const char *const tails[] = {"x", "\x1f", "\x1f\x8b", "\x1f\x8b\x08"};
	struct buf packed = {0}, plain = {0};
	size_t end;

	(void)state;
	add_member(&packed, "data", 4, 9);
	end = packed.len;
	for (int i = 0; i < 5000; i++)
		buf_add(&packed, "", 1);
	assert_int_equal(read_bytes(&packed, &plain), 0);
	assert_int_equal(plain.len, 4);
	buf_add(&packed, "x", 1);
	assert_refused(read_bytes(&packed, &plain), &e,
		       "layer: damaged gzip data: non-zero bytes after its end");
	for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		packed.len = end;
		buf_add(&packed, tails[i], strlen(tails[i]));
		assert_int_equal(read_bytes(&packed, &plain), -1);
	}
	buf_free(&packed);
	buf_free(&plain);
}

static void a_stream_truncated_anywhere_is_refused(void **state)
{
	struct buf packed = {0}, plain = {0};

	(void)state;
	add_member(&packed, "some data, some data, some data", 31, 9);
	for (size_t n = 0; n < packed.len; n++) {
		struct buf cut = {.data = packed.data, .len = n};

		assert_refused(read_bytes(&cut, &plain), &e, "layer: cut short");
	}
	buf_free(&packed);
	buf_free(&plain);
}

/* RFC 1952, 2.3.1: CRC32 and ISIZE are the last 8 bytes. */
static void a_wrong_checksum_or_length_is_refused(void **state)
{
	struct buf packed = {0}, plain = {0};

	(void)state;
	add_member(&packed, "data", 4, 9);
	for (size_t i = packed.len - 8; i < packed.len; i++) {
		packed.data[i] ^= 1;
		assert_int_equal(read_bytes(&packed, &plain), -1);
		/* zlib tells the length from the checksum, ISA-L does not. */
		if (!strstr(e.msg, "incorrect length check"))
			assert_string_equal(e.msg,
					    "layer: damaged gzip data: incorrect data check");
		packed.data[i] ^= 1;
	}
	add_member(&packed, "more", 4, 9);
	packed.data[packed.len - 1] ^= 1; /* of the second member */
	assert_int_equal(read_bytes(&packed, &plain), -1);
	buf_free(&packed);
	buf_free(&plain);
}

static void a_flipped_bit_never_gives_other_data(void **state)
{
	char text[400];
	struct buf packed = {0}, plain = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * i);
	for (int level = 0; level < 10; level += 9) {
		buf_free(&packed);
		add_member(&packed, text, sizeof(text), level);
		for (size_t bit = 0; bit < packed.len * 8; bit++) {
			packed.data[bit / 8] ^= (char)(1 << bit % 8);
			/* Some bits do not affect the data: the header's times, padding up to a
			 * whole byte. */
			if (read_bytes(&packed, &plain) == 0) {
				assert_int_equal(plain.len, sizeof(text));
				assert_memory_equal(plain.data, text, sizeof(text));
			}
			packed.data[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
	buf_free(&packed);
	buf_free(&plain);
}

static void an_error_of_the_source_is_returned(void **state)
{
	struct buf packed = {0}, plain = {0};

	(void)state;
	add_member(&packed, "data", 4, 9);
	/* Within a member, and where another one may begin. */
	for (size_t n = packed.len - 5; n <= packed.len; n += 5)
		assert_refused(read_all((struct source){packed.data, n, 3, true, 0}, &plain), &e,
			       "the source's own words");
	buf_free(&packed);
	buf_free(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_is_recognised_by_its_first_bytes),
		cmocka_unit_test(successive_members_are_one_stream),
		cmocka_unit_test(highly_compressed_data_is_inflated),
		cmocka_unit_test(a_read_of_any_size_gets_the_next_bytes),
		cmocka_unit_test(zeros_at_the_end_are_padding_but_other_bytes_are_refused),
		cmocka_unit_test(a_stream_truncated_anywhere_is_refused),
		cmocka_unit_test(a_wrong_checksum_or_length_is_refused),
		cmocka_unit_test(a_flipped_bit_never_gives_other_data),
		cmocka_unit_test(an_error_of_the_source_is_returned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
