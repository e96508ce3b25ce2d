# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# Registries for the command tests, on the loopback of test/run's own network:
#
#	load helper
#	load registry
#	setup_file() { sandbox_up; registry_up plain; }
#	teardown_file() { registry_down; sandbox_down; }
#
# registry_up KIND... starts docker-registry for each KIND, once for each test file; registry_at
# KIND sets $registry to its HOST:PORT:
#	plain	http
#	basic	http, requires $registry_creds
#	token	http, requires a token, which is given for $registry_creds only
#	tls	https with a certificate of $CT_TEST_DIR/registry/ca.crt
# hostile_up starts hostile.py on the layout of layout_make; $hostile is its HOST:PORT,
# $hostile_log the log of its requests.
# $R/KIND.log has a line for each request to docker-registry.

registry_creds=student:pass:word
registry_ports='plain 5000 basic 5001 token 5002 tls 5003'

registry_at() {
	registry=localhost:$(grep -oE "$1 [0-9]+" <<<"$registry_ports" | cut -d' ' -f2)
}

is_listening() {
	(: <"/dev/tcp/${1%:*}/${1#*:}") 2>/dev/null
}

# certificate NAME SUBJECT [OPENSSL-OPTION...]: makes NAME.key and NAME.crt in the directory of the registries.
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$R/$1.key" -out "$R/$1.crt" -subj "$2" "${@:3}" 2>/dev/null
}

# The configuration of each kind besides its storage and address.
registry_config() {
	case $1 in
	basic)
		# shellcheck disable=SC2016 # $2b$ is bcrypt
		perl -e 'print "$ARGV[0]:", crypt($ARGV[1], q($2b$05$abcdefghijklmnopqrstuu)), "\n"' \
			"${registry_creds%%:*}" "${registry_creds#*:}" >"$R/htpasswd"
		printf 'auth: {htpasswd: {realm: test, path: %s}}\n' "$R/htpasswd"
		;;
	token)
		certificate token /CN=token
		printf 'auth: {token: {realm: "http://localhost:5010/token", service: "the registry", issuer: test, rootcertbundle: %s}}\n' \
			"$R/token.crt"
		;;
	tls)
		certificate ca /CN=ca
		certificate tls /CN=localhost -CA "$R/ca.crt" -CAkey "$R/ca.key" \
			-addext 'subjectAltName=DNS:localhost' -addext 'basicConstraints=critical,CA:FALSE'
		;;
	esac
}

registry_up() {
	local kind
	export R=$CT_TEST_DIR/registry
	mkdir -p "$R"
	for kind; do
		registry_at "$kind"
		[ "$kind" != tls ] || local tls=", tls: {certificate: $R/tls.crt, key: $R/tls.key}"
		{
			printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\n' "$R/$kind"
			printf 'http: {addr: "%s"%s}\n' "$registry" "${tls:-}"
			registry_config "$kind"
		} >"$R/$kind.yml"
		# docker-registry reads settings from the environment, too: REGISTRY_AUTH_FILE is also podman's.
		env -i docker-registry serve "$R/$kind.yml" >"$R/$kind.log" 2>&1 3>&- &
		echo $! >>"$R/pids"
		if [ "$kind" = token ]; then
			/usr/bin/python3 -I "$BATS_TEST_DIRNAME/tokens.py" 5010 "$R/token" "$registry_creds" >"$R/tokens.log" 2>&1 3>&- &
			echo $! >>"$R/pids"
			wait_until is_listening localhost:5010
		fi
		wait_until is_listening "$registry" || {
			cat "$R/$kind.log" >&2
			return 1
		}
	done
}

registry_down() {
	local pid
	[ -e "${R:-}/pids" ] || return 0
	while read -r pid; do
		kill "$pid"
		wait "$pid" || true
	done <"$R/pids"
}

# put_blob DIR: stores stdin as a blob of the layout and prints its digest.
put_blob() {
	cat >"$1/blob"
	set -- "$1" "$(sha256sum <"$1/blob" | cut -d' ' -f1)"
	mv "$1/blob" "$1/blobs/sha256/$2"
	echo "sha256:$2"
}

# layout_make DIR [FILE...]: makes an OCI image layout with an image of one layer, a gzipped tar of the files.
layout_make() {
	local dir=$1 layer config diffid manifest size
	shift
	mkdir -p "$dir/blobs/sha256"
	tar -C "$dir" -c --owner=0 --group=0 "$@" -T /dev/null >"$dir/tar"
	diffid=sha256:$(sha256sum <"$dir/tar" | cut -d' ' -f1)
	layer=$(gzip -n <"$dir/tar" | put_blob "$dir")
	size() { stat -c %s "$dir/blobs/sha256/${1#*:}"; }
	config=$(printf '{"architecture":"%s","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
		"$(dpkg --print-architecture)" "$diffid" | put_blob "$dir")
	manifest=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"%s","size":%d}]}' \
		"$config" "$(size "$config")" "$layer" "$(size "$layer")" | put_blob "$dir")
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d}]}' \
		"$manifest" "$(size "$manifest")" >"$dir/index.json"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
	rm "$dir/tar"
}

hostile_up() {
	export R=$CT_TEST_DIR/registry
	export hostile=localhost:5100 hostile_log=$R/hostile.log
	mkdir -p "$R/layout/files"
	head -c 300000 /dev/urandom >"$R/layout/files/data"
	layout_make "$R/layout" files
	/usr/bin/python3 -I "$BATS_TEST_DIRNAME/hostile.py" 5100 "$R/layout" "$hostile_log" >"$R/hostile.err" 2>&1 3>&- &
	echo $! >>"$R/pids"
	wait_until is_listening "$hostile" || {
		cat "$R/hostile.err" >&2
		return 1
	}
}
