"""Images of layers that hold what layers can hold, for layers.bats

layers.py image DIR N [KIND...]: an OCI image layout in DIR, tagged "test", of the first N
	layers (4 at most), which are compressed by those kinds (gzip, zstd, plain) in turn
layers.py tree DIR: a line for each file, with all that an image says of it
"""
import gzip
import hashlib
import io
import json
import os
import stat
import struct
import subprocess
import sys
import tarfile


LAYER = "application/vnd.oci.image.layer.v1.tar"


class Layer:
    def __init__(self):
        self.data = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.data, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, name, type=tarfile.REGTYPE, content=b"", mode=None, uid=0, gid=0, mtime=1000000000, link="",
            dev=(0, 0), xattrs=None):
        info = tarfile.TarInfo(name)
        info.type, info.uid, info.gid, info.mtime, info.linkname = type, uid, gid, mtime, link
        info.mode = mode if mode is not None else 0o755 if type == tarfile.DIRTYPE else 0o644
        info.size = len(content)
        info.devmajor, info.devminor = dev
        for key, value in (xattrs or {}).items():
            info.pax_headers["SCHILY.xattr." + key] = value.decode("utf-8", "surrogateescape")
        if isinstance(mtime, float):
            info.pax_headers["mtime"] = "%.9f" % mtime
        self.tar.addfile(info, io.BytesIO(content))
        return self

    def dir(self, name, **more):
        return self.add(name, tarfile.DIRTYPE, **more)

    def file(self, name, content="x", **more):
        return self.add(name, content=content.encode() if isinstance(content, str) else content, **more)

    def symlink(self, name, to, **more):
        return self.add(name, tarfile.SYMTYPE, link=to, mode=0o777, **more)

    def link(self, name, to, **more):
        return self.add(name, tarfile.LNKTYPE, link=to, **more)

    def hide(self, name, **more):
        path, _, base = name.rpartition("/")
        return self.file((path + "/" if path else "") + ".wh." + base, "", **more)

    def opaque(self, name, **more):
        return self.file((name + "/" if name else "") + ".wh..wh..opq", "", **more)

    def raw(self):
        self.tar.close()
        return self.data.getvalue()


def acl(*entries):
    """An ACL as the kernel keeps it (linux/posix_acl_xattr.h); an entry: tag, permissions, id."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", t, p, i & 0xffffffff) for t, p, i in entries)


ACL = acl((1, 7, -1), (2, 5, 1234), (4, 5, -1), (16, 5, -1), (32, 0, -1))
CAP = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)


def layers():
    """What lower layers hold, then what is put over it in all the ways that there are."""
    one = Layer()
    one.dir("./", mode=0o755, mtime=900000000)
    for name in "usr", "usr/lib", "usr/bin", "etc", "opq", "opq/sub", "opq/keep", "opq/deep", "opq/deep/er", "late", "late/sub", \
            "gone", "gone/sub", "replaced-dir", "times", "attr", "whole", "same", "same/dir":
        one.dir(name, mtime=900000001)
    one.symlink("lib", "usr/lib").symlink("absolute", "/usr/lib").symlink("toofar", "../../../usr")
    one.file("usr/lib/a", "lower a").file("usr/bin/su", mode=0o4755).file("usr/bin/wall", mode=0o2755, gid=5)
    one.file("usr/bin/ping", xattrs={"security.capability": CAP}).file("etc/passwd", "root\n", mode=0o600, uid=3, gid=4)
    one.file("opq/a").file("opq/sub/b").file("opq/keep/c").file("opq/deep/er/d").file("opq/linked")
    one.file("late/a").file("late/sub/b").file("late/linked")
    one.file("gone/a").file("gone/sub/b").file("gone-file").symlink("gone-link", "/etc")
    one.file("replaced-dir/x").file("replaced-file").symlink("replaced-link", "/usr").file("twice", "first")
    one.file("linked", "one inode").link("linked2", "linked").file("odd", mtime=1.25).file("old", mtime=-86400)
    one.file("future", mtime=4294967296).file("times/a", mtime=900000002).file("times/b")
    one.dir("attr/x", xattrs={"user.a": b"1", "system.posix_acl_default": ACL}).file("attr/x/f")
    one.file("attr/f", xattrs={"user.k": b"v\n\0w", "system.posix_acl_access": ACL}, mode=0o750)
    one.add("null", tarfile.CHRTYPE, dev=(1, 3), mode=0o666).add("disk", tarfile.BLKTYPE, dev=(8, 1), mode=0o660, gid=6)
    one.add("pipe", tarfile.FIFOTYPE, mode=0o600).dir("tmp", mode=0o1777).dir("closed", mode=0o000, uid=7)
    one.file("closed/in", mode=0).file("whole/a").file("same/dir/a").file("n" * 255)
    for i in range(20):
        one.dir("/".join(["d" * 100] * (i + 1)))
    one.file("/".join(["d" * 100] * 20 + ["f"]))
    one.file("umläut \n\x01").file(b"latin \xe4".decode("utf-8", "surrogateescape"))

    two = Layer()
    two.dir("usr").dir("usr/lib").file("lib/b", "through a link").file("absolute/c").file("toofar/d")
    two.file("lib/a", "upper a").link("lib/e", "usr/lib/b").link("hard", "linked").link("lib/hard3", "linked2")
    two.link("symhard", "absolute")
    two.hide("gone").hide("gone-file").hide("gone-link").hide("none").hide("none/at/all")
    two.dir("opq", mode=0o711, mtime=5).opaque("opq").file("opq/new").dir("opq/sub")
    two.dir("late", mode=0o711, mtime=6).dir("late/sub", mtime=7).file("late/new").file("late/sub/new")
    two.link("late/linked3", "late/linked").opaque("late").file("late/after").dir("late/sub", mtime=7)
    two.file("replaced-dir", "now a file").dir("replaced-file", mtime=8).dir("replaced-link", mtime=9)
    two.file("replaced-file/in").file("replaced-link/in", "not in usr")
    two.file("twice", "second").file("twice", "third").file("times/c").hide("times/b").link("times/hard", "linked")
    two.dir("attr/x", mode=0o700, xattrs={"user.b": b"2"}).file("attr/x/g")
    two.file("attr/f", "without")
    two.file("whole/b").hide("whole/b").hide("whole/a")
    two.dir("same/dir").file("same/dir/b").hide("same").file("same/dir/c").dir("same/dir")

    three = Layer()
    three.opaque("usr/lib").file("lib/only").hide("replaced-file").hide("whole")
    three.dir("whole", mtime=11).symlink("usr/lib/self", "self")
    three.dir("./", mode=0o751, mtime=12)

    four = Layer()
    four.dir("usr", mode=0o750, mtime=13).symlink("opq", "usr").file("opq/through", "to a new link")
    return [one.raw(), two.raw(), three.raw(), four.raw()]


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def blob(out, data, type):
    name = digest(data)
    with open(os.path.join(out, "blobs/sha256", name[7:]), "wb") as f:
        f.write(data)
    return {"mediaType": type, "digest": name, "size": len(data)}


def pack(data, kind):
    if kind == "gzip":
        return gzip.compress(data, mtime=0)
    if kind == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def write_image(out, raw, kinds):
    os.makedirs(os.path.join(out, "blobs/sha256"))
    kinds = [kinds[i % len(kinds)] for i in range(len(raw))]
    described = [blob(out, pack(data, kind), LAYER + ("" if kind == "plain" else "+" + kind))
                 for data, kind in zip(raw, kinds)]
    config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh"]},
              "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in raw]},
              "history": [{"created_by": "layer %d" % i} for i in range(len(raw))]}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": blob(out, json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
                "layers": described}
    described = blob(out, json.dumps(manifest).encode(), manifest["mediaType"])
    described["annotations"] = {"org.opencontainers.image.ref.name": "test"}
    with open(os.path.join(out, "oci-layout"), "w") as f:
        json.dump({"imageLayoutVersion": "1.0.0"}, f)
    with open(os.path.join(out, "index.json"), "w") as f:
        json.dump({"schemaVersion": 2, "manifests": [described]}, f)


def show(root):
    first = {}
    for path, dirs, files in os.walk(os.fsencode(root)):
        dirs.sort()
        for name in sorted(dirs + files) + ([b"."] if path == os.fsencode(root) else []):
            full = os.path.join(path, name)
            st = os.lstat(full)
            shown = os.path.relpath(full, os.fsencode(root))
            what = [shown, oct(st.st_mode), st.st_uid, st.st_gid, st.st_mtime_ns]
            if stat.S_ISLNK(st.st_mode):
                what.append(os.readlink(full))
            elif stat.S_ISREG(st.st_mode):
                with open(full, "rb") as f:
                    what.append(digest(f.read()))
            elif not stat.S_ISDIR(st.st_mode):
                what.append(st.st_rdev)
            if not stat.S_ISDIR(st.st_mode):
                what += [st.st_nlink, first.setdefault(st.st_ino, shown)]
            what += sorted((x, os.getxattr(full, x, follow_symlinks=False))
                           for x in os.listxattr(full, follow_symlinks=False))
            print(*what)


if __name__ == "__main__":
    if sys.argv[1] == "image":
        write_image(sys.argv[2], layers()[:int(sys.argv[3])], sys.argv[4:] or ["gzip"])
    else:
        show(sys.argv[2])
