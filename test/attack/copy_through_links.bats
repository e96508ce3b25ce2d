# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# CVE-2018-15664 and its kind: a container exchanges a directory for a link while the host copies into or
# out of it; a tar has entries that lead through links. (test/cmd/cp.bats and init.bats have more of it.)
load attack

@test "ct cp follows no link that a container exchanges for a directory" {
	background "$img" sh -c "mkdir -p /w/d; echo mine >/w/d/secret; ln -s ../../../../../../../../../../..$D/host /w/link; exec attack swap /w/d /w/link"
	wait_until test -L "$root/w/d"
	mkdir "$D/src" "$D/out"
	echo copied >"$D/src/new"
	for i in $(seq 15); do
		timeout 20 ct-cp "$c:/w/d/secret" "$D/out/$i" || :
		timeout 20 ct-cp "$D/src/new" "$c:/w/d/" || :
		tar -c -C "$D/src" . | timeout 20 ct-cp - "$c:/w/d" || :
	done >"$D/said" 2>&1
	run cat "$D"/out/* "$D/said"
	unharmed
}

@test "without protection (cp by path): the link is followed in both directions" {
	background "$img" sh -c "mkdir -p /w/d; echo mine >/w/d/secret; ln -s $D/host /w/link; exec attack swap /w/d /w/link"
	wait_until test -L "$root/w/d"
	read_out() { grep -qs "secret of the host" "$root/w/d/secret"; }
	write_in() { cp "$root/w/d/secret" "$D/copied" 2>/dev/null && grep -qs "of the host" "$D/copied" && echo x >"$root/w/d/new" && [ -e "$D/host/new" ]; }
	wait_until read_out
	wait_until write_in
}

@test "a tar of links writes nothing outside, in an image as in a container" {
	mkdir "$D/tar" && cd "$D/tar"
	background "$img" sleep 1000
	python3 - "$D/host" <<'END'
import io, sys, tarfile
host = sys.argv[1]
def entry(name, kind, link=''):
    e = tarfile.TarInfo(name)
    e.type, e.linkname = kind, link
    return e
def file(name):
    e = tarfile.TarInfo(name)
    e.size = 3
    return e
tars = {
    'absolute': [file(host + '/new')],
    'dots': [file('../' * 20 + host + '/new')],
    'link': [entry('l', tarfile.SYMTYPE, host), file('l/new')],
    'dotted-link': [entry('l', tarfile.SYMTYPE, '../' * 20 + host), file('l/new')],
    'hard': [entry('h', tarfile.LNKTYPE, host + '/secret'), file('h')],
    'hard-through-link': [entry('l', tarfile.SYMTYPE, host), entry('h', tarfile.LNKTYPE, 'l/secret'), file('h')],
    'whiteout': [entry('l', tarfile.SYMTYPE, host), file('l/.wh.secret')],
    'opaque': [entry('l', tarfile.SYMTYPE, host), file('l/.wh..wh..opq')],
}
for name, entries in tars.items():
    with tarfile.open(name + '.tar', 'w') as tar:
        for e in entries:
            tar.addfile(e, io.BytesIO(b'new') if e.isreg() else None)
END
	for tar in *.tar; do
		run timeout 20 ct-cp - "$c:/tmp" <"$tar"
		unharmed
		run timeout 20 ct-init - <"$tar"
		[ "$status" -ne 0 ] || ct-rm "$output"
		unharmed
	done
}

@test "without protection (a tar unpacked by path): it writes outside" {
	mkdir "$D/root"
	python3 -c '
import sys, os
os.symlink(sys.argv[2], sys.argv[1] + "/l")
open(sys.argv[1] + "/l/new", "w").write("new")' "$D/root" "$D/host"
	[ "$(cat "$D/host/new")" = new ]
}
