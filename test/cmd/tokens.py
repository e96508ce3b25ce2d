"""A token server for docker-registry: tokens.py PORT KEY USER:PASSWORD

Signs with KEY.key, whose certificate is KEY.crt (JWT, RS256), what the user asks
for, if it is that user. GET as docker's specification has it, POST as OAuth 2's
with the refresh token "identity".
"""
import base64
import json
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

port, key, user = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=')


def token(service, scopes):
    with open(key + '.crt') as f:
        certificate = ''.join(line.strip() for line in f if not line.startswith('-----'))
    access = [dict(zip(('type', 'name', 'actions'), (*s.rsplit(':', 1)[0].split(':', 1), s.rsplit(':', 1)[1].split(','))))
              for s in scopes]
    now = int(time.time())
    text = b'.'.join(b64(json.dumps(part).encode()) for part in (
        {'typ': 'JWT', 'alg': 'RS256', 'x5c': [certificate]},
        {'iss': 'test', 'sub': 'student', 'aud': service, 'iat': now, 'nbf': now - 10, 'exp': now + 300,
         'jti': str(time.time_ns()), 'access': access}))
    signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', key + '.key'], input=text,
                               stdout=subprocess.PIPE, check=True).stdout
    return (text + b'.' + b64(signature)).decode()


class Tokens(BaseHTTPRequestHandler):
    def answer(self, status, document):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def grant(self, allowed, q):
        if allowed:
            self.answer(200, {'token': token(q['service'][0], ' '.join(q.get('scope', [])).split()), 'expires_in': 300})
        else:
            self.answer(401, {'details': 'incorrect username or password'})

    def do_GET(self):
        authorization = 'Basic ' + base64.b64encode(user.encode()).decode()
        self.grant(self.headers.get('Authorization') == authorization, parse_qs(urlsplit(self.path).query))

    def do_POST(self):
        q = parse_qs(self.rfile.read(int(self.headers['Content-Length'])).decode())
        self.grant(q.get('refresh_token') == ['identity'] and q.get('grant_type') == ['refresh_token'], q)


HTTPServer(('127.0.0.1', port), Tokens).serve_forever()
