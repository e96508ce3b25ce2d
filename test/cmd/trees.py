"""Random file trees, and what walking two trees finds; the tests of ct-diff and ct-send use it.

trees.py grow SEED DIR		makes a tree in an empty directory
trees.py change SEED DIR	changes a tree: every kind of change, several times
trees.py walk OLD NEW		prints what differs, in the form of ct-diff --json without "from"
trees.py archive LAYER...	writes an OCI image archive of these layers, base first
"""
import hashlib
import io
import json
import os
import random
import stat
import sys
import tarfile


def files_of(top):
    found = []
    for path, dirs, files in os.walk(top):
        found += [os.path.join(path, name) for name in dirs + files]
    return sorted(found)


def is_dir(path):
    return stat.S_ISDIR(os.lstat(path).st_mode)


def write(r, path):
    with open(path, 'wb') as f:
        if r.random() < 0.1:
            f.seek(r.randrange(1, 300000))
        f.write(r.randbytes(r.choice([0, 1, 100, 5000, 20000])))


def make(r, path):
    kind = r.choice(['file'] * 5 + ['dir'] * 3 + ['link', 'fifo', 'device', 'socket'])
    if kind == 'file':
        write(r, path)
    elif kind == 'dir':
        os.mkdir(path)
    elif kind == 'link':
        os.symlink(r.choice(['/etc', 'x', '../..', 'a' * 200]), path)
    elif kind == 'fifo':
        os.mkfifo(path)
    elif kind == 'device':
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(r.randrange(200) + 1, 3))
    else:
        os.mknod(path, stat.S_IFSOCK | 0o600)
    if kind != 'link' and r.random() < 0.3:
        os.chmod(path, r.choice([0o644, 0o4755, 0o1777, 0o600]))
    if r.random() < 0.3:
        os.lchown(path, r.randrange(70000), r.randrange(10))
        if kind == 'file' and r.random() < 0.5:
            os.setxattr(path, 'user.k%d' % r.randrange(3), r.randbytes(r.randrange(50)))


def a_directory(r, top):
    return r.choice([top] + [f for f in files_of(top) if is_dir(f)])


def a_name(r, top):
    return os.path.join(a_directory(r, top), r.choice(['n%d', 'ä%d', 'sp ace%d', 'b\\s%d', 'nl\n%d']) % r.randrange(400))


def grow(r, top):
    for _ in range(150):
        path = a_name(r, top)
        if not os.path.lexists(path):
            make(r, path)
    regular = [f for f in files_of(top) if stat.S_ISREG(os.lstat(f).st_mode)]
    for n in range(8):
        os.link(r.choice(regular), os.path.join(a_directory(r, top), 'hard%d' % n))


def remove(path):
    if is_dir(path):
        for name in os.listdir(path):
            remove(os.path.join(path, name))
        os.rmdir(path)
    else:
        os.unlink(path)


def overwrite(r, path, keep_time):
    st = os.lstat(path)
    if not st.st_size:
        return
    with open(path, 'r+b') as f:
        f.seek(r.randrange(st.st_size))
        f.write(r.randbytes(1))
    if keep_time:
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def swap(a, b, between):
    os.rename(a, between)
    os.rename(b, a)
    os.rename(between, b)


def change_one(r, top):
    found = files_of(top)
    path, other = r.choice(found), r.choice(found)
    regular = stat.S_ISREG(os.lstat(path).st_mode)
    apart = not (path + '/').startswith(other + '/') and not (other + '/').startswith(path + '/')
    new = a_name(r, top)
    what = r.randrange(14)
    if what == 0:
        remove(path)
    elif what == 1 and not os.path.lexists(new):
        make(r, new)
    elif what == 2 and not os.path.lexists(new) and not new.startswith(path + '/'):
        os.rename(path, new)
    elif what == 3 and not stat.S_ISLNK(os.lstat(path).st_mode):
        os.chmod(path, r.choice([0o640, 0o755, 0o2711]))
    elif what == 4:
        os.lchown(path, r.randrange(70000), r.randrange(10))
    elif what == 5 and (regular or is_dir(path)):
        os.setxattr(path, 'user.k%d' % r.randrange(3), r.randbytes(r.randrange(50)))
    elif what == 6 and regular and os.listxattr(path):
        os.removexattr(path, os.listxattr(path)[0])
    elif what == 7 and regular:
        overwrite(r, path, r.random() < 0.5)
    elif what == 8 and regular:
        os.truncate(path, r.randrange(30000))
    elif what == 9 and regular and not os.path.lexists(new):
        os.link(path, new)
    elif what == 10:
        os.utime(path, ns=(1, r.randrange(10 ** 18)), follow_symlinks=False)
    elif what == 11:
        remove(path)
        make(r, path)
    elif what == 12 and apart:
        swap(path, other, os.path.join(top, 'between'))
    elif what == 13 and regular:  # the same content in another inode
        st = os.lstat(path)
        with open(path, 'rb') as f:
            data = f.read()
        os.unlink(path)
        with open(path, 'wb') as f:
            f.write(data)
        os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))


def describe(top):
    """{path: (lstat, attributes, content)}, and the names of each inode"""
    tree, names = {}, {}
    for full in [top] + files_of(top):
        path = os.path.relpath(full, top)
        path = '/' if path == '.' else '/' + path
        st = os.lstat(full)
        inside = None
        if stat.S_ISLNK(st.st_mode):
            inside = os.readlink(full)
        elif stat.S_ISREG(st.st_mode):
            with open(full, 'rb') as f:
                inside = f.read()
        attributes = {a: os.getxattr(full, a, follow_symlinks=False) for a in os.listxattr(full, follow_symlinks=False)}
        tree[path] = (st, attributes, inside)
        names.setdefault(st.st_ino, set()).add(path)
    return {path: (*tree[path], names[tree[path][0].st_ino] if not stat.S_ISDIR(tree[path][0].st_mode) else None)
            for path in tree}


TYPES = {stat.S_IFDIR: 'directory', stat.S_IFLNK: 'link', stat.S_IFCHR: 'device', stat.S_IFBLK: 'device',
         stat.S_IFIFO: 'fifo', stat.S_IFSOCK: 'socket', stat.S_IFREG: 'file'}


def differences(a, b):
    old, new = a[0], b[0]
    if stat.S_IFMT(old.st_mode) != stat.S_IFMT(new.st_mode):
        return ['type'] + (['links'] if links_of(a, b) else [])
    what = []
    if old.st_rdev != new.st_rdev or stat.S_ISLNK(old.st_mode) and a[2] != b[2]:
        what.append('type')
    if old.st_mode != new.st_mode:
        what.append('mode')
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        what.append('owner')
    if old.st_mtime_ns != new.st_mtime_ns:
        what.append('time')
    if a[1] != b[1]:
        what.append('xattr')
    if stat.S_ISREG(old.st_mode) and a[2] != b[2]:
        what.append('content')
    if links_of(a, b):
        what.append('links')
    return what


def links_of(a, b):
    return a[3] is not None and (a[0].st_nlink > 1 or b[0].st_nlink > 1) and a[3] != b[3]


def walk(a, b):
    old, new = describe(a), describe(b)
    gone = None  # a path that is no directory any more: its entries are not listed
    for path in sorted(old.keys() | new.keys(), key=lambda p: [os.fsencode(c) for c in p.split('/')]):
        if gone and path.startswith(gone + '/'):
            continue
        mode = (new.get(path) or old.get(path))[0].st_mode
        line = {'path': path, 'type': TYPES[stat.S_IFMT(mode)]}
        if path not in new:
            line['change'] = 'D'
            gone = path
        elif path not in old:
            line['change'] = 'A'
        else:
            what = differences(old[path], new[path])
            if not stat.S_ISDIR(new[path][0].st_mode):
                gone = path
            if not what:
                continue
            line['change'], line['what'] = 'C', what
        print(json.dumps(line, sort_keys=True, separators=(',', ':'), ensure_ascii=False))


def archive(*layers):
    out = tarfile.open(fileobj=sys.stdout.buffer, mode='w|')

    def add(name, data):
        info = tarfile.TarInfo(name)
        info.size = len(data)
        out.addfile(info, io.BytesIO(data))

    def blob(kind, data):
        digest = hashlib.sha256(data).hexdigest()
        add('blobs/sha256/' + digest, data)
        return {'mediaType': 'application/vnd.oci.image.' + kind, 'digest': 'sha256:' + digest, 'size': len(data)}

    def document(kind, value):
        return blob(kind + '+json', json.dumps(value).encode())

    blobs = []
    for layer in layers:
        with open(layer, 'rb') as f:
            blobs.append(blob('layer.v1.tar', f.read()))
    config = document('config.v1', {'architecture': 'amd64', 'os': 'linux', 'config': {}, 'rootfs': {
        'type': 'layers', 'diff_ids': [b['digest'] for b in blobs]}})
    manifest = document('manifest.v1', {'schemaVersion': 2, 'config': config, 'layers': blobs})
    add('index.json', json.dumps({'schemaVersion': 2, 'manifests': [manifest]}).encode())
    add('oci-layout', b'{"imageLayoutVersion": "1.0.0"}')
    out.close()


def main(command, *args):
    if command in ('walk', 'archive'):
        {'walk': walk, 'archive': archive}[command](*args)
        return
    r = random.Random(int(args[0]))
    if command == 'grow':
        grow(r, args[1])
    else:
        for _ in range(40):
            change_one(r, args[1])


main(*sys.argv[1:])
