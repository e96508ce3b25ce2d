bats_require_minimum_version 1.5.0
load helper

teardown() {
	remove_containers
	ct-volumes -q | ct-rm -f -
}

trees() {
	/usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/trees.py" "$@"
}

# two_volumes SEED: the volumes old and new with random trees; new is a changed snapshot of old.
two_volumes() {
	ct-run --rm --network none -v old:/v -v new:/w "$img" true
	old=$CT_ROOT/$(ct-volumes -q old)/data new=$CT_ROOT/$(ct-volumes -q new)/data
	trees grow "$1" "$old"
	btrfs -q subvolume delete "$new"
	btrfs -q subvolume snapshot "$old" "$new"
	trees change "$1" "$new"
}

@test "the changes of a container are those against its image, as lines and as JSON" {
	finished --network none "$img" sh -c 'echo ready >/state; rm /etc/group; mv /etc/passwd /etc/users; chmod 711 /root; chown 3:4 /usr'
	run -0 ct-diff "$c"
	for line in 'C /' 'C /etc' 'D /etc/group' 'D /etc/passwd' 'A /etc/users' 'A /state' 'C /root' 'C /usr'; do
		[[ $'\n'$output$'\n' == *$'\n'"$line"$'\n'* ]]
	done
	[[ $output != */usr/* ]]
	run -0 ct-diff --json "$c" "$img"
	[ "$(jq -r 'select(.path == "/etc/users") | .change + .from' <<<"$output")" = A/etc/passwd ]
	[ "$(jq -c 'select(.path == "/root" or .path == "/usr") | .what' <<<"$output")" = $'["mode"]\n["owner"]' ]
}

@test "every kind of change of random trees is found, and nothing else, as walking both trees finds it" {
	for seed in 1 2 3 4 5 6; do
		two_volumes "$seed"
		trees walk "$old" "$new" >"$D/walked"
		ct-diff --json new old | jq -cS 'del(.from)' | diff "$D/walked" -
		[ "$(wc -l <"$D/walked")" -gt 20 ]
		# The lines are the same changes; a path with a line break is one line.
		ct-diff new old | wc -l | grep -qx "$(wc -l <"$D/walked")"
		trees walk "$new" "$old" >"$D/walked"
		ct-diff --json old new | jq -cS 'del(.from)' | diff "$D/walked" -
		ct-rm old new
	done
}

# like_walking BASE IMAGE: ct-diff IMAGE finds what walking the trees of both finds, which is something.
like_walking() {
	trees walk "$CT_ROOT/$1/rootfs" "$CT_ROOT/$2/rootfs" >"$D/walked"
	ct-diff --json "$2" | jq -cS 'del(.from)' | diff "$D/walked" -
	[ -s "$D/walked" ]
}

@test "an image is compared with the image from which it was committed or built, as walking both compares" {
	finished --network none "$img" sh -c 'echo 1 >/one; rm /etc/group; chmod 711 /root; mv /etc/passwd /etc/users'
	one=$(ct-commit "$c" one)
	like_walking "$img" "$one"
	finished --network none one sh -c 'echo 2 >/two; rm /one'
	two=$(ct-commit "$c")
	like_walking "$one" "$two"
	# Of a build of several stages it is the image of the target's first stage.
	printf '%s\n' 'FROM one AS a' 'RUN rm /one' 'FROM busybox' 'RUN touch /other' 'FROM a' 'RUN touch /x' 'RUN touch /y' >"$D/Dockerfile"
	built=$(ct-build -q -f "$D/Dockerfile" "$D")
	like_walking "$one" "$built"
	# A layer of the differences makes one of the other.
	ct-diff -o - "$two" | tar -tf - | grep -qx .wh.one
	# The image of that time is meant, not another one under its id or name.
	finished --network none "$img" touch /replaced
	ct-commit "$c" one >/dev/null
	run -1 ct-diff "$two"
	[ "$output" = "ct-diff: $two: the image from which it was made has been removed: name B as well" ]
	remove_containers
	ct-rm "$two" "$built" one
}

@test "an image without a base has all its files added" {
	ct-diff "$img" | sed 's/^A //' | sort >"$D/added"
	(cd "$busybox" && find . | sed 's,^\./*,/,') | sort | diff - "$D/added"
	printf '%s\n' 'FROM scratch' 'COPY Dockerfile /' >"$D/Dockerfile"
	built=$(ct-build -q -f "$D/Dockerfile" "$D")
	run -0 ct-diff "$built"
	[ "$output" = $'A /\nA /Dockerfile' ]
	ct-rm "$built"
}

@test "an image of several layers is compared with itself without the last one" {
	mkdir "$D/base"
	echo 1 >"$D/base/kept"
	echo 1 >"$D/base/changed"
	tar -C "$D/base" --format=posix -cf "$D/lower" .
	mkdir "$D/top"
	echo 22 >"$D/top/changed"
	touch "$D/top/.wh.kept" "$D/top/new"
	tar -C "$D/top" --format=posix -cf "$D/upper" changed new .wh.kept
	several=$(trees archive "$D/lower" "$D/upper" | ct-init -)
	run -0 ct-diff "$several"
	[ "$output" = $'C /changed\nD /kept\nA /new' ]
	ct-rm "$several"
}

@test "unrelated images are compared by content" {
	cp -a "$busybox" "$D/other"
	rm "$D/other/etc/group"
	echo more >>"$D/other/etc/passwd"
	other=$(ct-init "$D/other")
	run -0 ct-diff "$other" "$img"
	[ "$output" = $'C /etc\nD /etc/group\nC /etc/passwd' ]
	run -0 ct-diff "$img" "$img"
	[ -z "$output" ]
	ct-rm "$other"
}

@test "a layer of the changes makes the same tree, with the same bytes each time" {
	for seed in 11 12 13; do
		two_volumes "$seed"
		# A layer cannot hold sockets.
		find "$old" "$new" -type s -delete
		ct-diff -o "$D/layer" new old
		ct-diff -o - new old | cmp "$D/layer" -
		tar -C "$old" --format=posix --xattrs -cf "$D/base" .
		image=$(trees archive "$D/base" "$D/layer" | ct-init -)
		ct-diff --json "$image" new >"$D/left"
		[ -z "$(jq -r 'select(.path != "/")' "$D/left")" ] || { cat "$D/left"; false; }
		ct-rm old new "$image"
	done
}

@test "ten changes in a large tree cost few system calls, as in a small one" {
	cp -a "$busybox" "$D/large"
	(cd "$D/large" && seq 20000 | split -l 1 -a 4 - f && for i in $(seq 50); do mkdir "d$i"; done)
	large=$(ct-init "$D/large")
	ct-run --name few --network none "$large" true
	root=$(ct path few)
	for i in $(seq 10); do echo changed >"$root/d$i/new"; done
	strace -f -c -o "$D/calls" ct-diff few >"$D/out"
	[ "$(wc -l <"$D/out")" -ge 20 ]
	[ "$(awk '$NF == "total" { print $(NF - 2) }' "$D/calls")" -lt 2000 ]
	ct-rm few "$large"
}

@test "a running container is compared as it is now, and keeps running" {
	c=$(ct-run -d --network none "$img" sleep 1000)
	ct-exec "$c" touch /made
	run -0 ct-diff "$c"
	[[ $'\n'$output$'\n' == *$'\nA /made\n'* ]]
	[ "$(field status "$c")" = running ]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "what cannot be compared is refused in one line" {
	finished --network none "$img" sh -c 'touch /.wh.x'
	for args in nosuch "$c nosuch" "-o - $c" "$c $c $c" "--json -o x $c"; do
		echo "$args"
		# shellcheck disable=SC2086 # several words
		run ! --separate-stderr ct-diff $args
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'ct-diff: '* ]]
	done
	run -1 ct-diff -o - "$c"
	[[ $output == *'/.wh.x: a layer cannot hold a file whose name begins with ".wh."'* || $output == *'.wh.x: a layer cannot'* ]]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
	run -1 bash -c "ct-diff $c >/dev/full"
}

@test "a reader that ends early leaves no snapshot behind" {
	finished --network none "$img" sh -c 'for i in $(seq 2000); do echo >"/$i-a-name-that-fills-the-pipe-to-the-reader"; done'
	for option in '' '--json' '-o -'; do
		echo "$option"
		# shellcheck disable=SC2086 # words
		run ! --separate-stderr bash -c "set -o pipefail; ct-diff $option $c | head -c 1 >/dev/null"
		[ -z "$stderr" ]
		[ -z "$(ls "$CT_ROOT/tmp")" ]
	done
}

@test "a layer that was not written completely is not left in its file" {
	finished --network none "$img" sh -c 'touch /.wh.x'
	run -1 ct-diff -o "$D/incomplete" "$c"
	[ ! -e "$D/incomplete" ]
}
