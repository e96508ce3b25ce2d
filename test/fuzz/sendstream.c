/*
 * Any bytes as a send stream, and as what ct-send writes: what reads them neither crashes nor
 * hangs. Checksums are put right first, since random ones would hide what stands behind them.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/sendtext.h"
#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "container/transfer.h"
#include "files.h"
#include "tar/sendstream.h"

static void correct(uint8_t *data, size_t n)
{
	enum { HEAD = 17, COMMAND = 10 };

	if (n >= HEAD)
		memcpy(data, "btrfs-stream\0\1\0\0", HEAD);
	for (size_t at = HEAD; at + COMMAND <= n;) {
		uint32_t size, sum;

		memcpy(&size, data + at, sizeof(size));
		if (size > n - at - COMMAND)
			return;
		memset(data + at + 6, 0, sizeof(sum));
		sum = checksum(data + at, COMMAND + size);
		memcpy(data + at + 6, &sum, sizeof(sum));
		at += COMMAND + size;
	}
}

static void read_stream(struct text text)
{
	own_str struct sendstream *s = mem_alloc(sizeof(*s));
	char path[PATH_MAX], name[256];
	struct timespec time;
	uint8_t uuid[16];
	uint64_t number;
	struct err e;

	*s = (struct sendstream){.what = "fuzz", .read = take, .arg = &text};
	if (sendstream_begin(s, &e) < 0)
		return;
	while (sendstream_next(s, &e) > 0)
		for (int a = 1; a < SEND_ATTRIBUTES; a++) {
			sendstream_path(s, a, path, &e);
			sendstream_number(s, a, &number, &e);
			sendstream_time(s, a, &time, &e);
			sendstream_uuid(s, a, uuid, &e);
			sendstream_text(s, a, name, sizeof(name), &e);
		}
}

static void read_transfer(const uint8_t *data, size_t n)
{
	own_str struct transfer_input *in = mem_alloc(sizeof(*in));
	own_fd int fd = memfd_create("transfer", MFD_CLOEXEC);
	own_transfer struct transfer t = {0};
	own_buf struct buf again = {0};
	struct err e;

	dprintf(fd, "ct-send 1 %zu\n", n);
	if (write(fd, data, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) < 0)
		return;
	in->from = fd;
	in->what = "fuzz";
	if (transfer_read(in, &t, &e) == 0) {
		transfer_format(&t, &again);
		transfer_check(in, &e);
	}
	digest_drop(&in->digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	own_str uint8_t *copy = mem_alloc(n + 1);

	if (n > 0)
		memcpy(copy, data, n);
	read_stream((struct text){copy, n});
	correct(copy, n);
	read_stream((struct text){copy, n});
	read_transfer(data, n);
	return 0;
}
