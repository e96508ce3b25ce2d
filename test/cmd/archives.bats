bats_require_minimum_version 1.5.0
load helper
load zoo
load imports

# Keys of an image's config, as they are in the store.
config() {
	sed -n "s/^$2=//p" "$CT_ROOT/$1/config"
}

# $layout: an OCI image layout, made by umoci, of two layers on busybox; $unpacked: what umoci unpacks
# of it. Once a file.
layout() {
	layout=$CT_TEST_DIR/layout unpacked=$CT_TEST_DIR/bundle/rootfs
	[ -e "$unpacked" ] && return
	(
		cd "$CT_TEST_DIR" || exit
		umoci init --layout layout
		umoci new --image layout:v1
		umoci unpack --image layout:v1 work
		"$CT_TESTS/busybox" work/rootfs
		mkdir work/rootfs/gone
		zoo work/rootfs/zoo
		umoci repack --refresh-bundle --image layout:v1 work
		rmdir work/rootfs/gone
		echo second >work/rootfs/second
		umoci repack --image layout:v1 work
		umoci config --image layout:v1 --config.entrypoint /bin/sh --config.entrypoint -c \
			--config.cmd 'echo $GREETING from $PWD' --config.env GREETING='hello  you' \
			--config.workingdir /etc --config.stopsignal SIGINT --config.label a=b
		umoci unpack --image layout:v1 bundle
		rm -r work
	) >&2
}

# Compares an image with that of `layout`, including the config.
is_layout() {
	same "$unpacked" "$(rootfs "$1")"
	[ "$(ct-run "$1")" = "hello you from /etc" ]
	[ "$(config "$1" stopsignal)$(config "$1" label)" = SIGINTa=b ]
	[ "$(config "$1" source)" = - ]
}

podman() {
	unshare -mn podman --root "$CT_TEST_DIR/podman" --runroot "$CT_TEST_DIR/podman.run" \
		--tmpdir "$CT_TEST_DIR/podman.tmp" --storage-driver vfs --cgroup-manager cgroupfs "$@"
}

# An archive on stdout: `files` (name: bytes) in order, made by Python with what is below.
archive_of() {
	python3 -c '
import gzip, hashlib, io, json, sys, tarfile
files, extra = {}, []
M, I = "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json"
C, L = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"
LINK, HARD, DIR, CHR, FIFO = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
def sha(data): return hashlib.sha256(data).hexdigest()
def dump(what): return json.dumps(what).encode()
def tar(**entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, data in entries.items():
            i = tarfile.TarInfo(name)
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))
    return out.getvalue()
def path(data): return "blobs/sha256/" + sha(data)
def blob(kind, data, **more):
    files[path(data)] = data
    return dict(mediaType=kind, digest="sha256:" + sha(data), size=len(data), **more)
def config(*layers, **more):
    return dump(dict({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/a"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(l) for l in layers]}}, **more))
def manifest(c, *layers):
    return dump({"schemaVersion": 2, "mediaType": M, "config": blob(C, c), "layers": [blob(L, l) for l in layers]})
def index(*descriptors): return dump({"schemaVersion": 2, "mediaType": I, "manifests": list(descriptors)})
def named(name): return {"annotations": {"org.opencontainers.image.ref.name": name}}
def platform(arch): return {"platform": {"os": "linux", "architecture": arch}}
def layout(*descriptors):
    files["oci-layout"] = dump({"imageLayoutVersion": "1.0.0"})
    files["index.json"] = index(*descriptors)
def add(name, data=b"", **fields): extra.append((name, data, fields))
one = tar(a=b"1", test=sys.argv[2].encode())	# layers of other tests may be in the store
cfg = config(one)
exec(sys.argv[1])
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as out:
    for name, data, fields in [(n, d, {}) for n, d in files.items()] + extra:
        i = tarfile.TarInfo(name)
        i.size = len(data)
        for k, v in fields.items():
            setattr(i, k, v)
        out.addfile(i, io.BytesIO(data))' "$1" "$BATS_TEST_NUMBER"
}

@test "an OCI image layout becomes an image with its files and its config, in each compression" {
	layout
	for filter in cat gzip 'zstd -q' 'xz -1' bzip2; do
		id=$(tar -C "$layout" -c . | $filter | ct-init -)
		[ -z "${first-}" ] || [ "$id" = "$first" ]
		first=$id
	done
	is_layout "$id"
	[ "$(ct-images --no-header -o digest "$id")" = "$(jq -r '.manifests[0].digest' "$layout/index.json")" ]
	[ "$(config "$id" config-digest)" = "$(skopeo inspect --raw "oci:$layout:v1" | jq -r .config.digest)" ]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "an OCI archive and a docker archive of skopeo are read from a pipe" {
	layout
	mkfifo "$D/pipe"
	skopeo copy -q "oci:$layout:v1" "oci-archive:$D/pipe:local/oci:1" &
	id=$(ct-init - <"$D/pipe")
	wait
	is_layout "$id"
	docker=$(skopeo copy -q "oci:$layout:v1" docker-archive:/dev/stdout:local/docker:2 | ct-init -)
	[ "$docker" = "$id" ]
	[ "$(ct-images -q local/oci:1)" = "$id" ]
	[ "$(ct-images -q local/docker:2)" = "$id" ]
}

@test "each archive format of podman save gives the saved image" {
	layout
	tar -C "$layout" -cf "$D/image.tar" .
	podman load -q -i "$D/image.tar" >"$D/said"
	name=$(podman images -a --format '{{.ID}}')
	podman tag "$name" registry.test/some/thing:1.2 registry.test/other
	for format in docker-archive oci-archive; do
		id=$(podman save -q --format $format registry.test/some/thing:1.2 | ct-init -)
		is_layout "$id"
		[ "$(ct-images -q registry.test/some/thing:1.2)" = "$id" ]
		ct-rm -f "$id"
	done
	id=$(podman save -q -m registry.test/some/thing:1.2 registry.test/other | gzip | ct-init -)
	[ "$(ct-images -q registry.test/some/thing:1.2)" = "$id" ]
	[ "$(ct-images -q registry.test/other)" = "$id" ]
}

# manifest.json comes last; of two layers that are the same one is a link.
old_docker='
two = tar(b=b"2")
c = config(one, two, one)
for n, l in ("1", one), ("2", two): files[n * 64 + "/VERSION"], files[n * 64 + "/layer.tar"] = b"1.0", l
add("3" * 64, type=DIR)
add("3" * 64 + "/layer.tar", type=LINK, linkname="../" + "1" * 64 + "/layer.tar")
files[sha(c) + ".json"] = c
files["repositories"] = b"{}"
add("manifest.json", dump([{"Config": sha(c) + ".json", "RepoTags": ["old/thing:1", "alpine"],
	"Layers": [n * 64 + "/layer.tar" for n in "123"]}]))'

@test "a docker save archive from before 25 gives its layers, links and names" {
	id=$(archive_of "$old_docker" | ct-init -)
	[ "$(cd "$(rootfs "$id")" && cat a b)" = 12 ]
	[ "$(config "$id" cmd)" = /a ]
	[ -z "$(ct-images --no-header -o digest "$id")" ]
	[ "$(ct-images -q old/thing:1)" = "$id" ]
	[ "$(ct-images -q alpine:latest)" = "$id" ]
	[ "$(archive_of "$old_docker" | ct-init -)" = "$id" ]
}

@test "a docker save archive since 25 (with an OCI layout) keeps its digest and names" {
	id=$(archive_of '
m = manifest(cfg, one)
layout(*[blob(M, m, annotations={"io.containerd.image.name": "docker.io/library/new:" + t, "org.opencontainers.image.ref.name": t})
	for t in ("1", "latest")])
files["manifest.json"] = dump([{"Config": path(cfg), "RepoTags": ["new:1", "new:latest"], "Layers": [path(one)]}])' | tee "$D/new.tar" | ct-init -)
	[ "$(ct-images -q new:1)" = "$id" ]
	[ "$(ct-images -q new:latest)" = "$id" ]
	[ "$(ct-images --no-header -o digest "$id")" = "$(tar -xOf "$D/new.tar" index.json | jq -r '.manifests[0].digest')" ]
	[ "$(cat "$(rootfs "$id")/a")" = 1 ]
}

@test "the order of the files does not matter, nor ./ before their names, nor directories" {
	id=$(archive_of 'layout(blob(M, manifest(cfg, one))); files = {"./" + n: files[n] for n in reversed(sorted(files))}
add("./blobs", type=DIR); add("./", type=DIR)' | ct-init -)
	[ "$(cat "$(rootfs "$id")/a")" = 1 ]
}

@test "podman's localhost/NAME is found by its short name, and ct-rm removes only that name" {
	id=$(archive_of 'layout(blob(M, manifest(cfg, one), **named("localhost/made:1")))' | ct-init -)
	for name in made:1 library/made:1 localhost/made:1; do
		[ "$(ct-images -q $name)" = "$id" ]
	done
	run ! ct-images -q docker.io/made:1
	[ "$(ct-images -q "made@$(ct-images --no-header -o digest "$id")")" = "$id" ]
	archive_of 'layout(blob(M, manifest(cfg, one), **named("other:1")))' | ct-init -
	ctr=$(ct-run --only snapshot --name made "$id")
	ct-rm made
	run ! ct-ps -q "$ctr"	# the container alone had the name itself
	ct-rm made:1
	[ "$(ct-images --no-header -o name "$id")" = other:1 ]
}

@test "an archive that brings the name of another image says that the name moves" {
	old=$(archive_of 'layout(blob(M, manifest(cfg, one), **named("a/b:1")))' | ct-init -)
	archive_of 'cfg = config(one, config={"Cmd": ["other"]}); layout(blob(M, manifest(cfg, one), **named("a/b:1")))' >"$D/new.tar"
	run --separate-stderr ct-init - <"$D/new.tar"
	[ "$stderr" = "ct-init: a/b:1: the name moves from $old to $output" ]
	id=$output
	run --separate-stderr ct-init - <"$D/new.tar"
	[ "$output:$stderr" = "$id:" ]
	run --separate-stderr ct-init -n a/b:1 - < <(archive_of 'layout(blob(M, manifest(cfg, one)))')
	[ "$output:$stderr" = "$old:" ]
}

@test "-n replaces the names in the archive, and refuses a tag without a name" {
	id=$(archive_of 'layout(blob(M, manifest(cfg, one), **named("over/ruled:1")))' | ct-init -n mine -)
	[ "$(ct-images -q mine)" = "$id" ]
	run ! ct-images -q over/ruled:1
	ct-rm -f "$id"
	id=$(archive_of 'layout(blob(M, manifest(cfg, one), **named("latest")))' | ct-init -)
	[ -z "$(ct-images --no-header -o name "$id")" ]
}

@test "a name by digest gets the image's own digest, whatever digest the archive says" {
	for digest in 'sha(m)' '"1" * 64'; do
		id=$(archive_of "m = manifest(cfg, one); layout(blob(M, m, **named('some/thing@sha256:' + $digest)))" | ct-init -)
		[ "$(ct-images -q "some/thing@$(ct-images --no-header -o digest "$id")")" = "$id" ]
		run ! ct-images -q "some/thing@sha256:$(printf '1%.0s' $(seq 64))"
		run ! ct-images -q some/thing
		ct-rm -f "$id"
	done
}

@test "of several platforms this machine's is chosen, also from a nested index" {
	other='other = blob(M, manifest(config(architecture="s390x")), **platform("s390x"))'
	id=$(archive_of "$other"'; layout(other, blob(M, manifest(cfg, one), **platform("amd64")))' | ct-init -)
	[ "$(config "$id" arch)" = amd64 ]
	deep=$(archive_of "$other"'; layout(blob(I, index(other, blob(M, manifest(cfg, one), **platform("amd64"))), **named("deep:1")))' |
		ct-init -)
	[ "$deep" = "$id" ]
	[ "$(ct-images -q deep:1)" = "$id" ]
	ct-rm -f "$id"
	run ct-init - < <(archive_of "$other"'; layout(other, blob(M, manifest(config(one, architecture="arm64"), one), **platform("arm64")))')
	refused "linux/arm64, linux/s390x"
	# No image was chosen by hand.
	id=$(archive_of "$other; layout(other)" | ct-init -)
	[ "$(config "$id" arch)" = s390x ]
}

@test "of an archive of several images each becomes one, in their order, unless one name is given" {
	several='two = tar(several=b"2"); d = [blob(M, manifest(config(l), l), **named(n)) for l, n in ((two, "z:1"), (one, "b:2"), (two, "y:1"))]; layout(*d)'
	docker='two = config(config={"User": "x"}); files.update({"1.json": cfg, "2.json": two, "l.tar": one})
files["manifest.json"] = dump([{"Config": "2.json", "RepoTags": ["z:1"], "Layers": []}, {"Config": "1.json", "RepoTags": ["b:2"], "Layers": ["l.tar"]}, {"Config": "2.json", "RepoTags": ["y:1"], "Layers": []}])'
	for archive in "$several" "$docker"; do
		run ct-init -n c - < <(archive_of "$archive")
		refused "2 images, but one name"
		run -0 --separate-stderr ct-init - < <(archive_of "$archive")
		[ ${#lines[@]} -eq 2 ]
		[ "$(ct-images --no-header -o name "${lines[0]}")" = y:1,z:1 ]
		[ "$(ct-images --no-header -o name "${lines[1]}")" = b:2 ]
		ct-rm "${lines[@]}"
	done
	run ct-init - < <(archive_of "$several; files[path(one)] = one[:-1] + b'x'")
	refused ": its content has another digest"
	run ct-init - < <(archive_of "${several//layout(*d)/d[1][\"digest\"] = \"sha256:7\"; layout(*d)}")
	refused "sha256"
}

@test "a root file system that contains the files of an image archive is a root file system" {
	id=$(archive_of 'layout(blob(M, manifest(cfg, one))); add("usr/bin/app", b"x")' | ct-init -)
	[ -e "$(rootfs "$id")/oci-layout" ]
	id=$(archive_of 'files["manifest.json"] = b"{\"name\": \"a web application\"}"; files["app"] = b"x"' | ct-init -)
	[ -e "$(rootfs "$id")/manifest.json" ]
}

@test "a changed, missing or resized file of an OCI archive is refused by name" {
	run ct-init - < <(archive_of 'm = manifest(cfg, one); layout(blob(M, m)); files[path(one)] = one[:-1] + b"x"')
	refused ": its content has another digest"
	run ct-init - < <(archive_of 'm = manifest(cfg, one); layout(blob(M, m)); files[path(one)] += b"x"')
	refused "bytes, not "
	run ct-init - < <(archive_of 'm = manifest(cfg, one); layout(blob(M, m)); files[path(cfg)] = config(one, config={"Cmd": ["/b"]})')
	refused ": its content has another digest"
	run ct-init - < <(archive_of 'm = manifest(cfg, one); layout(blob(M, m)); files[path(m)] = m.replace(b"2", b"3")')
	refused ": its content has another digest"
	for gone in 'path(one)' 'path(cfg)' 'path(m)' '"index.json"'; do
		run ct-init - < <(archive_of "m = manifest(cfg, one); layout(blob(M, m)); del files[$gone]")
		refused "No such file or directory"
	done
	run ct-init - < <(archive_of 'layout(blob(M, manifest(config(tar(b=b"2")), one)))')
	refused sha256
	layers=$(ls "$CT_ROOT/layers")
	run ct-init - < <(archive_of 'two = tar(c=b"3"); layout(blob(M, manifest(config(two, one), two, two)))')
	refused "layer 2 of 2: "
	[ "$(ls "$CT_ROOT/layers")" = "$layers" ]
}

@test "a changed or missing file of a docker archive is refused by name" {
	run ct-init - < <(archive_of "$old_docker; files[sha(c) + '.json'] = c + b' '")
	refused ".json: its content has another digest"
	run ct-init - < <(archive_of "$old_docker; files['1' * 64 + '/layer.tar'] = two")
	refused sha256
	run ct-init - < <(archive_of "$old_docker; del files['2' * 64 + '/layer.tar']")
	refused "2/layer.tar: No such file or directory"
	run ct-init - < <(archive_of 'files["manifest.json"] = b"[]"')
	refused "manifest.json: "
	run ct-init - < <(archive_of 'files["manifest.json"] = b"[{\"Config\": 7}]"')
	refused "manifest.json: "
	run ct-init - < <(archive_of 'files["manifest.json"] = b"[{"')
	refused "manifest.json: "
}

@test "names and links in an archive read no file outside of it" {
	archive_of 'sys.stdout.buffer.write(one); sys.exit()' >"$D/outside"
	mkfifo "$D/fifo"
	for layer in "$D/outside" "../../../../..$D/outside" "link" "deep/link" fifo null dir ""; do
		run timeout 30 ct-init - < <(archive_of "files['c.json'] = cfg
add('link', type=LINK, linkname='$D/outside'); add('deep', type=LINK, linkname='$D'); add('dir', type=DIR)
add('fifo', type=FIFO); add('null', type=CHR, devmajor=1, devminor=3)
add('manifest.json', dump([{'Config': 'c.json', 'RepoTags': None, 'Layers': ['$layer']}]))")
		refused ": "
	done
	run ct-init - < <(archive_of "layout(blob(M, manifest(cfg, one))); del files[path(one)]; add(path(one), type=LINK, linkname='$D/outside')")
	refused "No such file or directory"
}

@test "a duplicate name in an image archive is refused" {
	run ct-init - < <(archive_of 'layout(blob(M, manifest(cfg, one))); add("index.json", files["index.json"])')
	refused "index.json: occurs twice"
	run ct-init - < <(archive_of 'layout(blob(M, manifest(cfg, one))); add("./" + path(one), one)')
	refused ": occurs twice"
}

@test "names with \"..\", and invalid names, are refused" {
	run ct-init - < <(archive_of 'layout(blob(M, manifest(cfg, one))); add("../evil", b"x")')
	refused '../evil: a name with ".." is refused'
	run ct-init - < <(archive_of 'layout(blob(M, manifest(cfg, one), **named("Up/Per:1")))')
	refused "Up/Per:1"
	run ct-init - < <(archive_of 'files.update({"c": cfg, "l": one}); files["manifest.json"] = dump([{"Config": "c", "RepoTags": ["a\nb"], "Layers": ["l"]}])')
	refused 'a\nb'
}

@test "JSON documents that are too large or too deeply nested are refused" {
	run ct-init - < <(archive_of 'layout(blob(M, manifest(cfg, one))); files["index.json"] += b" " * (5 << 20)')
	refused "index.json: larger than"
	run ct-init - < <(archive_of 'd = blob(M, manifest(cfg, one))
for i in range(9): d = blob(I, index(d))
layout(d)')
	refused "indexes are nested too deep"
	run ct-init - < <(archive_of 'files.update({"c": config(*[one] * 600), "l": one}); files["manifest.json"] = dump([{"Config": "c", "Layers": ["l"] * 600}])')
	refused "more than 512 layers"
}

@test "an archive truncated anywhere is refused, and nothing of it is left" {
	archive_of 'layout(blob(M, manifest(cfg, one)))' >"$D/whole.tar"
	end=$(python3 -c 'import sys, tarfile; t = tarfile.open(sys.argv[1]); t.getmembers(); print(t.offset)' "$D/whole.tar")
	for at in $(seq 512 1536 "$end") "$end" 100 700; do
		run ct-init - < <(head -c "$at" "$D/whole.tar")
		refused ": "
	done
}

@test "an archive that does not fit in the store fails with one line, and nothing is left" {
	truncate -s 150M "$D/small"
	mkfs.btrfs -q "$D/small"
	mkdir "$D/mnt"
	run unshare -m sh -c '
		mount -o loop "$1/small" "$1/mnt" || exit 99
		export CT_ROOT=$1/mnt/ct
		ct-init -; echo "status $?"
		ct-images -q; ls "$CT_ROOT/tmp"' - "$D" < <(
		archive_of 'import os; big = tar(big=os.urandom(80 << 20)); layout(blob(M, manifest(config(big), big)))')
	[ "${#lines[@]}" -eq 2 ]
	[[ "${lines[0]}" == "ct-init: "*"No space left on device" ]]
	[ "${lines[1]}" = "status 1" ]
}
