#!/usr/bin/env bats
# Registries, good and bad, as ct-pull meets them.
# shellcheck disable=SC2154 # set by registry.bash and by run

load helper
load registry

setup_file() {
	sandbox_up
	registry_up plain basic token tls
	hostile_up
	for kind in plain basic token tls; do
		registry_at $kind
		skopeo copy -q --dest-creds "$registry_creds" --dest-tls-verify=false "oci:$R/layout" "docker://$registry/a/b:1"
	done
}

teardown_file() {
	registry_down
	sandbox_down
}

setup() {
	# No settings of the user; retries are fast.
	unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR XDG_CONFIG_HOME DOCKER_CONFIG SSL_CERT_FILE
	unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
	export HOME=$BATS_TEST_TMPDIR CT_TEST_STALL=3
	manifest=$R/layout/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$R/layout/index.json")
	config=$R/layout/blobs/sha256/$(jq -r '.config.digest[7:]' "$manifest")
	layer=$(jq -r '.layers[0].digest[7:]' "$manifest")
}

# Fetches the config (a blob) from the hostile registry, whose repository $1 names the fault.
pull() {
	: >"$hostile_log"
	run --separate-stderr timeout 60 ct-pull --print config "${@:2}" "$hostile/$1"
}

# The pull failed with only this message (after the image's name).
refused() {
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "$stderr" = "ct-pull: $hostile/$1:latest: $2" ] || { echo "$stderr"; false; }
}

pulled() {
	[ "$status" -eq 0 ]
	[ "$output" = "$(cat "$config")" ]
}

# How often a path that matches was asked for.
asked() {
	grep -cE -- "$1" "$hostile_log" || true
}

# The digest of the layer that came, in an archive.
layer_of() {
	timeout 60 ct-pull -o - "$1" | tar -xO "blobs/sha256/$layer" | sha256sum | cut -d' ' -f1
}

config_digest() {
	jq -r .config.digest "$manifest"
}

# --- as they should be

@test "an image is pulled from a registry that speaks plain http on loopback" {
	registry_at plain
	[ "$(ct-pull --print manifest "$registry/a/b:1")" = "$(cat "$manifest")" ]
	[ "$(layer_of "$registry/a/b:1")" = "$layer" ]
	[ "$(ct-pull --print token "$registry/a/b:1")" = '{}' ]
}

@test "an unknown tag is refused with the registry's own words" {
	registry_at plain
	run -1 ct-pull "$registry/a/b:2"
	[ "$output" = "ct-pull: $registry/a/b:2: the registry says: manifest unknown (no such image or tag there)" ]
}

@test "basic authentication uses only --creds or an auth file" {
	registry_at basic
	[ "$(ct-pull --creds "$registry_creds" --print config "$registry/a/b:1")" = "$(cat "$config")" ]
	run -1 ct-pull --creds student:wrong --print config "$registry/a/b:1"
	[ "$output" = "ct-pull: $registry/a/b:1: the registry says: authentication required (with the credentials for $registry)" ]
	run -1 ct-pull --print config "$registry/a/b:1"
	[ "$output" = "ct-pull: $registry/a/b:1: the registry says: authentication required (no such image, or one that takes credentials: none for $registry are known)" ]
	run -1 ct-pull --creds student --print config "$registry/a/b:1"
	[ "$output" = 'ct-pull: credentials: not USER:PASSWORD' ]
	export REGISTRY_AUTH_FILE=$HOME/auth.json
	skopeo login --tls-verify=false --authfile "$REGISTRY_AUTH_FILE" -u student -p pass:word "$registry" >/dev/null
	[ "$(ct-pull --print config "$registry/a/b:1")" = "$(cat "$config")" ]
}

@test "a token is fetched from the challenge's server, by password or identity token" {
	registry_at token
	[ "$(ct-pull --creds "$registry_creds" --print config "$registry/a/b:1")" = "$(cat "$config")" ]
	[ "$(ct-pull --creds "$registry_creds" --print token "$registry/a/b:1" | jq -r '.token | split(".")[1] | @base64d | fromjson.access[0] | .name, .actions[]')" = $'a/b\npull' ]
	run -1 ct-pull --creds student:wrong --print config "$registry/a/b:1"
	[ "$output" = "ct-pull: $registry/a/b:1: the token server says: incorrect username or password (with the credentials for $registry)" ]
	mkdir "$HOME/.docker"
	echo "{\"auths\":{\"$registry\":{\"identitytoken\":\"identity\"}}}" >"$HOME/.docker/config.json"
	[ "$(ct-pull --print config "$registry/a/b:1")" = "$(cat "$config")" ]
}

@test "a credential helper is not run, and the error names it" {
	registry_at basic
	mkdir "$HOME/.docker" "$HOME/bin"
	echo '{"credsStore":"evil"}' >"$HOME/.docker/config.json"
	printf '#!/bin/sh\ntouch %s/ran\n' "$HOME" >"$HOME/bin/docker-credential-evil"
	chmod +x "$HOME/bin/docker-credential-evil"
	PATH=$HOME/bin:$PATH run -1 ct-pull --print config "$registry/a/b:1"
	[ "$output" = "ct-pull: $registry/a/b:1: the registry says: authentication required (no such image, or one that takes credentials: none for $registry are known; the helper evil is not run)" ]
	[ ! -e "$HOME/ran" ]
}

@test "https needs a trusted certificate for the host, unless --tls-verify=false" {
	registry_at tls
	run -1 ct-pull --print config "$registry/a/b:1"	# in libcurl's words, which are others in each version
	[[ ${#lines[@]} = 1 && $output == "ct-pull: $registry/a/b:1: $registry: "*certificate* ]]
	[ "$(SSL_CERT_FILE=$R/ca.crt ct-pull --print config "$registry/a/b:1")" = "$(cat "$config")" ]
	[ "$(ct-pull --tls-verify=false --print config "$registry/a/b:1")" = "$(cat "$config")" ]
	SSL_CERT_FILE=$R/ca.crt run -1 ct-pull --print config "127.0.0.1:5003/a/b:1"
	[[ ${#lines[@]} = 1 && $output == "ct-pull: 127.0.0.1:5003/a/b:1: 127.0.0.1:5003: "*certificate*127.0.0.1* ]]
}

@test "an authority in certs.d is trusted only for its host" {
	registry_at tls
	mkdir -p /etc/containers "$HOME/etc/certs.d/$registry" "$HOME/etc/certs.d/localhost:1"
	mount --bind "$HOME/etc" /etc/containers
	cp "$R/ca.crt" "$HOME/etc/certs.d/localhost:1/ca.crt"
	run -1 ct-pull --print config "$registry/a/b:1"
	cp "$R/ca.crt" "$HOME/etc/certs.d/$registry/ca.crt"
	run -0 ct-pull --print config "$registry/a/b:1"
	umount /etc/containers
	[ "$output" = "$(cat "$config")" ]
}

@test "only loopback may use plain http, unless --tls-verify=false" {
	ip address add 192.0.2.1/32 dev lo
	: >"$hostile_log"
	run -1 ct-pull --print config 192.0.2.1:5100/ok
	[[ $output == 'ct-pull: 192.0.2.1:5100/ok:latest: 192.0.2.1:5100: no TLS: '*' (plain http with --tls-verify=false only)' ]]
	[ ! -s "$hostile_log" ]
	[ "$(ct-pull --tls-verify=false --print config 192.0.2.1:5100/ok)" = "$(cat "$config")" ]
	ip address del 192.0.2.1/32 dev lo
}

@test "a registry that refuses the connection is not tried again" {
	SECONDS=0
	run -1 env -u CT_TEST_STALL ct-pull localhost:1/a
	[ "$output" = 'ct-pull: localhost:1/a:latest: localhost:1: Connection refused' ]
	((SECONDS < 2))
	run -1 ct-pull registry.example/a
	[ "$output" = 'ct-pull: registry.example/a:latest: registry.example: its address cannot be found (a wrong name, or no network?)' ]
}

@test "the environment's proxy is used, except for loopback" {
	: >"$hostile_log"
	http_proxy=http://localhost:5101 run -0 ct-pull --tls-verify=false --print config "$hostile/ok"
	https_proxy=http://localhost:1 run -1 ct-pull --print config registry.example/a
	[ "$output" = 'ct-pull: registry.example/a:latest: registry.example: Connection refused' ]
	[ "$(asked '^5101')" = 0 ]
}

# --- faults

@test "a blob with another digest is refused" {
	pull wrong-digest
	refused wrong-digest "$(config_digest): its digest is sha256:$({ head -c -1 "$config"; printf '|'; } | sha256sum | cut -d' ' -f1)"
}

@test "a blob that ends early is refused, whether it says so or not" {
	size=$(stat -c %s "$config")
	for fault in short short-whole; do
		pull $fault
		refused $fault "$(config_digest): ends after $((size - 1)) of its $size bytes"
	done
}

@test "a blob that is longer than its size is refused, whether it says so or not" {
	for fault in long long-chunked; do
		pull $fault
		refused $fault "$(config_digest): $hostile: longer than $(stat -c %s "$config") bytes"
	done
}

@test "an interrupted blob is resumed and complete" {
	for fault in cut unsaid; do
		: >"$hostile_log"
		[ "$(layer_of "$hostile/$fault")" = "$layer" ]
		[ "$(asked "$layer -")" = 1 ]
		[ "$(asked "$layer bytes=[0-9]+-")" -ge 2 ]
	done
}

@test "a whole body in answer to a range is read from the offset on" {
	: >"$hostile_log"
	[ "$(layer_of "$hostile/cut-whole")" = "$layer" ]
	[ "$(asked "$layer bytes=[0-9]+-")" = 1 ]
}

@test "a different range than requested is refused" {
	for fault in other-range no-range; do
		pull $fault
		refused $fault "$(config_digest): $hostile: answers with another range than was asked for"
	done
}

@test "after a 416 the whole blob is fetched" {
	: >"$hostile_log"
	[ "$(layer_of "$hostile/range-416")" = "$layer" ]
	[ "$(asked "$layer bytes=[0-9]+-")" = 1 ]
	[ "$(asked "$layer - -")" = 2 ]
	CT_TEST_STALL=1 pull range-416-always	# which never sends more than half of that
	[ "$status" -eq 1 ]
	[[ $stderr == *": broke off: "* ]]
}

@test "a server that stalls or trickles is given up after a few tries" {
	export CT_TEST_STALL=1
	timeout 60 ct-pull --print config "$hostile/stall" 2>"$HOME/stall" &
	pull drip
	refused drip "$(config_digest): $hostile: stalled: less than 1 KiB/s for 1 s"
	await $!
	[ "$status" -eq 1 ]
	[ "$(cat "$HOME/stall")" = "ct-pull: $hostile/stall:latest: $(config_digest): $hostile: stalled: less than 1 KiB/s for 1 s" ]
	[ "$(asked /drip/blobs/)" = 5 ]
}

@test "a server that resets connections is given up after a few tries" {
	pull reset
	[ "$status" -eq 1 ]
	[[ -z $output && $stderr == "ct-pull: $hostile/reset:latest: $(config_digest): $hostile: broke off: "?* ]]
	[ "$(wc -l <<<"$stderr")" = 1 ]	# the rest is libcurl's words, which are others in each version
	[ "$(asked /blobs/)" = 5 ]
}

@test "a failing server is asked again a few times, then given up" {
	pull fails-twice
	pulled
	[ "$(asked /manifests/latest)" = 3 ]
	pull fails
	refused fails 'the registry answers 503'
	[ "$(asked /manifests/latest)" = 5 ]
	pull manifest-cut
	pulled
}

@test "Retry-After is obeyed, up to a minute" {
	start=$EPOCHREALTIME
	pull busy
	pulled
	((${EPOCHREALTIME/./} - ${start/./} >= 1000000))
	pull busy-long
	refused busy-long 'the registry says: slow down (for 3600 s)'
	[ "$(asked /manifests/latest)" = 1 ]
}

@test "a Retry-After in the past is replaced by the default wait" {
	pull busy-past
	pulled
	[ "$(asked /manifests/latest)" = 2 ]
}

@test "at most ten redirects are followed" {
	pull loop
	refused loop "$(config_digest): $hostile: more than 10 redirects"
	[ "$(asked /blobs/)" = 11 ]
}

@test "redirects to file, ftp or plain http, or with a password, are refused" {
	pull to-file
	refused to-file "$(config_digest): $hostile: redirect: file:///etc/passwd: only https is followed"
	pull to-ftp
	refused to-ftp "$(config_digest): $hostile: redirect: ftp://127.0.0.1/x: only https is followed"
	pull to-plain
	refused to-plain "$(config_digest): $hostile: redirect: http://registry.example/x: plain http is for loopback only (or --tls-verify=false)"
	pull to-user
	[[ $stderr == *": not a URL of a host alone" ]]
	pull to-nowhere
	refused to-nowhere "$(config_digest): the registry answers 307"
}

@test "credentials are not sent to another host or port" {
	pull basic-moved --creds user:secret
	pulled
	pull token-moved --creds user:secret
	pulled
	[ "$(asked '^5101 .*/blobs/.* - -$')" = 1 ]
	[ "$(asked '^5101')" = 1 ]
}

@test "a challenge by a redirect's target is not answered" {
	pull basic-moved-401 --creds user:secret
	refused basic-moved-401 "$(config_digest): the host that it redirects to says: authentication required"
	[ "$(asked '^5101')" = 1 ]
	[ "$(asked '^510. /token')" = 0 ]
}

@test "tokens are not requested over plain http elsewhere, nor with a password in the URL" {
	pull token-far --creds user:secret
	[[ $stderr == *': token: http://registry.example/token?'*': plain http is for loopback only (or --tls-verify=false)' ]]
	pull token-user
	[[ $stderr == *': not a URL of a host alone' ]]
	[ "$(asked '^510. /token')" = 0 ]
}

@test "a token is requested with the challenge's parameters, but only to pull this repository" {
	pull token --creds user:secret
	pulled
	[ "$(asked '^5100 /token\?service=a%20%22service%22&scope=repository%3Atoken%3Apull - Basic ')" = 1 ]
	[ "$(asked '/blobs/.* Bearer token-')" = 1 ]
}

@test "an expired token is replaced once" {
	pull expires
	pulled
	[ "$(asked '^5100 /token')" = 2 ]
}

@test "an empty token is ignored in favour of the other key" {
	pull token-empty
	pulled
	[ "$(asked ' Bearer by-oauth$')" -ge 1 ]
}

@test "credentials and tokens that a server echoes are not printed" {
	for where in '' -type -challenge -move; do
		for kind in basic token; do
			pull "echo-$kind$where" --creds user:secret-word
			[ "$status" -eq 1 ]
			[[ $stderr == *'***'* ]]
			for secret in secret-word user:secret "$(printf user:secret-word | base64 | cut -c-8)" 'token-[0-9]'; do
				# shellcheck disable=SC2053 # a pattern
				[[ $stderr != *$secret* ]]
			done
		done
	done
}

@test "an answer that is not a token is refused" {
	pull token-none
	refused token-none "the token server's answer: token: is null, not string"
	pull token-line
	refused token-line "the token server's answer: no token"
	[ "$(asked Evil)" = 0 ]
	pull token-huge
	refused token-huge 'token: 127.0.0.1:5100: longer than 65536 bytes'
	pull token-no
	refused token-no "the token server says: incorrect username or password (no such image, or one that takes credentials: none for $hostile are known)"
	pull garbled
	refused garbled 'its WWW-Authenticate cannot be read: Bearer realm="unfinished'
}

@test "endless manifests and headers are given up" {
	[ "$B" != "${B%asan}" ] || ulimit -v 1000000	# the sanitizers need more
	for fault in endless giant; do
		pull $fault
		refused $fault "$hostile: longer than 4194304 bytes"
	done
	pull many-headers
	refused many-headers "$hostile: answers with headers of more than 64 KiB"
	pull giant-header
	refused giant-header "$hostile: answers with a header that is too long"
}

@test "a manifest must match the requested digest and the registry's" {
	digest=sha256:${manifest##*/}
	run -1 ct-pull --print config "$hostile/other-manifest@$digest"
	[ "$output" = "ct-pull: $hostile/other-manifest@$digest: the digest of its manifest is sha256:$({ cat "$manifest"; printf ' '; } | sha256sum | cut -d' ' -f1), not $digest" ]
	pull other-digest
	refused other-digest "the digest of its manifest is $digest, not sha256:$(printf '0%.0s' {1..64}), as the registry says"
}

@test "an error's text cannot move the cursor or end the line" {
	pull unknown
	refused unknown 'the registry says: manifest\nunknown (no such image or tag there)'
}
