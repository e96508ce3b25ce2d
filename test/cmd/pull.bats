bats_require_minimum_version 1.5.0
load helper
load registry
load zoo

setup_file() {
	sandbox_up
	registry_up plain basic token tls
	hostile_up
	make_layout
	setup
	push plain many:1
	skopeo inspect --raw "oci:$layout:v1" | jq -r '.layers[].digest' >"$CT_TEST_DIR/layers"
}

teardown_file() {
	podman unmount -a >/dev/null 2>&1 || true
	alone rm -rf "$CT_TEST_DIR/podman" "$CT_TEST_DIR/podman.run" "$CT_TEST_DIR/podman.tmp"
	registry_down
	sandbox_down
}

setup() {
	D=$BATS_TEST_TMPDIR
	layout=$CT_TEST_DIR/layout
	unpacked=$CT_TEST_DIR/bundle/rootfs
	registry_at plain
	plain=$registry
}

# Removes everything that a test pulled.
teardown() {
	remove_containers
	ct-images -q | ct-rm -f -
	nothing_left
	[ "$(count layers)" -eq 0 ]
}

# How many there are in a directory of the store.
count() {
	find "$CT_ROOT/$1" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l
}

nothing_left() {
	[ "$(count tmp)$(count blobs)" = 00 ]
}

# Removes their caches of known blobs for the next test.
alone() {
	unshare -m sh -c 'mount -t tmpfs none /var/lib && exec "$@"' sh "$@"
}

skopeo() {
	alone skopeo "$@"
}

podman() {
	alone podman --root "$CT_TEST_DIR/podman" --runroot "$CT_TEST_DIR/podman.run" \
		--tmpdir "$CT_TEST_DIR/podman.tmp" --storage-driver vfs --cgroup-manager cgroupfs "$@"
}

# An OCI image layout with an image v1 of three layers, the last of which hides something; $unpacked is
# what umoci makes of it.
make_layout() {
	cd "$CT_TEST_DIR" || return
	umoci init --layout layout
	umoci new --image layout:v1
	umoci unpack --image layout:v1 work
	"$CT_TESTS/busybox" work/rootfs
	umoci repack --refresh-bundle --image layout:v1 work
	zoo work/rootfs
	mkdir work/rootfs/gone
	: >work/rootfs/gone/file
	head -c 3000000 /dev/urandom >work/rootfs/data
	umoci repack --refresh-bundle --image layout:v1 work
	rm -r work/rootfs/gone
	ln work/rootfs/bin/plain work/rootfs/across
	umoci repack --image layout:v1 work
	umoci config --image layout:v1 --config.cmd /bin/hostname --config.env A=b
	umoci unpack --image layout:v1 bundle
	rm -r work
} >&2

# push KIND NAME [OPTION...]: the layout's image, as skopeo pushes it.
push() {
	registry_at "$1"
	skopeo copy -q --dest-tls-verify=false --dest-creds "$registry_creds" "${@:3}" "oci:$layout:v1" "docker://$registry/$2"
}

rootfs() {
	echo "$CT_ROOT/$1/rootfs"
}

# Prints the requests to the plain registry since `mark`, one on each line: METHOD PATH STATUS.
mark() {
	wc -l <"$R/plain.log" >"$D/mark"
}

asked() {
	tail -n +$(($(cat "$D/mark") + 1)) "$R/plain.log" | sed -nE 's/.* "([A-Z]+ [^ ]+) HTTP[^"]*" ([0-9]+) .*ct\/.*/\1 \2/p'
}

# How often a blob was sent, or a part of it.
sent() {
	asked | grep -cE "/blobs/$1 20[06]" || true
}

# The digests of the layers of many:1, base first.
layers() {
	cat "$CT_TEST_DIR/layers"
}

# hold DIGEST: locks the blob until `let_go`, so that no pull can fetch it.
hold() {
	mkdir -p "$CT_ROOT/blobs"
	held=$CT_ROOT/blobs/${1#*:}
	exec 7>>"$held"
	flock 7
}

let_go() {
	exec 7>&-
}

# The last command failed with one line, and there is nothing of it.
refused() {
	echo "status $status: $output"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "ct-pull: "*"$1"* ]]
	nothing_left
	[ -z "$(ct-images -q)" ]
}

@test "an image of many layers is pulled with the files that umoci unpacks, and runs" {
	run --separate-stderr ct-pull "$plain/many:1"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ "$output" =~ ^img_[0-9]+$ ]]
	same_but_holes "$unpacked" "$(rootfs "$output")"
	[ "$(ct-run "$plain/many:1")" = "$(ct-ps --no-header -o id)" ]
	[ "$(ct-images -q "$plain/many@$(ct-images --no-header -o digest "$output")")" = "$output" ]
	[ "$(ct-images --no-header -o name,source)" = "$plain/many:1	$plain/many:1" ]
}

@test "layers in zstd are unpacked" {
	push plain zstd:1 --dest-compress-format zstd --dest-compress
	[ "$(ct-pull --print layers "$plain/zstd:1" | jq -r .mediaType | uniq -c | tr -s ' ')" = \
		' 3 application/vnd.oci.image.layer.v1.tar+zstd' ]
	same_but_holes "$unpacked" "$(rootfs "$(ct-pull "$plain/zstd:1")")"
}

@test "an image pushed by podman is pulled with the same files" {
	zoo "$D/zoo"
	setfacl -k "$D/zoo/acl"		# podman gives it to what it unpacks there
	tar --xattrs --acls -C "$D/zoo" -cf "$D/zoo.tar" .
	podman import -q -c 'CMD ["/x"]' "$D/zoo.tar" local/zoo >/dev/null
	podman push -q --tls-verify=false --format v2s2 local/zoo "$plain/podman:docker"
	podman push -q --tls-verify=false --format oci local/zoo "$plain/podman:oci"
	mounted=$(podman image mount local/zoo)
	for tag in docker oci; do
		id=$(ct-pull "$plain/podman:$tag")
		touch -r "$(rootfs "$id")" "$mounted"	# which podman does not keep
		same_but_holes "$mounted" "$(rootfs "$id")"
		[ "$(ct-images --no-header -o cmd "$id")" = /x ]
		ct-rm "$id"
	done
	podman image unmount local/zoo >/dev/null
}

# list:v2s2 and list:oci on the plain registry: three platforms, images of one layer each. Once a file.
push_list() {
	local arch variant
	[ ! -e "$CT_TEST_DIR/list" ] || return 0
	: >"$CT_TEST_DIR/list"
	for arch in amd64 arm64 arm/v7; do
		mkdir "$D/files"
		echo "$arch" >"$D/files/platform"
		tar -C "$D/files" -cf "$D/files.tar" platform
		variant=${arch#*/}
		podman import -q --arch "${arch%/*}" --variant "${variant#"$arch"}" "$D/files.tar" "local/${arch%/*}" >/dev/null
		rm -r "$D/files"
	done
	podman manifest create local/list >/dev/null
	for arch in amd64 arm64 arm/v7; do
		variant=${arch#*/}
		podman manifest add --arch "${arch%/*}" --variant "${variant#"$arch"}" local/list "containers-storage:localhost/local/${arch%/*}" >/dev/null
	done
	for format in v2s2 oci; do
		podman manifest push -q --tls-verify=false --all --format $format local/list "docker://$plain/list:$format"
	done
}

@test "a manifest list gives the image for this machine, or for --platform" {
	push_list
	host=$(dpkg --print-architecture)
	id=$(ct-pull "$plain/list:v2s2")
	[ "$(cat "$(rootfs "$id")/platform")" = "$host" ]
	for platform in arm64 arm/v7; do
		other=$(ct-pull --platform "linux/$platform" "$plain/list:v2s2")
		[ "$(cat "$(rootfs "$other")/platform")" = "$platform" ]
	done
	# Digests mean it: the list's, which the tag leads to, and the manifest's own.
	id=$(ct-pull "$plain/list:v2s2")
	list=sha256:$(ct-pull --print index "$plain/list:v2s2" | sha256sum | cut -d' ' -f1)
	digest=$(ct-pull --print index "$plain/list:v2s2" | jq -r --arg arch "$host" '.manifests[] | select(.platform.architecture == $arch).digest')
	[ "$(ct-images -q "$plain/list@$list")" = "$id" ]
	[ "$(ct-images -q "$plain/list@$digest")" = "$id" ]
	[ "$(ct-images --no-header -o digest "$id")" = "$digest" ]
	[ "$(ct-pull "$plain/list@$list")" = "$id" ]
	[ "$(ct-pull "$plain/list@$digest")" = "$id" ]
	run ct-pull --platform linux/s390x "$plain/list:v2s2"
	[ "$status" -eq 1 ]
	[[ "$output" == "ct-pull: $plain/list:v2s2: no image for linux/s390x (there is linux/amd64, linux/arm/v7, linux/arm64)" ]]
}

@test "registries with passwords, tokens and certificates are supported" {
	for kind in basic token tls; do
		push "$kind" secret:1
		export SSL_CERT_FILE=$R/ca.crt
		id=$(ct-pull --creds "$registry_creds" "$registry/secret:1")
		same_but_holes "$unpacked" "$(rootfs "$id")"
		ct-rm "$id"
		unset SSL_CERT_FILE
	done
	run ct-pull "$registry/secret:1"
	refused certificate
	ct-pull --tls-verify=false "$registry/secret:1"
}

@test "credentials of podman login are used" {
	push token secret:1
	export REGISTRY_AUTH_FILE=$D/auth.json
	podman login --tls-verify=false -u "${registry_creds%%:*}" --password-stdin "$registry" <<<"${registry_creds#*:}"
	ct-pull "$registry/secret:1"
}

@test "pulling the same image again keeps its id and fetches only the manifest" {
	id=$(ct-pull "$plain/many:1")
	mark
	[ "$(ct-pull "$plain/many:1")" = "$id" ]
	[ "$(asked)" = "GET /v2/ 200
GET /v2/many/manifests/1 200" ]
	ct-rm "$id"
	[ "$(ct-pull "$plain/many:1")" != "$id" ]
}

@test "a layer of another image is not fetched again" {
	ct-pull "$plain/many:1"
	umoci config --image "$layout:v1" --tag other --config.cmd /bin/date
	skopeo copy -q --dest-tls-verify=false "oci:$layout:other" "docker://$plain/many:other"
	mark
	id=$(ct-pull "$plain/many:other")
	same_but_holes "$unpacked" "$(rootfs "$id")"
	[ "$(sent '.*')" -eq 1 ]
	[ "$(ct-images -q | wc -l)" -eq 2 ]
}

@test "two concurrent pulls share the blobs, and both succeed" {
	mark
	hold "$(layers | tail -n 1)"
	ct-pull "$plain/many:1" >"$D/first" 7>&- &
	first=$!
	ct-pull "$plain/many:1" >"$D/second" 7>&- &
	second=$!
	wait_until eval '[ "$(asked | grep -c /manifests/)$(count layers)" = 22 ]'
	let_go
	await $second
	[ "$status" -eq 0 ]
	await $first
	[ "$status" -eq 0 ]
	cmp "$D/first" "$D/second"
	for digest in $(layers); do
		[ "$(sent "$digest")" -eq 1 ]
	done
}

# A pull that has its first two layers and waits for the third one: $pull is its pid.
begin_pull() {
	hold "$(layers | tail -n 1)"
	mark
	setsid env --default-signal=INT ct-pull "$plain/many:1" >"$D/out" 2>"$D/err" 7>&- &
	pull=$!
	wait_until eval '[ "$(count layers)" -eq 2 ]'
}

@test "blobs that a killed pull completed are not fetched again" {
	for signal in KILL INT; do
		begin_pull
		kill -s $signal $pull
		await $pull
		[ "$status" -gt 128 ]
		wait_until eval '! pgrep -s $pull'
		let_go
		mark
		id=$(ct-pull "$plain/many:1")
		[ "$(sent "$(layers | sed -n 1p)")$(sent "$(layers | sed -n 2p)")$(sent "$(layers | sed -n 3p)")" = 001 ]
		nothing_left
		[ $signal != KILL ] || same_but_holes "$unpacked" "$(rootfs "$id")"
		ct-rm "$id"
	done
}

@test "a fetched layer that a killed pull did not unpack is not fetched again" {
	hold "$(layers | head -n 1)"
	ct-pull "$plain/many:1" 7>&- &
	pull=$!
	for digest in $(layers | tail -n 2); do
		wait_until eval '[ "$(stat -c %a "$CT_ROOT/blobs/${digest#*:}")" = 400 ]'
	done
	kill -KILL $pull
	await $pull
	let_go
	mark
	ct-pull "$plain/many:1"
	[ "$(sent "$(layers | sed -n 1p)")$(sent "$(layers | sed -n 2p)")$(sent "$(layers | sed -n 3p)")" = 100 ]
}

@test "a blob that a power cut may have damaged is fetched anew after the boot" {
	digest=$(layers | sed -n 2p)
	mkdir -p "$CT_ROOT/blobs"
	blob=$CT_ROOT/blobs/${digest#*:}
	# Its length and its mode reached the disk, its data did not.
	truncate -s "$(stat -c %s "$layout/blobs/sha256/${digest#*:}")" "$blob"
	chmod 400 "$blob"
	export CT_RUN=$BATS_TEST_TMPDIR/run
	id=$(ct-pull "$plain/many:1")
	same_but_holes "$unpacked" "$(rootfs "$id")"
}

@test "a partial blob is resumed, and fetched anew if the part is wrong" {
	digest=$(layers | sed -n 2p)
	mkdir -p "$CT_ROOT/blobs"
	head -c 100000 "$layout/blobs/sha256/${digest#*:}" >"$CT_ROOT/blobs/${digest#*:}"
	mark
	id=$(ct-pull "$plain/many:1")
	asked | grep "/blobs/$digest 206"
	ct-rm "$id"
	head -c 100000 /dev/zero >"$CT_ROOT/blobs/${digest#*:}"
	mark
	id=$(ct-pull "$plain/many:1")
	[ "$(asked | grep "/blobs/$digest" | cut -d' ' -f3 | paste -sd ' ')" = '206 200' ]
	same_but_holes "$unpacked" "$(rootfs "$id")"
	ct-rm "$id"
	cat "$layout/blobs/sha256/${digest#*:}" - >"$CT_ROOT/blobs/${digest#*:}" <<<'and more'
	ct-pull "$plain/many:1"
}

@test "a layer of more than CT_LAYER_MAX is refused, and not fetched again when that is raised" {
	CT_LAYER_MAX=600k run ct-pull "$plain/many:1"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "ct-pull: $plain/many:1: layer "?" of 3: unpacks to more than 614400 bytes (CT_LAYER_MAX=SIZE allows more)" ]]
	[ "$(count tmp)" = 0 ]
	[ "$(count blobs)" != 0 ]
	mark
	CT_LAYER_MAX=1g ct-pull "$plain/many:1"
	[ "$(asked | grep -c "/blobs/")" -lt 4 ]	# the config, and layers that were not asked for before
	nothing_left
}

@test "a full disk fails with one line, and the next pull fetches only what is missing" {
	truncate -s 120M "$D/disk"
	mkfs.btrfs -q "$D/disk"
	mkdir "$D/small"
	mount "$D/disk" "$D/small"
	(
		export CT_ROOT=$D/small CT_RUN=$D/small-run
		ct-store up
		hold "$(layers | tail -n 1)"
		mark
		ct-pull "$plain/many:1" >"$D/out" 2>"$D/err" 7>&- &
		pull=$!
		wait_until eval '[ "$(count layers)" -eq 2 ]'
		head -c 200M /dev/zero >"$CT_ROOT/filler" || true
		sync -f "$CT_ROOT"
		let_go
		await $pull
		[ "$status" -eq 1 ]
		[ "$(wc -l <"$D/err")" -eq 1 ]
		grep 'No space left on device' "$D/err"
		[ "$(count tmp)" -eq 0 ]
		rm "$CT_ROOT/filler"
		sync -f "$CT_ROOT"
		mark
		id=$(ct-pull "$plain/many:1")
		[ "$(sent "$(layers | sed -n 1p)")$(sent "$(layers | sed -n 2p)")" = 00 ]
		ct-rm "$id"
	)
	umount "$D/small"
}

@test "unused blobs older than a day are removed, blobs in use are not" {
	hold "sha256:$(printf 1%.0s {1..64})"
	for c in 2 3; do
		echo part >"$CT_ROOT/blobs/$(printf "$c%.0s" {1..64})"
	done
	touch -d '2 days ago' "$CT_ROOT/blobs/"[12]*
	ct-rm "$(ct-pull "$plain/many:1")"
	[ "$(cd "$CT_ROOT/blobs" && echo * | tr -s 0-9)" = '1 3' ]
	ct prune
	[ "$(ls "$CT_ROOT/blobs")" = "${held##*/}" ]
	let_go
	ct prune
	[ "$(count blobs)" -eq 0 ]
}

@test "removing an image by its name removes its digests and its unshared layers" {
	skopeo copy -q --src-tls-verify=false --dest-tls-verify=false "docker://$plain/many:1" "docker://$plain/many:2"
	ct-pull "$plain/many:1"
	ct-pull "$plain/many:2"
	[ "$(ct-images --no-header -o name)" = "$plain/many:1,$plain/many:2" ]
	ct-rm "$plain/many:1"
	[ "$(ct-images --no-header -o name)" = "$plain/many:2" ]
	[ "$(count layers)" -eq 3 ]
	ct-rm "$plain/many:2"
	[ "$(count layers)" -eq 0 ]
}

@test "a commit onto a pulled image takes its name, but not its digest" {
	id=$(ct-pull "$plain/many:1")
	digest=$(ct-images --no-header -o digest "$id")
	ct-run "$id" touch /new
	ct-commit "$(ct-ps -q)" "$plain/many:1"
	run ! ct-images -q "$plain/many@$digest"
	ct-rm "$(ct-ps -q)"
	[ "$(ct-pull "$plain/many:1")" != "$id" ]
	same_but_holes "$unpacked" "$(rootfs "$(ct-images -q "$plain/many:1")")"
}

@test "--print prints each stage as it was served, enough to fetch the next by hand" {
	push_list
	name=list tag=oci
	[ "$(ct-pull --print token "$plain/$name:$tag")" = '{}' ]
	index=$(ct-pull --print index "$plain/$name:$tag")
	[ "$index" = "$(curl -s -H 'Accept: application/vnd.oci.image.index.v1+json' "http://$plain/v2/$name/manifests/$tag")" ]
	digest=$(jq -r '.manifests[] | select(.platform.architecture == "arm64").digest' <<<"$index")
	manifest=$(ct-pull --print manifest "$plain/$name@$digest")
	[ "$manifest" = "$(ct-pull --print manifest --platform linux/arm64 "$plain/$name:$tag")" ]
	config=$(ct-pull --print config "$plain/$name@$digest")
	[ "sha256:$(printf %s "$config" | sha256sum | cut -d' ' -f1)" = "$(jq -r .config.digest <<<"$manifest")" ]
	layer=$(ct-pull --print layers "$plain/$name@$digest" | jq -r .digest)
	[ "$(curl -s "http://$plain/v2/$name/blobs/$layer" | gunzip | sha256sum | cut -d' ' -f1)" = "$(jq -r '.rootfs.diff_ids[0][7:]' <<<"$config")" ]
	[ "$(curl -s "http://$plain/v2/$name/blobs/$layer" | tar -xzO platform)" = arm64 ]
	push token secret:1
	token=$(ct-pull --print token --creds "$registry_creds" "$registry/secret:1" | jq -r .token)
	layer=$(ct-pull --print layers --creds "$registry_creds" "$registry/secret:1" | jq -r .digest | head -n 1)
	curl -sfL -H "Authorization: Bearer $token" "http://$registry/v2/secret/blobs/$layer" >"$D/layer"
	[ "sha256:$(sha256sum <"$D/layer" | cut -d' ' -f1)" = "$layer" ]
	[ "sha256:$(zcat "$D/layer" | sha256sum | cut -d' ' -f1)" = \
		"$(ct-pull --print config --creds "$registry_creds" "$registry/secret:1" | jq -r '.rootfs.diff_ids[0]')" ]
	mkdir "$D/root"
	tar -xzf "$D/layer" -C "$D/root"
	[ "$(ct-run "$(ct-init -n by-hand "$D/root")" echo ran)" = ran ]
}

@test "--print index fails for an image without an index" {
	run ct-pull --print index "$plain/many:1"
	[ "$status" -eq 1 ]
	[ "$output" = "ct-pull: $plain/many:1: the registry has a manifest and no index" ]
}

@test "-o writes an OCI archive that ct-init turns into the same image, without a store" {
	[ -z "$(CT_ROOT=$D/none ct-pull -o "$D/archive" "$plain/many:1")" ]
	[ ! -e "$D/none" ]
	[ "$(skopeo inspect --raw "oci-archive:$D/archive")" = "$(ct-pull --print manifest "$plain/many:1")" ]
	id=$(ct-pull -o - "$plain/many:1" | ct-init -)
	ct-pull -o - "$plain/many:1" | cmp - "$D/archive"
	run bash -c 'ct-pull -o - "$1" | head -c 1 >"$2"; exit "${PIPESTATUS[0]}"' - "$plain/many:1" "$D/first"
	[ "$status" -eq 141 ]
	[ -z "$output" ]
	same_but_holes "$unpacked" "$(rootfs "$id")"
	[ "$(ct-images -q "$plain/many:1")" = "$id" ]
	mark
	[ "$(ct-pull "$plain/many:1")" = "$id" ]
	[ "$(sent "$(layers | head -n 1)")" -eq 0 ]
}

@test "-o leaves no file after a failure and reports a failed write" {
	run ct-pull -o "$D/archive" "$hostile/missing/layers:1"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[ ! -e "$D/archive" ]
	run ct-pull -o /dev/full "$plain/many:1"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == 'ct-pull: '*'/dev/full: No space left on device' ]]
	run ct-pull -o "$D/no/such" "$plain/many:1"
	[ "$output" = "ct-pull: $D/no/such: No such file or directory" ]
}

@test "a misbehaving registry fails the pull with one line, and nothing is left" {
	export CT_TEST_STALL=1
	while IFS=$'\t' read -r fault why; do
		run ct-pull "$hostile/$fault/layers:1"
		refused "$why"
	done <<-'END'
		wrong-digest	its digest is sha256:
		short-whole	ends after
		long-chunked	longer than 3
		other-range	another range
		to-file	only https is followed
	END
	for fault in cut-whole unsaid moved; do
		id=$(ct-pull "$hostile/$fault/layers:1")
		cmp "$R/layout/files/data" "$(rootfs "$id")/files/data"
		ct-rm "$id"
	done
}

@test "an interrupted transfer keeps its part for the next pull" {
	export CT_TEST_STALL=1
	run ct-pull "$hostile/reset/layers:1"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[ "$(count tmp)$(count blobs)" = 01 ]
	: >"$hostile_log"
	ct-pull "$hostile/good/x:1"
	grep "/good/x/blobs/.* bytes=[1-9]" "$hostile_log"
}

# remake FILTER [ARG...]: replaces the layout's manifest by the output of jq.
remake() {
	jq -c "$@" <"$manifest" >"$D/manifest"
	digest=$(put_blob "$R/layout" <"$D/manifest")
	jq -c --arg digest "$digest" --argjson size "$(stat -c %s "$D/manifest")" \
		'.manifests[0] |= (.digest = $digest | .size = $size)' "$R/layout/index.json" >"$D/index"
	cp "$D/index" "$R/layout/index.json"
}

# relayer FILE...: its layers are these files, with their true digests, and diff ids as zcat has them.
relayer() {
	local file diffids=() layers=()
	for file; do
		diffids+=("sha256:$({ zcat "$file" 2>/dev/null || true; } | sha256sum | cut -d' ' -f1)")
		layers+=("$(put_blob "$R/layout" <"$file"):$(stat -c %s "$file")")
	done
	config=$(jq -c '.rootfs.diff_ids = $ARGS.positional' "$R/layout/blobs/sha256/$(jq -r .config.digest[7:] "$manifest")" \
		--args "${diffids[@]}" | put_blob "$R/layout")
	remake --arg config "$config" --argjson size "$(stat -c %s "$R/layout/blobs/sha256/${config#*:}")" '
		.config |= (.digest = $config | .size = $size) | .layers = [$ARGS.positional[] | split(":")
		| {mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: "\(.[0]):\(.[1])", size: .[2] | tonumber}]' \
		--args "${layers[@]}"
}

@test "an invalid image fails the pull with one line, and nothing is left" {
	cp -a "$R/layout" "$D/good"
	manifest=$D/good/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$D/good/index.json")
	try() {
		run ct-pull "$hostile/good/x:1"
		rm -rf "$R/layout/blobs"
		cp -a "$D/good/." "$R/layout"
		refused "$1"
		[ "$(count layers)" -eq 0 ]
	}
	remake '.layers[0].size += 1'
	try 'ends after'
	remake '.layers[0].digest = "sha256:../../../etc/passwd"'
	try digest
	remake '.layers += .layers'
	try 'config: diff_ids: 1, but there are 2 layers'

	tar_of 'add("a", b"1")' | gzip >"$D/one"
	tar_of 'add("b", b"2")' | gzip >"$D/other"
	head -c -9 "$D/one" >"$D/cut"
	relayer "$D/cut"
	try "$hostile/good/x:1: layer 1 of 1: cut short"
	python3 -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[-8] ^= 1; sys.stdout.buffer.write(d)' \
		"$D/one" >"$D/flipped"
	relayer "$D/flipped"
	try "$hostile/good/x:1: layer 1 of 1: damaged gzip data: incorrect data check"
	for bad in 'add("../a", b"x")' "add('l', type=LINK, linkname='$D'); add('l/outside', b'x')" 'add("../.wh.a")'; do
		tar_of "$bad" | gzip >"$D/bad"
		relayer "$D/one" "$D/bad" "$D/other"
		try "$hostile/good/x:1: layer 2 of 3: "
	done
	echo kept >"$D/outside"
	tar_of "add('l', type=LINK, linkname='$D')" | gzip >"$D/below"
	tar_of "add('l/outside', b'x'); add('l/.wh.outside'); add('h', type=HARD, linkname='l/outside')" | gzip >"$D/bad"
	relayer "$D/below" "$D/bad"
	try 'layer 2 of 2: '
	[ "$(cat "$D/outside")" = kept ]
}

@test "ct-run --pull pulls missing images, always or never" {
	push plain moving:1
	run --separate-stderr -125 ct-run --pull never "$plain/moving:1" true
	[ "$stderr" = "ct-run: $plain/moving:1: no such image" ]
	[ "$(ct-run "$plain/moving:1" echo ran)" = ran ]
	id=$(ct-images -q "$plain/moving:1")
	mark
	[ "$(ct-run --pull missing "$plain/moving:1" echo again)" = again ]
	[ -z "$(asked)" ]
	umoci config --image "$layout:v1" --tag newer --config.cmd /bin/date
	skopeo copy -q --dest-tls-verify=false "oci:$layout:newer" "docker://$plain/moving:1"
	ct-run --userns host --pull always "$plain/moving:1" true
	[ "$(asked | grep -c '/manifests/1 200')" -eq 1 ]
	[ "$(ct-images -q "$plain/moving:1")" != "$id" ]
	ct-run --pull missing "$id" true
	run -125 ct-run --pull sometimes "$id" true
}

@test "a failed pull in ct-run prints only ct-pull's line, with status 125" {
	run --separate-stderr -125 ct-run "$plain/no/such:1" true
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == "ct-pull: $plain/no/such:1: the registry says: "* ]]
	mark
	for name in img_99999 'Bad Name' "$plain/Upper:1"; do
		run --separate-stderr -125 ct-run "$name" true
		[ "$stderr" = "ct-run: $name: no such image" ]
	done
	[ -z "$(asked)" ]
	[ -z "$(ct-ps -q)" ]
}

@test "a pulled image runs by its digest" {
	digest=$(ct-pull --print manifest "$plain/many:1" | sha256sum | cut -d' ' -f1)
	[ "$(ct-run "$plain/many@sha256:$digest" echo ran)" = ran ]
	[ "$(ct-images --no-header -o name)" = '' ]
}

@test "ct-build pulls its base image" {
	mkdir "$D/context"
	printf 'FROM %s\nRUN echo made >/made\n' "$plain/many:1" >"$D/context/Dockerfile"
	id=$(ct-build "$D/context")
	[ "$(ct-run "$id" cat /made)" = made ]
}

@test "progress is one line on a terminal, and silent elsewhere" {
	hold "$(layers | tail -n 1)"
	TERM=xterm run_tty 'wait:fetch, 2 of 3 layers' "make:$D/shown" -- ct-pull "$plain/many:1" 7>&- >"$D/out" &
	tty=$!
	wait_until test -e "$D/shown"
	let_go
	await $tty
	[ "$status" -eq 0 ]
	tail -n 1 "$D/out" | grep -q $'\r\033\\[Kimg_'
}

@test "an invalid reference and a usage error are refused at once" {
	for name in '' ':tag' 'Upper' 'a b' '../x' "$plain/a@sha256:12" 'http://x/y' "$(printf 'a\nb')"; do
		run ct-pull "$name"
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *'not a name for an image'* ]]
	done
	for wrong in '' 'a b c' '--print all a' '--tls-verify maybe a' '--print index -o x a' '--nosuch a' '--platform amd64 a'; do
		# shellcheck disable=SC2086 # words
		run ct-pull $wrong
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	run ct-pull "$plain/many" 1 2
	[ "$status" -eq 2 ]
	[ "$(ct-pull "$plain/many" 1)" = "$(ct-images -q "$plain/many:1")" ]
}

@test "--explain prints each request with a curl command that fetches the same" {
	ct-pull --explain "$plain/many:1" 2>"$D/said" >/dev/null
	run -1 grep -vE '^(ct-pull: |        |# same: )' "$D/said"
	grep -q "GET http://$plain/v2/many/manifests/1 = 200" "$D/said"
	mkdir "$D/by-hand"
	sed -n 's/^# same: //p' "$D/said" >"$D/lines"
	(cd "$D/by-hand" && sh -e "$D/lines" >/dev/null)
	for file in "$D/by-hand"/*; do
		[ "$(sha256sum <"$file")" = "${file##*/}  -" ]
	done
	[ "$(find "$D/by-hand" -type f | wc -l)" -gt "$(wc -l <"$CT_TEST_DIR/layers")" ]	# and the config
	registry_at token
	ct-pull --explain --creds "$registry_creds" --print token "$registry/many:1" 2>"$D/said" >/dev/null || true
	run -1 grep -E 'pass:word|eyJ' "$D/said"
}
