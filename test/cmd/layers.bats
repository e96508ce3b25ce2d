bats_require_minimum_version 1.5.0
load helper

sandbox_each_test

layers_py() {
	/usr/bin/python3 -I "$BATS_TEST_DIRNAME/layers.py" "$@"
}

# $img: the image of the first $1 layers, compressed as the others say.
take_image() {
	rm -rf "$D/layout"
	layers_py image "$D/layout" "$@"
	img=$(tar -C "$D/layout" -c . | ct-init -)
}

count_layers() {
	find "$CT_ROOT/layers" -mindepth 1 -maxdepth 1 | wc -l
}

@test "layers are applied with the same result as by umoci" {
	for n in 1 2 3 4; do
		take_image $n gzip plain
		umoci unpack --image "$D/layout:test" "$D/umoci-$n"
		layers_py tree "$D/umoci-$n/rootfs" >"$D/theirs"
		layers_py tree "$CT_ROOT/$img/rootfs" >"$D/ours"
		[ -s "$D/ours" ]
		diff "$D/theirs" "$D/ours"
	done
}

@test "a layer gives the same files in every compression" {
	take_image 4 gzip
	layers_py tree "$CT_ROOT/$img/rootfs" >"$D/gzip"
	for kind in zstd plain; do
		ct-rm "$img"
		[ "$(count_layers)" -eq 0 ]
		take_image 4 $kind
		layers_py tree "$CT_ROOT/$img/rootfs" | diff "$D/gzip" -
	done
}

@test "images share layers, which are removed with the last image" {
	take_image 2
	two=$img
	[ "$(count_layers)" -eq 2 ]
	take_image 4
	[ "$(count_layers)" -eq 4 ]
	ct-rm "$two"
	[ "$(count_layers)" -eq 4 ]
	take_image 3
	ct-rm "$(ct-images -q | tail -n 1)"
	[ "$(count_layers)" -eq 3 ]
	# Images have files of their own.
	[ "$(cat "$CT_ROOT/$img/rootfs/lib/only")" = x ]
	ct-rm "$img"
	[ "$(count_layers)" -eq 0 ]
}

@test "an image lists its layers and its history" {
	take_image 3
	ct inspect "$img" | jq -e --arg id "$img" '.[0] | .Id == $id and .RootFS.Type == "layers" and
		(.RootFS.Layers | length) == 3 and .History[2] == {created_by: "layer 2"} and .RepoDigests == [] and
		.RepoTags == []'
	digest=$(ct-images --digests --no-header -o digest "$img")
	[ "$digest" = "$(jq -r '.manifests[0].digest' "$D/layout/index.json")" ]
	tar -C "$D/layout" -c . | ct-init -n host:5000/repo:tag -
	ct inspect "$img" | jq -e --arg digest "host:5000/repo@$digest" \
		'.[0] | .RepoTags == ["host:5000/repo:tag"] and .RepoDigests == [$digest]'
}
