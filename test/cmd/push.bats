#!/usr/bin/env bats
# Images pushed to registries, good and bad.
# shellcheck disable=SC2154 # set by registry.bash and by run

load helper
load registry
load zoo

setup_file() {
	sandbox_up
	registry_up plain basic token tls
	export R
	/usr/bin/python3 -I "$BATS_TEST_DIRNAME/pushes.py" 5200 "$R/pushes.log" "$R/pushes" >"$R/pushes.err" 2>&1 3>&- &
	echo $! >>"$R/pids"
	wait_until is_listening localhost:5200
}

teardown_file() {
	registry_down
	sandbox_down
}

setup() {
	unset REGISTRY_AUTH_FILE XDG_RUNTIME_DIR XDG_CONFIG_HOME DOCKER_CONFIG SSL_CERT_FILE
	unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
	busybox_setup
	export HOME=$BATS_TEST_TMPDIR CT_TEST_STALL=3
	: >"$R/pushes.log"
}

teardown() {
	remove_containers
	ct-images -q | grep -vx "$img" | ct-rm -f -
}

config_of() {
	ct-inspect "$1" | jq -S '.[0].Config'
}

# Pushes to the hostile registry, where the repository says what goes wrong.
push() {
	: >"$R/pushes.log"
	run --separate-stderr timeout 60 ct-push busybox "localhost:5200/$1"
}

refused() {
	[[ $status = 1 && -z $output && ${#stderr_lines[@]} = 1 ]] || { echo "$status $output $stderr"; return 1; }
	[[ $stderr == "ct-push: localhost:5200/"*"$1"* ]] || { echo "$stderr"; return 1; }
}

@test "a pushed image that is pulled again has the same files and config" {
	registry_at plain
	zoo "$D/zoo"
	cp -an "$busybox/." "$D/zoo"
	ct-init -n zoo "$D/zoo"
	finished -e A=1 -w /tmp zoo sh -c 'rm /fifo; echo x >/new; mv /deep /moved; chmod 700 /acl'
	made=$(ct-commit "$c" changed)
	digest=$(ct-push changed "$registry/push/changed:1")
	[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]]
	[ "$(ct-push changed "$registry/push/changed:1")" = "$digest" ]
	pulled=$(ct-pull "$registry/push/changed@$digest")
	[ "$pulled" != "$made" ]
	same "$(ct path "$made")" "$(ct path "$pulled")"
	[ "$(config_of "$made")" = "$(config_of "$pulled")" ]
	skopeo inspect --tls-verify=false "docker://$registry/push/changed:1" | jq -e --arg d "$digest" '.Digest == $d and .Env == ["A=1"]'
	skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$registry/push/changed:1" "oci:$D/copy:x"
	umoci unpack --image "$D/copy:x" "$D/bundle" >/dev/null 2>&1
	same_but_holes "$(ct path "$made")" "$D/bundle/rootfs"
}

@test "a pulled image keeps its digest: to its registry nothing is sent, to another one its very layers" {
	registry_at plain
	mkdir "$D/layout" "$D/layout/files"
	head -c 100000 /dev/urandom >"$D/layout/files/data"
	layout_make "$D/layout" files
	skopeo copy -q --dest-tls-verify=false "oci:$D/layout" "docker://$registry/from/here:1"
	digest=$(jq -r '.manifests[0].digest' "$D/layout/index.json")
	ct-pull "$registry/from/here:1"
	run --separate-stderr -0 ct-push --explain "$registry/from/here:1"
	[ "$output" = "$digest" ]
	[[ $stderr != *PATCH* && $stderr != *POST* ]]
	run --separate-stderr -0 ct-push --explain "$registry/from/here:1" "$registry/other/repository:2"
	[ "$output" = "$digest" ]
	tr -d '\n\t ' <<<"$stderr" | grep -q 'POST.*mount=sha256.*from=from%2Fhere'	# long lines are broken
	[[ $stderr != *PATCH* ]]
	ct-tag "$registry/from/here:1" alias
	from=$registry
	registry_at basic
	[ "$(ct-push --creds "$registry_creds" "$from/from/here:1" "$registry/far:1")" = "$digest" ]
	ct-rm alias "$from/from/here:1"
	ct-images -q | grep -vx "$img" | ct-rm -f -
	[ "$(ct-images --no-header -o digest "$(ct-pull --creds "$registry_creds" "$registry/far:1")")" = "$digest" ]
}

@test "only the layers that the registry lacks are sent" {
	registry_at plain
	ct-push busybox "$registry/lacks:1" >/dev/null
	finished busybox sh -c 'echo x >/x'
	skopeo copy -q --insecure-policy --src-tls-verify=false "docker://$registry/lacks:1" "oci:$D/base:1"
	base=$(tar -C "$D/base" -c . | ct-init -n base -)
	finished base sh -c 'echo x >/x'
	ct-commit "$c" more >/dev/null
	run --separate-stderr -0 ct-push --explain more "$registry/lacks:2"
	[ "$(grep -c PATCH <<<"$stderr")" -eq 2 ]	# one layer, and the config
}

@test "basic authentication and tokens: credentials from --creds or auth files, and to push" {
	for kind in basic token; do
		registry_at $kind
		[[ $(ct-push --creds "$registry_creds" busybox "$registry/a/b:$kind") == sha256:* ]]
		run --separate-stderr -1 ct-push busybox "$registry/a/b:2"
		[ ${#stderr_lines[@]} -eq 1 ]
		[[ $stderr == "ct-push: $registry/a/b:2: "*"none for $registry are known)" ]]
		run --separate-stderr -1 ct-push --creds student:wrong busybox "$registry/a/b:2"
		[[ ${#stderr_lines[@]} -eq 1 && $stderr != *wrong* ]]
		export REGISTRY_AUTH_FILE=$HOME/$kind.json
		printf '{"auths":{"%s":{"auth":"%s"}}}' "$registry" "$(printf %s "$registry_creds" | base64)" >"$REGISTRY_AUTH_FILE"
		[[ $(ct-push busybox "$registry/a/c:1") == sha256:* ]]
		skopeo inspect --tls-verify=false --creds "$registry_creds" "docker://$registry/a/c:1" >/dev/null
		unset REGISTRY_AUTH_FILE
	done
}

@test "https needs a certificate that is trusted, unless --tls-verify=false" {
	registry_at tls
	run --separate-stderr -1 ct-push busybox "$registry/a/b:1"
	[[ ${#stderr_lines[@]} = 1 && $stderr == "ct-push: $registry/a/b:1: "*certificate* ]]
	digest=$(SSL_CERT_FILE=$R/ca.crt ct-push busybox "$registry/a/b:1")
	[ "$(ct-push --tls-verify=false busybox "$registry/a/b:2")" = "$digest" ]
}

@test "an upload that breaks goes on where the registry has received it, or begins again" {
	for how in resumes lost; do
		push "breaks-$how/x"
		[ "$status" -eq 0 ] || { echo "$stderr"; false; }
		[[ $output == sha256:* ]]
		[ -z "$stderr" ]
		grep -q "break" "$R/pushes.log"
		[ $how = lost ] || grep -qE 'PATCH /v2/breaks-resumes/x/.* [1-9][0-9]*-[0-9]*$' "$R/pushes.log"
	done
}

@test "an upload URL of another host is refused, and no credentials go there" {
	for fault in elsewhere elsewhere-patch relative-host scheme userinfo outside; do
		: >"$R/pushes.log"
		run --separate-stderr timeout 60 ct-push --creds "$registry_creds" busybox "localhost:5200/$fault/x"
		refused ''
		run ! grep -q '^5201' "$R/pushes.log"
	done
	push elsewhere/x
	refused "wants the upload at another host: http://localhost:5201"
}

@test "answers that are too large, or none, or wrong are one line" {
	for fault in 'huge-body/' 'huge-header/' 'hang-up/' 'no-location/gives no URL for the upload' 'bad-location/' \
		'wrong-digest/the registry says that the manifest has another digest' 'denied/you may not' \
		'more-received/' 'quota/no room for you' 'forever-500/answers 500'; do
		push "${fault%%/*}/x"
		refused "${fault#*/}"
	done
	[ "$(wc -c <"$R/pushes.log")" -lt 100000 ]
}

@test "a killed push leaves no tag, and the next one goes on" {
	mkdir "$D/big"
	head -c 20000000 /dev/urandom >"$D/big/file"
	ct-init -n big "$D/big"
	ls -A "$CT_ROOT/tmp" >"$D/before"
	ct-push big localhost:5200/hang/big:1 2>/dev/null 3>&- &
	wait_until grep -q 'PATCH /v2/hang/big' "$R/pushes.log"
	kill -9 $!
	wait $! || true
	run ! grep -q 'PUT .*/manifests/' "$R/pushes.log"
	[ "$(ls -A "$CT_ROOT/tmp")" = "$(cat "$D/before")" ]
	wait_until sh -c '! pgrep -f "[c]t-push big" >/dev/null'
	registry_at plain
	[[ $(ct-push big "$registry/big:1") == sha256:* ]]
}

@test "bad operands are one line, and nothing is asked" {
	fails() {
		run --separate-stderr "-$1" ct-push "${@:3}"
		[ -z "$output" ] && [ ${#stderr_lines[@]} -eq 1 ] && [[ $stderr == "ct-push: $2"* ]] || { echo "$stderr"; return 1; }
	}
	fails 2 'missing operand'
	fails 1 'nosuch: no such image' nosuch
	fails 1 "$img: the name to push it to is missing" "$img"
	fails 1 'Bad: not a name' busybox Bad
	fails 1 'localhost:5200/x@sha256' busybox "localhost:5200/x@sha256:$(printf 0%.0s $(seq 64))"
	fails 1 'credentials: not USER:PASSWORD' --creds x busybox localhost:5200/x
	fails 2 '--tls-verify: ' --tls-verify maybe busybox localhost:5200/x
	[ ! -s "$R/pushes.log" ]
}
