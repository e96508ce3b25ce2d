bats_require_minimum_version 1.5.0
load helper

@test "a reset container has the files of its image, and its log, name and volumes" {
	printf '%s\n' volume=/made >>"$CT_ROOT/$img/config"
	finished --name one --network none "$img" sh -c 'test -e /mark && echo again; echo x >>/made/rows; wc -l </made/rows; touch /mark'
	sed -i /^volume=/d "$CT_ROOT/$img/config"
	[ "$(ct-start -a one)" = $'again\n2' ]
	[ "$(ct-reset one)" = "$c" ]
	run -0 ct-diff one
	[ -z "$output" ]
	[ "$(ct-logs one)" = $'1\nagain\n2' ]
	[ "$(field status one)" = 'exited 0' ]
	[ "$(ct-start -a one)" = 3 ]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "--to puts a container on another image, from then on" {
	finished --network none "$img" touch /first
	ct-commit "$c" first
	finished --name one --network none "$img" ls -d /first
	ct-reset --to first one
	[ "$(ct-start -a one)" = /first ]
	[ "$(ct-ps --no-header -o image one)" = first ] || [ "$(ct-ps --no-header -o image one)" = first:latest ]
	[[ $(ct-diff one) != *first* ]]
	run -1 ct-rm first
	ct-rm -f one
	ct-rm first
}

@test "a running container is not reset, nor one without its image or on a directory" {
	c=$(ct-run -d --network none "$img" sh -c 'touch /mark; exec sleep 1000')
	wait_until test -e "$(ct path "$c")/mark"
	run -1 --separate-stderr ct-reset "$c"
	[ "$stderr" = "ct-reset: $c: is already running" ]
	[ -e "$(ct path "$c")/mark" ]
	ct-kill "$c"
	ct-wait "$c"
	for args in "--to nosuch $c" nosuch "--to $c $c"; do
		echo "$args"
		# shellcheck disable=SC2086 # several words
		run -1 --separate-stderr ct-reset $args
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
	[ -e "$(ct path "$c")/mark" ]
	finished --network none --rootfs "$busybox" true
	run -1 --separate-stderr ct-reset "$c"
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "ct try shows what a command changes, passes its status on, and leaves nothing" {
	ct-images >"$D/before"
	run -3 --separate-stderr ct try busybox sh -c 'echo out; echo x >/new; rm /etc/group; exit 3'
	[ "${lines[0]}" = out ]
	[[ $output == *$'\nD /etc/group\n'* && $output == *$'\nA /new\n'* ]]
	[ -z "$stderr" ]
	ct-images | diff "$D/before" -
	[ -z "$(ct-ps -q)" ]
	[ -e "$(ct path busybox)/etc/group" ]
}

@test "ct try on a directory does not touch it; --keep keeps the snapshot as an image" {
	cp -a "$busybox" "$D/tree"
	find "$D/tree" -printf '%p %T@ %s\n' | sort >"$D/before"
	run -0 ct try --keep kept "$D/tree" touch /new
	[[ $'\n'$output$'\n' == *$'\nA /new\n'* ]]
	find "$D/tree" -printf '%p %T@ %s\n' | sort | diff "$D/before" -
	[ -e "$(ct path kept)/new" ]
	[ "$(ct-images -q | wc -l)" = 2 ]
	[ -z "$(ct-ps -q)" ]
	run -1 --separate-stderr ct try --keep kept busybox touch /other
	[ "$stderr" = 'ct: try: kept: the name is in use' ]
	run -1 env TMPDIR=/no/such ct try "$D/tree" true
	[ "$(ct-images -q | wc -l)" = 2 ]
	run -125 --separate-stderr ct try nosuch true
	[ "${#stderr_lines[@]}" -eq 1 ]
	for args in '' busybox '--keep' '--keep x busybox' '-x busybox true'; do
		# shellcheck disable=SC2086 # several words
		run -2 ct try $args
	done
	ct-rm kept
}
