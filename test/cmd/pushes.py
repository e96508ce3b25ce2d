"""A registry that misbehaves when it is pushed to: pushes.py PORT LOG DIR

The first component of the repository says what goes wrong with it. PORT + 1 is another host as far
as a client is concerned. Every request is a line of LOG: port, method, path, Content-Range or "-".
"""
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, log = int(sys.argv[1]), open(sys.argv[2], 'a', buffering=1)
lock = threading.Lock()
received = {}    # bytes of an upload
broken = set()   # what has broken once


class Registry(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        super().setup()
        if self.request.recv(1, socket.MSG_PEEK) == b'\x16':  # TLS is not spoken here
            self.request.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args):
        pass

    def reply(self, status, headers=(), body=b''):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)
        self.wfile.flush()

    def begin(self):
        print(self.server.server_address[1], self.command, self.path, self.headers.get('Content-Range', '-'), file=log)
        self.path = self.path.split('?')[0]
        parts = self.path.split('/')
        return parts[2] if len(parts) > 3 else ''

    def body(self, most=None):
        left, n = int(self.headers.get('Content-Length', 0)), 0
        while left > 0 and (most is None or n < most):
            data = self.rfile.read(min(left, 65536 if most is None else min(65536, most - n)))
            if not data:
                break
            left -= len(data)
            n += len(data)
        return n

    def hang_up(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.close_connection = True

    def where(self, fault):
        upload = f'{self.path.split("/blobs/")[0]}/blobs/uploads/{id(self)}'
        return {
            'elsewhere': f'http://localhost:{port + 1}{upload}',
            'relative-host': f'//localhost:{port + 1}{upload}',
            'scheme': f'https://localhost:{port}{upload}',
            'userinfo': f'http://user:secret@localhost:{port}{upload}',
            'outside': '/elsewhere/upload',
            'bad-location': 'http://[::bad/\x7f',
        }.get(fault, upload)

    def do_HEAD(self):
        self.begin()
        self.reply(404)

    def do_GET(self):
        fault = self.begin()
        if '/uploads/' not in self.path:
            return self.reply(200)
        if fault == 'breaks-lost':
            return self.reply(404)
        n = received.get(self.path, 0)
        if fault == 'more-received':
            n = 1 << 50
        self.reply(204, [('Location', self.path), ('Range', f'0-{max(n - 1, 0)}')])

    def do_POST(self):
        fault = self.begin()
        self.body()
        error = lambda text: b'{"errors":[{"code":"X","message":"%s"}]}' % text
        if fault == 'huge-body':
            return self.reply(200, body=b'x' * 10_000_000)
        if fault == 'huge-header':
            return self.reply(202, [(f'X-{i}', 'x' * 4000) for i in range(40)])
        if fault == 'hang-up':
            return self.hang_up()
        if fault == 'denied':
            return self.reply(403, body=error(b'you may not'))
        if fault == 'forever-500':
            return self.reply(500)
        if fault == 'no-location':
            return self.reply(202)
        self.reply(202, [('Location', self.where(fault))])

    def do_PATCH(self):
        fault = self.begin()
        if fault == 'hang':
            self.body(1)
            threading.Event().wait(60)
            return self.hang_up()
        with lock:
            breaks = fault in ('breaks-resumes', 'breaks-lost', 'more-received') and self.path not in broken \
                and int(self.headers.get('Content-Length', 0)) > 100000
            if fault == 'breaks-lost' and breaks:
                breaks = fault not in broken
                broken.add(fault)
            broken.add(self.path)
        if breaks:
            n = self.body(100000)
            received[self.path] = received.get(self.path, 0) + n
            print('break', file=log)
            return self.hang_up()
        if fault == 'quota':
            self.body()
            return self.reply(413, body=b'{"errors":[{"message":"no room for you"}]}')
        received[self.path] = received.get(self.path, 0) + self.body()
        where = f'http://localhost:{port + 1}{self.path}' if fault == 'elsewhere-patch' else self.path
        self.reply(202, [('Location', where), ('Range', f'0-{received[self.path] - 1}')])

    def do_PUT(self):
        fault = self.begin()
        self.body()
        digest = [('Docker-Content-Digest', 'sha256:' + '0' * 64)] if fault == 'wrong-digest' and '/manifests/' in self.path else []
        self.reply(201, digest)


class Server(ThreadingHTTPServer):
    daemon_threads = True


threading.Thread(target=Server(('127.0.0.1', port + 1), Registry).serve_forever, daemon=True).start()
Server(('127.0.0.1', port), Registry).serve_forever()
