# shellcheck shell=bash
# Types the examples of a text (see console.py). They find a store with an image
# `busybox`, and a registry in place of docker.io with an image `alpine`:
#
#	load helper
#	load registry
#	load console
#	setup_file() { sandbox_up; hub_up; }
#	teardown_file() { registry_down; sandbox_down; }
#	... examples FILE

# Runs docker-registry as registry-1.docker.io, by https; images are pushed through the registry `plain`.
hub_up() {
	registry_up plain
	certificate hub-ca /CN=hub
	certificate hub /CN=registry-1.docker.io -CA "$R/hub-ca.crt" -CAkey "$R/hub-ca.key" \
		-addext 'subjectAltName=DNS:registry-1.docker.io' -addext 'basicConstraints=critical,CA:FALSE'
	sed "s|^http: .*|http: {addr: '127.0.0.1:443', tls: {certificate: '$R/hub.crt', key: '$R/hub.key'}}|" \
		"$R/plain.yml" >"$R/hub.yml"
	env -i docker-registry serve "$R/hub.yml" >"$R/hub.log" 2>&1 3>&- &
	echo $! >>"$R/pids"
	wait_until is_listening localhost:443
	printf '127.0.0.1 localhost registry-1.docker.io\n' >"$R/hosts"
	hub_alpine
}

# An image of busybox with an index: for this machine and for another one.
hub_alpine() {
	local dir=$CT_TEST_DIR/hub url=http://localhost:5000/v2/library/alpine arch config manifest manifests=()
	busybox_image
	cp -r "$busybox" "$dir"
	(cd "$dir" && layout_make . bin etc)
	cp "$dir/index.json" "$dir/one.json"
	for arch in "$(dpkg --print-architecture)" arm64; do
		manifest=$dir/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$dir/one.json")
		config=$(jq -c --arg arch "$arch" '.architecture = $arch | .config.Cmd = ["/bin/sh"]' \
			"$dir/blobs/sha256/$(jq -r '.config.digest[7:]' "$manifest")" | put_blob "$dir")
		manifest=$(jq -c --arg digest "$config" --argjson size "$(stat -c %s "$dir/blobs/sha256/${config#*:}")" \
			'.config += {digest: $digest, size: $size}' "$manifest" | put_blob "$dir")
		manifests+=("$(jq -c --arg digest "$manifest" --arg arch "$arch" \
			--argjson size "$(stat -c %s "$dir/blobs/sha256/${manifest#*:}")" \
			'.manifests[0] += {digest: $digest, size: $size, platform: {os: "linux", architecture: $arch}}' "$dir/one.json")")
		printf '%s\n' "${manifests[-1]}" >"$dir/index.json"
		unshare -m sh -c 'mount -t tmpfs none /var/lib && exec "$@"' sh \
			skopeo copy -q --dest-tls-verify=false "oci:$dir" "docker://localhost:5000/library/alpine:$arch" || return
	done
	printf '%s\n' "${manifests[@]}" | jq -sc '.[0].manifests += .[1].manifests | .[0] + {mediaType: "application/vnd.oci.image.index.v1+json"}' |
		curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary @- "$url/manifests/latest"
}

# examples FILE...: types the examples of each file, and removes what they leave.
examples() {
	local file status=0
	busybox_image
	for file; do
		mkdir "$BATS_TEST_TMPDIR/work"
		# shellcheck disable=SC2016
		(cd "$BATS_TEST_TMPDIR/work" && TMPDIR=$BATS_TEST_TMPDIR LC_ALL=C TZ=UTC CT_LABS=$CT_TESTS/../share/labs \
			SSL_CERT_FILE=$R/hub-ca.crt CURL_CA_BUNDLE=$R/hub-ca.crt \
			unshare -m sh -c 'mount --bind "$R/hosts" /etc/hosts && mount -t tmpfs none /var/lib && exec /usr/bin/python3 -I -S "$@"' sh \
			"$BATS_TEST_DIRNAME/console.py" "$file") || status=1
		rm -rf "$BATS_TEST_TMPDIR/work"
		ct-ps -q | ct-rm -f - || status=1
		ct-net down || status=1
		ct-volumes -q | ct-rm -f - || status=1
		ct-images -q | grep -vx "$img" | ct-rm -f - || status=1
	done
	return $status
}
