#include "image/httphandle.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "image/cacerts.h"
#include "image/url.h"

enum {
	RECEIVE = 256 << 10, /* libcurl's buffer: its own 16 KiB halve the throughput */
	SLOWEST = 1024,      /* bytes a second */
};

/* libcurl's own sockets are not close-on-exec: programs executed later would inherit them. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)arg, (void)purpose;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/*
 * The handle keeps connections for the next request. A forked child must neither use its parent's
 * connections nor close them, which would send TLS messages: it leaves that handle alone.
 */
void *httphandle_get(void)
{
	static CURL *easy;
	static pid_t whose;

	if (!easy || whose != getpid())
		easy = curl_easy_init();
	else
		curl_easy_reset(easy);
	whose = getpid();
	return easy;
}

/*
 * CURLOPT_NOSIGNAL stays off: then libcurl ignores SIGPIPE while OpenSSL writes
 * (it resolves names in a thread, and needs no alarm).
 */
void httphandle_limit(void *easy, unsigned connect, unsigned patience)
{
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "ct/" CT_VERSION);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* the caller checks each redirect */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)connect);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)patience);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
}

int httphandle_trust(void *easy, const struct url *u, bool insecure, struct err *e)
{
	own_buf struct buf pem = {0};
	struct curl_blob blob = {.flags = CURL_BLOB_COPY};

	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (insecure) {
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
		return 0;
	}
	if (strcmp(u->scheme, "https") != 0)
		return 0;
	if (cacerts_for(u->host, &pem, e) < 0)
		return -1;
	blob.data = pem.data;
	blob.len = pem.len;
	if (pem.len)
		curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
	return 0;
}
