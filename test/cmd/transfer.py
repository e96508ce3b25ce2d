"""Transfers (lib/container/transfer.h) that ct-send does not write, for send.bats

transfer.py flip FILE N PREFIX	writes N copies of FILE with one bit changed in each: PREFIX.1, ...
transfer.py kinds		lists the hostile kinds
transfer.py hostile KIND DIR	writes a volume with a hostile stream; DIR is a directory outside
"""
import hashlib
import os
import random
import struct
import sys

UUID = bytes(range(16))
OTHER = bytes(16)
COMMANDS = dict(subvol=1, snapshot=2, mkfile=3, mkdir=4, mknod=5, mkfifo=6, symlink=8, rename=9, link=10, unlink=11,
                rmdir=12, set_xattr=13, remove_xattr=14, write=15, clone=16, truncate=17, chmod=18, chown=19,
                utimes=20, end=21, update=22, nonsense=60)
ATTRIBUTES = dict(uuid=1, ctransid=2, ino=3, size=4, mode=5, uid=6, gid=7, rdev=8, mtime=10, atime=11, name=13,
                  value=14, path=15, to=16, target=17, offset=18, data=19, clone_uuid=20, clone_ctransid=21,
                  clone_path=22, clone_offset=23, clone_len=24, nonsense=99)


def crc32c(data):
    c = 0
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = c >> 1 ^ 0x82f63b78 if c & 1 else c >> 1
    return c


def encode(value):
    if isinstance(value, int):
        return struct.pack('<Q', value)
    if isinstance(value, tuple):
        return struct.pack('<QI', *value)
    return os.fsencode(value) if isinstance(value, str) else value


def command(kind, extra=b'', **attributes):
    body = extra
    for name, value in attributes.items():
        value = encode(value)
        body += struct.pack('<HH', ATTRIBUTES[name], len(value)) + value
    head = struct.pack('<IH', len(body), COMMANDS[kind])
    return head + struct.pack('<I', crc32c(head + bytes(4) + body)) + body


FIRST = [command('subvol', path='data', uuid=UUID, ctransid=7)]
FILE = [command('mkfile', path='f', ino=257)]


def hostile(out):
    """Each is a list of commands after the first one, or (header lines, commands)."""
    up = '../' * 12 + out.lstrip('/')
    link = [command('symlink', path='l', ino=258, target=out), command('symlink', path='m', ino=259, target=out + '/file')]
    kinds = {
        'nothing': FILE + [command('write', path='f', offset=0, data=b'x')],
        'dotdot-file': [command('mkfile', path=up + '/new')],
        'dotdot-write': [command('write', path=up + '/file', offset=0, data=b'x')],
        'dotdot-unlink': [command('unlink', path=up + '/file')],
        'dotdot-rename': FILE + [command('rename', path='f', to=up + '/file')],
        'dotdot-out': [command('rename', path=up + '/file', to='f')],
        'dotdot-link': [command('link', path='g', target=up + '/file')],
        'dotdot-middle': [command('mkdir', path='d'), command('mkfile', path='d/../../new')],
        'dot': [command('mkfile', path='./x')],
        'absolute': [command('mkfile', path=out + '/new')],
        'absolute-write': [command('write', path=out + '/file', offset=0, data=b'x')],
        'empty-component': [command('mkfile', path='a//b')],
        'nul': [command('mkfile', path=b'a\0b')],
        'long-name': [command('mkfile', path='x' * 256)],
        'long-path': [command('mkfile', path='x/' * 3000 + 'x')],
        'root-again': [command('mkdir', path='')],
        'root-remove': [command('rmdir', path='')],
        'root-move': [command('rename', path='', to='x')],
        'through-link': link + [command('mkfile', path='l/new')],
        'write-link': link + [command('write', path='m', offset=0, data=b'x')],
        'truncate-link': link + [command('truncate', path='m', size=0)],
        'chmod-link': link + [command('chmod', path='m', mode=0o777)],
        'unlink-link': link + [command('unlink', path='l/file')],
        'xattr-link': link + [command('set_xattr', path='l/file', name='user.x', value=b'x')],
        'chown-link': link + [command('chown', path='l/file', uid=1, gid=1)],
        'times-link': link + [command('utimes', path='l/file', atime=(1, 1), mtime=(1, 1))],
        'clone-link': FILE + link + [command('clone', path='f', offset=0, clone_len=4096, clone_uuid=UUID,
                                             clone_ctransid=7, clone_path='m', clone_offset=0)],
        'clone-other': FILE + [command('clone', path='f', offset=0, clone_len=4096, clone_uuid=OTHER,
                                       clone_ctransid=7, clone_path='f', clone_offset=0)],
        'clone-dotdot': FILE + [command('clone', path='f', offset=0, clone_len=4096, clone_uuid=UUID,
                                        clone_ctransid=7, clone_path=up + '/file', clone_offset=0)],
        'device-write': [command('mknod', path='d', mode=0o20600, rdev=0x501), command('write', path='d', offset=0, data=b'x')],
        'fifo-write': [command('mkfifo', path='p'), command('write', path='p', offset=0, data=b'x')],
        'not-a-device': [command('mknod', path='d', mode=0o40700, rdev=1)],
        'huge-offset': FILE + [command('write', path='f', offset=2 ** 63, data=b'x')],
        'huge-size': FILE + [command('truncate', path='f', size=2 ** 63)],
        'no-path': [command('mkfile', ino=3)],
        'no-data': FILE + [command('write', path='f', offset=0)],
        'short-number': FILE + [command('truncate', path='f', size=b'1234')],
        'owner': FILE + [command('chown', path='f', uid=2 ** 32, gid=1)],
        'trusted': FILE + [command('set_xattr', path='f', name='trusted.x', value=b'x')],
        'bad-time': FILE + [command('utimes', path='f', atime=(1, 2 ** 31), mtime=(1, 1))],
        'second-subvolume': [command('subvol', path='other', uuid=OTHER, ctransid=7)],
        'snapshot-inside': [command('snapshot', path='other', uuid=OTHER, ctransid=7, clone_uuid=UUID, clone_ctransid=7)],
        'update': FILE + [command('update', path='f', offset=0, size=1)],
        'nonsense': [command('nonsense')],
        'nonsense-attribute': [command('mkfile', path='f', nonsense=b'x')],
        'twice': [command('mkfile', path='f') + command('mkfile', path='f')],
        'attribute-too-long': [command('mkfile', extra=struct.pack('<HH', 15, 5000) + b'f')],
        'attribute-cut': [command('mkfile', extra=b'\x0f')],
        'checksum': [command('mkfile', path='f')[:-1] + b'g'],
        'early-end': [command('end')],
    }
    headers = {
        'other-name': ['name=../../x'],
        'name-of-id': ['name=ps_42002'],
        'part-outside': ['part=../x file 3'],
        'part-of-image': ['part=rootfs subvolume'],
        'part-twice': ['part=data subvolume'],
        'part-huge': ['part=log file 99999999999999999999'],
        'two-names': ['name=a', 'name=b'],
        'unknown-parent': ['parent=' + '00' * 16 + ' 1'],
        'bad-parent': ['parent=zz 1'],
        'other-identity': [],
    }
    return kinds, headers


def write(kind, out):
    kinds, headers = hostile(out)
    config = b'created=2026-01-01T00:00:00.000000000Z\n'
    if kind == 'no-created':
        config = b'label=a=b\n'
    if kind == 'no-record':
        config = b'nonsense\n'
    identity = OTHER if kind == 'other-identity' else UUID
    lines = ['kind=vol', 'identity=%s 7' % identity.hex(), 'part=config file %d' % len(config), 'part=data subvolume']
    if kind == 'no-kind':
        lines[0] = 'kind=net'
    header = '\n'.join(lines + headers.get(kind, []) + ['']).encode()
    stream = b'btrfs-stream\0' + struct.pack('<I', 1) + b''.join(FIRST + kinds.get(kind, FILE) + [command('end')])
    whole = b'ct-send 1 %d\n' % len(header) + header + config + stream
    sys.stdout.buffer.write(whole + b'sha256:' + hashlib.sha256(whole).hexdigest().encode() + b'\n')


def flip(file, n, prefix):
    r = random.Random(7)
    with open(file, 'rb') as f:
        whole = f.read()
    for i in range(int(n)):
        at = r.randrange(len(whole)) if i >= 10 else r.randrange(min(400, len(whole)))
        changed = bytearray(whole)
        changed[at] ^= 1 << r.randrange(8)
        with open('%s.%d' % (prefix, i), 'wb') as f:
            f.write(changed)


def main(what, *args):
    if what == 'flip':
        flip(*args)
    elif what == 'hostile':
        write(*args)
    else:
        kinds, headers = hostile('/x')
        print(*[k for k in [*kinds, *headers, 'no-kind', 'no-created', 'no-record'] if k != 'nothing'], sep='\n')


main(*sys.argv[1:])
