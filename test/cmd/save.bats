#!/usr/bin/env bats
# Images saved to archives, and read back by ct-init, skopeo, podman and umoci.
# shellcheck disable=SC2154 # set by helper.bash and by run

load helper
load registry
load zoo

setup_file() {
	sandbox_up
	other ct-store up 2>/dev/null
}
teardown_file() {
	other ct-store down
	rm -rf --one-file-system "/tmp/p${CT_TEST_DIR##*.}"
	sandbox_down
}
setup() { busybox_setup; }
teardown() {
	remove_containers
	other ct-images -q | other ct-rm -f -
	ct-images -q | grep -vx "$img" | ct-rm -f -
}

# other COMMAND...: in another store, as on another host.
other() {
	CT_ROOT=$CT_TEST_DIR/other CT_RUN=$CT_TEST_DIR/other-run "$@"
}

config_of() {
	ct-inspect "$1" | jq -S '.[0] | {Config, Architecture, Created}'
}

# same_image MINE THEIRS: the image of the other store has the same files and config.
same_image() {
	same_files "$(ct path "$1")" "$(other ct path "$2")"
	[ "$(config_of "$1")" = "$(other config_of "$2")" ]
}

# same_files DIR DIR: zoo.bash compares everything.
same_files() {
	same "$1" "$2" 2>/dev/null
}

# A container makes every kind of change to the files of the zoo.
zoo_changes='
cd /
rm /bin/plain /dangling && rm -r /empty && mkdir /new /empty && echo more >>/bin/setuid
mv /deep/a /moved && chmod 700 /sticky && chown 9:9 /acl/file && ln /acl/without /new/hard && ln -s /x /new/link
rm /fifo && mkdir /fifo && rm -r /deep/soft && echo soft >/deep/soft && mknod /new/fifo p && touch -d "2001-01-01 UTC" /nothing
dd if=/dev/zero of=/hole bs=1 count=1 seek=2000000 2>/dev/null; truncate -s 20M /sparse; rm /-dash; mv "/ spaces " "/  more  "
'

# An image of all kinds of files: a zoo of its own, and a container's changes to it, of every kind.
zoo_commit() {
	zoo "$D/zoo"
	cp -an "$busybox/." "$D/zoo"
	ct-init -n zoo "$D/zoo" >/dev/null
	finished -e A=1 -w /tmp zoo sh -c "$zoo_changes"
	ct-commit "$c" changed
}

@test "a saved image is the same in another store: files and config" {
	zoo_commit >/dev/null
	for name in zoo changed; do
		id=$(ct-save "$name" | other ct-init -)
		[ "$(other ct-images --no-header -o name "$id")" = "$name:latest" ]
		same_image "$name" "$id"
	done
}

@test "a commit on an image with layers is one more layer, which holds only what changed" {
	layout_make "$D/layout" -C "$busybox" .
	base=$(tar -C "$D/layout" -c . | ct-init -n base -)
	finished base sh -c 'echo new >/file; rm -r /etc; mkdir /etc; ln -s x /etc/link; chmod 700 /tmp'
	ct-commit "$c" top >/dev/null
	ct-save -o "$D/tar" top
	mkdir "$D/oci"
	tar -C "$D/oci" -xf "$D/tar"
	manifest=$D/oci/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$D/oci/index.json")
	[ "$(jq -r '.layers[0].digest' "$manifest")" = "$(jq -r '.layers[0].digest' "$D"/layout/blobs/sha256/"$(jq -r '.manifests[0].digest[7:]' "$D/layout/index.json")")" ]
	[ "$(jq '.layers | length' "$manifest")" = 2 ]
	tar -tf "$D/oci/blobs/sha256/$(jq -r '.layers[1].digest[7:]' "$manifest")" | LC_ALL=C sort >"$D/list"
	grep -qx etc/link "$D/list"
	grep -qx file "$D/list"
	grep -qx 'etc/.wh.passwd\|.wh.etc' "$D/list"
	run ! grep -q '^bin/.' "$D/list"
	id=$(other ct-init - <"$D/tar")
	same_image top "$id"
	config=$D/oci/blobs/sha256/$(jq -r '.config.digest[7:]' "$manifest")
	[ "$(jq '[.history[] | select(.empty_layer | not)] | length' "$config")" = 2 ]
	[ "$(jq '.rootfs.diff_ids | length' "$config")" = 2 ]
}

@test "an image that came as an archive leaves with its digests, from any store" {
	for tool in gzip cat; do
		mkdir "$D/$tool" "$D/$tool/files"
		head -c 100000 /dev/urandom >"$D/$tool/files/data"
		layout_make "$D/$tool" files
		[ $tool = gzip ] || plain_layers "$D/$tool"
		tar -C "$D/$tool" -c . | ct-init -n "$tool:1" - >"$D/id"
		ct-save "$tool:1" | other ct-init - >"$D/id"
		other ct-save "$tool:1" >"$D/tar"
		[ "$(tar -xOf "$D/tar" index.json | jq -r '.manifests[0].digest')" = "$(jq -r '.manifests[0].digest' "$D/$tool/index.json")" ]
		# The layer does not describe the root directory, which has the time of its unpacking.
		same_files "$(ct path "$tool:1")/files" "$(other ct path "$tool:1")/files"
		[ "$(config_of "$tool:1" | jq .Config)" = "$(other config_of "$tool:1" | jq .Config)" ]
	done
}

# plain_layers DIR: the layout's layer, uncompressed.
plain_layers() {
	local config layer manifest
	manifest=$(jq -r '.manifests[0].digest[7:]' "$1/index.json")
	config=$(jq -r .config.digest "$1/blobs/sha256/$manifest")
	layer=$(gzip -dc <"$1/blobs/sha256/$(jq -r '.layers[0].digest[7:]' "$1/blobs/sha256/$manifest")" | put_blob "$1")
	jq -c --arg d "$layer" --argjson n "$(stat -c %s "$1/blobs/sha256/${layer#*:}")" \
		'.layers = [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $d, size: $n}]' \
		"$1/blobs/sha256/$manifest" >"$1/m"
	manifest=$(put_blob "$1" <"$1/m")
	jq -c --arg d "$manifest" --argjson n "$(stat -c %s "$1/blobs/sha256/${manifest#*:}")" \
		'.manifests[0].digest = $d | .manifests[0].size = $n' "$1/index.json" >"$1/m"
	mv "$1/m" "$1/index.json"
	[ "$config" ]
}

@test "several images are one archive, with their names, and shared layers once" {
	mkdir "$D/a" "$D/b"
	echo a >"$D/a/file"
	echo b >"$D/b/file"
	a=$(ct-init -n a "$D/a")
	b=$(ct-init -n b:2 "$D/b")
	ct-tag a more:1 localhost/a
	for format in oci docker; do
		run -0 other ct-init - < <(ct-save --format "$format" "$a" b:2 busybox)
		[ ${#lines[@]} -eq 3 ]
		[ "$(other ct-images --no-header -o name "${lines[0]}")" = a:latest,localhost/a:latest,more:1 ]
		[ "$(other ct-images --no-header -o name "${lines[1]}")" = b:2 ]
		same_image "$a" "${lines[0]}"
		same_image "$b" "${lines[1]}"
		same_image busybox "${lines[2]}"
		other ct-rm "${lines[@]}"
	done
	ct-save a more:1 "$a" >"$D/tar"
	[ "$(tar -tf "$D/tar" | sort | uniq -d)" = '' ]
	[ "$(tar -xOf "$D/tar" index.json | jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]]')" = '["a:latest","more:1","localhost/a:latest"]' ]
	run -1 other ct-init -n x - < <(ct-save a b:2)
	[ "$output" = 'ct-init: standard input: 2 images, but one name' ]
}

@test "an archive of several images of which one is damaged leaves nothing" {
	mkdir "$D/a" "$D/b" "$D/out"
	echo a >"$D/a/file"
	echo b >"$D/b/file"
	ct-init -n a "$D/a"
	ct-init -n b "$D/b"
	ct-save a b | tar -C "$D/out" -x
	manifest=$D/out/blobs/sha256/$(jq -r '.manifests[1].digest[7:]' "$D/out/index.json")
	layer=$D/out/blobs/sha256/$(jq -r '.layers[0].digest[7:]' "$manifest")
	tr b c <"$layer" >"$D/damaged"
	cp "$D/damaged" "$layer"
	run -1 other ct-init - < <(tar -C "$D/out" -c .)
	[ ${#lines[@]} -eq 1 ]
	[[ $output == *'its content has another digest' ]]
	[ -z "$(other ct-images -q)" ]
	[ -z "$(find "$CT_TEST_DIR/other/layers" "$CT_TEST_DIR/other/tmp" -mindepth 1)" ]
}

@test "the same image saved twice gives the same bytes" {
	zoo_commit >/dev/null
	for format in oci docker; do
		[ "$(ct-save --format $format changed zoo | sha256sum)" = "$(ct-save --format $format changed zoo | sha256sum)" ]
	done
}

@test "skopeo, umoci and podman read saved images" {
	zoo_commit >/dev/null
	ct-tag changed localhost/changed:1
	ct-save -o "$D/oci" localhost/changed:1
	ct-save -o "$D/docker" --format docker localhost/changed:1
	for from in "oci-archive:$D/oci" "docker-archive:$D/docker"; do
		skopeo inspect --config "$from" | jq -e '.config.Env == ["A=1"] and .config.WorkingDir == "/tmp"'
		skopeo copy -q --insecure-policy "$from" "oci:$D/skopeo:x"
		umoci unpack --image "$D/skopeo:x" "$D/bundle" >/dev/null 2>&1
		same_but_holes "$(ct path changed)" "$D/bundle/rootfs"
		rm -r "$D/skopeo" "$D/bundle"
	done
	command -v podman >/dev/null || return 0
	for file in oci docker; do
		podman_here load -q -i "$D/$file"
		[ "$(podman_here image inspect localhost/changed:1 | jq -c '.[0].Config.Env')" = '["A=1"]' ]
		# podman leaves out ACLs and the time of the root.
		diff -a <(list "$(ct path changed)" | sed 1d) <(list "$(podman_here image mount localhost/changed:1)" | sed 1d)
		# A layer with the holes of a file could not be written again.
		podman_here save -q localhost/changed:1 | other ct-init - >/dev/null
		podman_here image umount localhost/changed:1 >/dev/null
		podman_here rmi -f localhost/changed:1 >/dev/null
	done
}

list() {
	(cd "$1" && find . -printf '%p %y %U:%G %l %T@ ' \( -type f -printf %s -o -true \) -printf '\n' | LC_ALL=C sort)
}

# podman refuses a runroot of more than 50 characters.
podman_here() {
	podman --root "$D/podman" --runroot "/tmp/p${CT_TEST_DIR##*.}" --storage-driver vfs "$@"
}

@test "a file appears whole at the end: a killed save leaves nothing of it" {
	mkdir "$D/big"
	head -c 100000000 /dev/zero >"$D/big/file"
	ct-init -n big "$D/big"
	mkfifo "$D/out"
	ls -A "$CT_ROOT/tmp" >"$D/before"
	# Killed while it writes the archive.
	ct-save big >"$D/out" 3>&- &
	exec 7<"$D/out"
	head -c 1000000 <&7 >/dev/null
	kill -9 $!
	wait $! || true
	exec 7<&-
	# Killed while the file, which has no name yet, is written.
	ct-save -o "$D/file" big 3>&- &
	wait_until sh -c 'ls -l "/proc/$1/fd" | grep -qF "$2/"' sh $! "$D"
	kill -9 $!
	wait $! || true
	[ ! -e "$D/file" ]
	[ ! -e "$D/file.part" ]
	[ "$(ls -A "$CT_ROOT/tmp")" = "$(cat "$D/before")" ]
	echo old >"$D/file"
	ln -s file "$D/link"
	ct-save -o "$D/link" big
	[ -L "$D/link" ]
	tar -tf "$D/file" >/dev/null
	ls "$D" >"$D/list"
	run ! grep part "$D/list"
}

@test "bad input is one line, and no file is made or changed" {
	echo old >"$D/file"
	fails() {
		run --separate-stderr "-$1" ct-save "${@:3}"
		[ -z "$output" ] && [ ${#stderr_lines[@]} -eq 1 ] && [[ $stderr == "ct-save: $2"* ]] || { echo "$stderr"; return 1; }
	}
	fails 2 'missing operand'
	fails 1 'nosuch: no such image' nosuch
	fails 1 'nosuch: no such image' -o "$D/file" busybox nosuch
	fails 1 'ps_42002: is the id of a container' ps_42002
	fails 2 '--format: ' --format tar busybox
	fails 1 "$D/none/x: No such file" -o "$D/none/x" busybox
	fails 1 "$D: Is a directory" -o "$D" busybox
	[ "$(cat "$D/file")" = old ]
	run -1 bash -c 'ct-save busybox >/dev/full'
	[ "$output" = 'ct-save: standard output: No space left on device' ]
	run -0 bash -c 'ct-save busybox | head -c 100 >/dev/null'
	mkdir "$D/wh"
	touch "$D/wh/.wh.x"
	ct-init -n wh "$D/wh"
	fails 1 "wh: .wh.x: a layer cannot hold a file whose name begins with \".wh.\"" wh
}

@test "a built image has the layers of its base, and one more; all in one if they are gone" {
	layout_make "$D/layout" -C "$busybox" .
	base=$(tar -C "$D/layout" -c . | ct-init -n base -)
	printf 'FROM base\nRUN echo 1 >/one\nENV A=1\nRUN echo 2 >/two; rm /etc/group\n' >"$D/Dockerfile"
	ct-build -t built "$D" >/dev/null 2>&1
	ct-save -o "$D/tar" built
	skopeo inspect --config "oci-archive:$D/tar" | jq -e '(.rootfs.diff_ids | length) == 2 and
		([.history[] | select(.empty_layer | not)] | length) == 2 and .config.Env[-1] == "A=1"'
	id=$(other ct-init - <"$D/tar")
	same_image built "$id"
	sed -i '/^layer=/s/.$/-/' "$CT_ROOT/$(ct id built)/config"
	ct-save -o "$D/tar" built
	[ "$(skopeo inspect --config "oci-archive:$D/tar" | jq '.rootfs.diff_ids | length')" = 1 ]
}
