"""A registry that misbehaves: hostile.py PORT LAYOUT LOG

Serves the OCI image layout in the directory LAYOUT on 127.0.0.1 (and 192.0.2.1,
where the machine has it) PORT, for any repository, whose first component says
what goes wrong with it (only with its layers, if one of the others is "layers").
PORT + 1 is another host as far as a client is concerned. Every request is a line of LOG: port, path, Range, Authorization.
"""
import base64
import json
import os
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

port, layout, log = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], 'a', buffering=1)
lock = threading.Lock()
seen = {}       # how often something was asked for
MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
BASIC = 'Basic ' + base64.b64encode(b'user:secret').decode()
REALM = f'http://127.0.0.1:{port}/token'


def times(key):
    with lock:
        seen[key] = seen.get(key, 0) + 1
        return seen[key]


def blob(digest):
    with open(os.path.join(layout, 'blobs/sha256', os.path.basename(digest).removeprefix('sha256:')), 'rb') as f:
        return f.read()


class Registry(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        super().setup()
        # TLS is not spoken here; waiting for the end of a line of it would last.
        if self.request.recv(1, socket.MSG_PEEK) == b'\x16':
            self.request.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args):
        pass

    def address(self):
        return self.server.server_address[1]

    # --- answers ---

    def reply(self, status, headers=(), body=b'', length=None):
        """length: what is said of it, None for the truth, -1 for nothing."""
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if length == -1:
            self.send_header('Connection', 'close')
        else:
            self.send_header('Content-Length', str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def move(self, where):
        self.reply(307, [('Location', where)])

    def hang_up(self, reset=False):
        if reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close_connection = True

    def challenge(self, *values):
        self.reply(401, [('WWW-Authenticate', v) for v in values],
                   b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')

    def serve(self, data, length=None, ranges=True, headers=(), all_of=None):
        """data is what is sent of all_of."""
        asked = self.headers.get('Range')
        first = int(asked[6:-1]) if asked and ranges else 0
        whole = len(data if all_of is None else all_of)
        if first >= whole > 0:
            return self.reply(416, [('Content-Range', f'bytes */{whole}')])
        if first:
            headers = [*headers, ('Content-Range', f'bytes {first}-{whole - 1}/{whole}')]
        if length is None:
            length = whole - first
        return self.reply(206 if first else 200, headers, data[first:], length)

    # --- what is asked for ---

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        print(self.address(), self.path, '-', body, file=log)
        self.reply(200, body=b'{"access_token":"by-identity"}')

    def do_GET(self):
        authorization = self.headers.get('Authorization', '-')
        print(self.address(), self.path, self.headers.get('Range', '-'), authorization, file=log)
        path = self.path.split('?')[0]
        if path.startswith('/token'):
            return self.token(path, authorization)
        if path in ('/v2', '/v2/'):
            return self.reply(200)
        _, _, fault, *more, kind, what = path.split('/')
        if fault.startswith('echo') and authorization != '-':
            if not fault.endswith('-challenge') or kind == 'blobs':
                return self.echo(fault, authorization)
        elif self.address() == port and not self.guard(fault, authorization):
            return None
        if kind == 'manifests':
            if what.startswith('sha256:'):
                data = blob(what)
            else:
                with open(os.path.join(layout, 'index.json')) as f:
                    data = blob(json.load(f)['manifests'][0]['digest'])
            return MANIFESTS.get(fault, manifest)(self, data)
        if 'layers' in more and len(blob(what)) < 1000:
            return self.serve(blob(what))   # it is the config
        if self.address() != port:
            return ELSEWHERE.get(fault, Registry.serve)(self, blob(what))
        return BLOBS.get(fault, Registry.serve)(self, blob(what))

    def token(self, path, authorization):
        name = path.removeprefix('/token')
        if name == '/none':
            return self.reply(200, body=b'{"expires_in":300}')
        if name == '/empty':
            return self.reply(200, body=b'{"token":"","access_token":"by-oauth"}')
        if name == '/line':
            return self.reply(200, body=json.dumps({'token': 'a\r\nX-Evil: 1'}).encode())
        if name == '/huge':
            return self.reply(200, body=json.dumps({'token': 'a' * 100000}).encode())
        if name == '/no':
            return self.reply(401, body=b'{"details":"incorrect username or password"}')
        return self.reply(200, body=json.dumps({'token': f'token-{times("token")}'}).encode())

    def echo(self, fault, authorization):
        """Says back what was sent, and what it was made of, in one part of the answer or another."""
        said = f'no entry for {authorization}'
        if authorization.startswith('Basic '):
            said += f' ({base64.b64decode(authorization[6:]).decode()})'
        if fault.endswith('-type'):
            return self.reply(200, [('Content-Type', 'text/' + authorization.split()[1])], b'{"schemaVersion":2,"layers":[]}')
        if fault.endswith('-challenge'):
            return self.reply(401, [('WWW-Authenticate', f'Basic realm="{said}')])
        if fault.endswith('-move'):
            return self.move('ftp://127.0.0.1/?' + quote(said))
        return self.reply(401, body=json.dumps({'errors': [{'message': said}]}).encode())

    def guard(self, fault, authorization):
        """Whether the client is authorised; otherwise answers that it is not."""
        realm = {'token-far': 'http://registry.example/token', 'token-user': 'http://a:b@127.0.0.1/token'}
        if fault.startswith('echo-basic'):
            self.challenge('Basic realm="here"')
            return False
        if fault == 'basic' or fault.startswith('basic-'):
            if authorization != BASIC:
                self.challenge('Basic realm="here"')
            return authorization == BASIC
        if fault == 'garbled':
            self.challenge('Bearer realm="unfinished')
            return False
        if fault.startswith('echo-token'):
            self.challenge(f'Bearer realm="{REALM}"')
            return False
        if fault.startswith('token') or fault == 'expires':
            if authorization.startswith('Bearer ') and (fault != 'expires' or times(authorization) == 1):
                return True
            kind = fault.removeprefix('token')
            where = realm.get(fault) or REALM + ('/' + kind[1:] if kind.startswith('-') else '')
            self.challenge('Negotiate', f'Basic realm="x", Bearer realm="{where}",service="a \\"service\\"",scope="all"')
            return False
        return True


def manifest(h, data, type_=MANIFEST, **kept):
    h.serve(data, headers=[('Content-Type', type_)], **kept)


# --- what goes wrong with a manifest ---

def endless(h, _):
    h.send_response(200)
    h.send_header('Connection', 'close')
    h.end_headers()
    try:
        while True:
            h.wfile.write(b' ' * 65536)
    except OSError:
        h.close_connection = True


def many_headers(h, data):
    h.reply(200, [(f'X-{i}', 'x' * 1000) for i in range(1000)], data)


def busy(seconds):
    def answer(h, data):
        if times(h.path) > 1:
            return manifest(h, data)
        return h.reply(429, [('Retry-After', seconds)], b'{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}')
    return answer


def failing(count):
    def answer(h, data):
        if times(h.path) > count:
            return manifest(h, data)
        return h.reply(503, body=b'<html>out of order</html>')
    return answer


MANIFESTS = {
    'endless': endless,
    'giant': lambda h, data: h.reply(200, body=data, length=5 << 20),
    'giant-header': lambda h, data: h.reply(200, [('X-Giant', 'x' * 1000000)], data),
    'many-headers': many_headers,
    'busy': busy('1'),
    'busy-long': busy('3600'),
    'busy-past': busy('Wed, 21 Oct 2015 07:28:00 GMT'),
    'fails-twice': failing(2),
    'fails': failing(1000),
    'unknown': lambda h, data: h.reply(404, body=b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest\\nunknown"}]}'),
    'other-manifest': lambda h, data: manifest(h, data + b' '),
    'other-digest': lambda h, data: h.serve(data, headers=[('Docker-Content-Digest', 'sha256:' + 64 * '0')]),
    'page': lambda h, data: h.reply(200, [('Content-Type', 'text/html')], b'<html>Please log in</html>'),
    'manifest-cut': lambda h, data: (h.reply(200, body=data[:20], length=len(data)), h.hang_up())
    if times(h.path) == 1 else manifest(h, data),
}


# --- what goes wrong with a blob ---

def half(h, data, **kept):
    """Half of what is asked for, all of it promised."""
    asked = h.headers.get('Range')
    first = int(asked[6:-1]) if asked else 0
    h.serve(data[:(first + len(data) + 1) // 2], all_of=data, **kept)


def cut(h, data):
    if times(h.path) < 4:
        half(h, data)
        return h.hang_up()
    return h.serve(data)


def cut_whole(h, data):
    """One that knows no ranges."""
    if times(h.path) > 1:
        return h.serve(data, ranges=False)
    half(h, data)
    return h.hang_up()


def without_ranges(h, data):
    """One that refuses what it does not know."""
    if h.headers.get('Range'):
        return h.reply(416)
    if times(h.path) > 1:
        return h.serve(data)
    half(h, data)
    return h.hang_up()


def until_gone(h, each=b''):
    """Waits until the client gives up, sending it a byte now and then."""
    try:
        h.request.settimeout(0.2 if each else None)
        while True:
            try:
                if not h.request.recv(1):
                    break
            except TimeoutError:
                h.wfile.write(each)
    except OSError:
        pass
    h.close_connection = True


def after_a_cut(answer):
    """Ends the first answer early, and refuses requests for the rest."""
    def begin(h, data):
        if h.headers.get('Range'):
            return answer(h, data)
        half(h, data)
        return h.hang_up()
    return begin


def chunked(h, data):
    h.send_response(200)
    h.send_header('Transfer-Encoding', 'chunked')
    h.end_headers()
    h.wfile.write(b'%x\r\n%s\r\n5\r\nextra\r\n0\r\n\r\n' % (len(data), data))


BLOBS = {
    'wrong-digest': lambda h, data: h.serve(data[:-1] + bytes([data[-1] ^ 1])),
    'short': lambda h, data: h.serve(data[:-1]),
    'short-whole': lambda h, data: h.serve(data[:-1], ranges=False),
    'long': lambda h, data: h.serve(data + b'x'),
    'long-chunked': chunked,
    'cut': cut,
    'cut-whole': cut_whole,
    'unsaid': lambda h, data: half(h, data, length=-1) if times(h.path) < 3 else h.serve(data),
    'stall': lambda h, data: (half(h, data), until_gone(h)),
    'drip': lambda h, data: (h.serve(b'', all_of=data), until_gone(h, b'x')),
    'reset': lambda h, data: (half(h, data), h.hang_up(reset=True)),
    'other-range': after_a_cut(lambda h, data: h.reply(206, [('Content-Range', f'bytes 0-{len(data) - 1}/{len(data)}')], data)),
    'no-range': after_a_cut(lambda h, data: h.reply(206, body=data)),
    'range-416': without_ranges,
    'range-416-always': after_a_cut(lambda h, data: h.reply(416)),
    'missing': lambda h, data: h.reply(404, body=b'{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}'),
    'loop': lambda h, data: h.move(h.path),
    'to-file': lambda h, data: h.move('file:///etc/passwd'),
    'to-ftp': lambda h, data: h.move('ftp://127.0.0.1/x'),
    'to-plain': lambda h, data: h.move('http://registry.example/x'),
    'to-user': lambda h, data: h.move(f'http://a:b@127.0.0.1:{port}{h.path}'),
    'to-nowhere': lambda h, data: h.move(''),
    **{name: lambda h, data: h.move(f'http://127.0.0.1:{port + 1}{h.path}')
       for name in ('moved', 'moved-401', 'basic-moved', 'basic-moved-401', 'token-moved')},
}
ELSEWHERE = dict.fromkeys(('moved-401', 'basic-moved-401'), lambda h, data: h.challenge(
    f'Bearer realm="http://127.0.0.1:{port + 1}/token"', 'Basic realm="there"'))


def server(address):
    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def shutdown_request(self, request):
            self.close_request(request)     # without a FIN before what may be a reset

        def handle_error(self, request, client_address):
            pass    # a client that gives up is what is wanted
    return Server(address, Registry)


servers = [server(('0.0.0.0', p)) for p in (port, port + 1)]
for s in servers[1:]:
    threading.Thread(target=s.serve_forever, daemon=True).start()
print('ready', file=log)
servers[0].serve_forever()
