# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317 # helper.bash and powercut.bash set, read and call these
# Power cuts at random moments of each verb. After a cut, each reported image or container is there, each that is there
# is whole, no draft is left, and the verb works again. FAULT_CUTS: how many cuts in all (default: one for each verb);
# FAULT_SEED repeats the moments.
load ../cmd/helper
load ../cmd/registry
load powercut

setup_file() {
	sandbox_up
	registry_up plain
	# The image that is pulled has two layers.
	busybox_image
	printf 'FROM busybox\nRUN echo second >/layer\n' >"$CT_TEST_DIR/Dockerfile"
	ct-build -q -f "$CT_TEST_DIR/Dockerfile" -t two "$CT_TEST_DIR/registry"
	registry_at plain
	ct-push two "$registry/two"
	ct-send two >"$CT_TEST_DIR/two.stream"
	cp -a "$(ct path two)" "$CT_TEST_DIR/two"
	ct-rm -f two
}

teardown_file() { registry_down; sandbox_down; }

setup() {
	busybox_image
	cut_setup
	registry_at plain
	RANDOM=${FAULT_SEED:-$$}
	echo "FAULT_SEED=${FAULT_SEED:-$$}"
	disk file
	ct-init -n bb "$busybox" >/dev/null
	: >"$D/reported"
	: >"$D/removing"
}

teardown() {
	[ -z "${worker:-}" ] || { kill "$worker" && await "$worker"; } 2>/dev/null || :
	cut_teardown
}

# DIRECTORY IMAGE: the image consists of these files.
same_files() {
	diff -r --no-dereference "$1" "$(ct path "$2")"
}

# Does the verb again and again, and reports its ids; removes what was reported in between, but not during a cut.
work() {
	local i id
	trap 'exit' TERM
	for ((i = 0; ; i++)); do
		id=$(verb "$i") || { echo "verb $i failed" >>"$D/failed"; return; }
		echo "$id" >>"$D/reported"
		[ $((i % batch)) -ne 0 ] || (
			flock 9
			grep -hE '^(img|ps)_' "$D/reported" | ct-rm -f -
			: >"$D/reported"
		) 9<"$D/removing"
	done
}

cut_now() { # N
	(
		flock 9
		cp "$D/reported" "$D/reported.$1"
		power_cut "cut$1"
	) 9<"$D/removing"
}

# The verb has ended once more since the last cut.
has_worked() {
	[ "$(stat -c %Y%s%Z "$D/reported")" != "$was" ] || [ -s "$D/failed" ]
}

# Cuts during the function verb; after each the function check looks at what is there.
cuts_during() {
	local n cuts_here=$(((${FAULT_CUTS:-8} + 7) / 8))
	batch=${1:-5}
	work 2>"$D/said" 3>&- &
	worker=$!
	for ((n = 0; n < cuts_here; n++)); do
		was=$(stat -c %Y%s%Z "$D/reported")
		wait_until has_worked
		sleep "0.$(printf %03d $((RANDOM % 300)))"	# at any moment of the next one
		cut_now "$n"
	done
	kill "$worker" 2>/dev/null || :
	await "$worker"
	worker=
	[ ! -e "$D/failed" ] || { cat "$D/failed" "$D/said"; return 1; }
	for ((n = 0; n < cuts_here; n++)); do
		echo "after cut $n"
		after_the_cut "cut$n"
		[ -z "$(ls "$CT_ROOT/tmp")" ]
		same_files "$busybox" bb
		reported=$D/reported.$n
		check
		verb again >"$D/again"
		rm -f "$D/again"
	done
}

# Every reported image is there, and every image but bb is whole as the function whole says.
images_are_whole() {
	local id bb
	bb=$(ct id bb)
	ct-images -q >"$D/images"
	while read -r id; do
		grep -qx "$id" "$D/images" || { echo "$id was reported and is lost"; return 1; }
	done <"$reported"
	while read -r id; do
		[ "$id" = "$bb" ] || whole "$id"
	done <"$D/images"
}

@test "power cuts during ct-init" {
	verb() { ct-init "$busybox"; }
	whole() { same_files "$busybox" "$1"; }
	check() { images_are_whole; }
	cuts_during
}

@test "power cuts during ct-pull" {
	verb() {
		ct-pull "$registry/two"
	}
	whole() { same_files "$CT_TEST_DIR/two" "$1"; }
	check() { images_are_whole; }
	cuts_during 1
}

@test "power cuts during ct-commit" {
	ct-run --name c --network none bb sh -c 'echo kept >/kept'
	verb() { ct-commit c; }
	whole() { [ "$(cat "$(ct path "$1")/kept")" = kept ] && diff -r --no-dereference "$busybox/bin" "$(ct path "$1")/bin"; }
	check() { images_are_whole; }
	sync -f "$CT_ROOT"
	cuts_during
}

@test "power cuts during ct-run" {
	verb() { ct-run -d --network none bb sleep 1000; }
	check() {
		local id
		for id in $(ct-ps -q); do
			[[ $(field status "$id") =~ ^(dead|created)$ ]]
			[ "$(field command "$id")" = 'sleep 1000' ]
			same_files "$busybox/bin" "$id" || diff -r --no-dereference "$busybox/bin" "$(ct path "$id")/bin"
			ct-start "$id"
		done
	}
	cuts_during
}

@test "power cuts during ct-build" {
	verb() {
		mkdir -p "$D/context"
		printf 'FROM bb\nRUN --network=none echo %s >/made\nCOPY Dockerfile /\n' "$1" >"$D/context/Dockerfile"
		ct-build -q "$D/context"
	}
	whole() {
		grep -qx "RUN --network=none echo $(cat "$(ct path "$1")/made") >/made" "$(ct path "$1")/Dockerfile"
		diff -r --no-dereference "$busybox/bin" "$(ct path "$1")/bin"
	}
	check() { images_are_whole; }
	cuts_during
}

@test "power cuts during ct-send" {
	ct-run --name c --network none bb sh -c 'echo kept >/kept'
	sync -f "$CT_ROOT"
	verb() { ct-send c >"$D/stream.new" && mv "$D/stream.new" "$D/stream"; }
	check() {
		[ "$(cat "$(ct path c)/kept")" = kept ]
		[ "$(ct-ps -q)" = "$(ct id c)" ]
		verb
		ct-rm c
		ct-receive -n c <"$D/stream"
		[ "$(cat "$(ct path c)/kept")" = kept ]
	}
	cuts_during
}

@test "power cuts during ct-receive" {
	verb() { ct-receive <"$CT_TEST_DIR/two.stream"; }
	whole() { same_files "$CT_TEST_DIR/two" "$1"; }
	check() { images_are_whole; }
	cuts_during 1
}

@test "power cuts during ct-push" {
	verb() { ct-push bb "$registry/pushed:$1"; }
	check() {
		ct-push bb "$registry/pushed:after"
		ct-pull "$registry/pushed:after"
		same_files "$busybox" "$registry/pushed:after"
		ct-rm "$registry/pushed:after"
	}
	cuts_during
}
