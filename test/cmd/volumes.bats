bats_require_minimum_version 1.5.0
load helper
load runs

teardown() {
	remove_containers
	ct-volumes -q | ct-rm -f -
}

# The data of a volume, on the host.
data_of() {
	ct-volumes --no-header -o root "$1"
}

# By name

@test "seed row 47: two containers share a volume by name, and each sees the other's files with the same owners" {
	a=$(ct-run -d -v shared:/a "$img" sh -c 'echo a >/a/a; chown 33:100 /a/a; exec sleep 1000')
	b=$(ct-run -d -v shared:/b "$img" sh -c 'echo b >/b/b; chown 5:7 /b/b; exec sleep 1000')
	[ "$(stat -c %u "/proc/$(ct pid "$a")")" != "$(stat -c %u "/proc/$(ct pid "$b")")" ]
	wait_until ct-exec "$a" test -s /a/b
	wait_until ct-exec "$b" test -s /b/a
	run -0 ct-exec "$a" sh -c 'cd /a; cat a b; stat -c %u:%g . a b'
	[ "$output" = $'a\nb\n0:0\n33:100\n5:7' ]
	run -0 ct-exec "$b" sh -c 'cd /b; cat a b; stat -c %u:%g . a b'
	[ "$output" = $'a\nb\n0:0\n33:100\n5:7' ]
	[ "$(stat -c %u:%g "$(data_of shared)/a")" = 33:100 ]
}

@test "the data of a volume outlives its containers" {
	ct-run --rm -v keep:/v "$img" sh -c 'echo kept >/v/file'
	[ -z "$(ct-ps -q)" ]
	[ "$(ct-run --rm -v keep:/else/where "$img" cat /else/where/file)" = kept ]
}

@test "a new volume is filled from the image with owners and modes; an existing one is unchanged" {
	mkdir -p "$D/image"
	cp -a "$busybox/." "$D/image"
	mkdir "$D/image/data"
	echo image >"$D/image/data/file"
	chown 33:100 "$D/image/data" "$D/image/data/file"
	chmod 1770 "$D/image/data"
	own=$(ct-init "$D/image")
	run -0 ct-run --rm -v new:/data "$own" sh -c 'cat /data/file; stat -c "%a %u:%g" /data; stat -c %u:%g /data/file; echo changed >/data/file'
	[ "$output" = $'image\n1770 33:100\n33:100' ]
	[ "$(ct-run --rm -v new:/data "$own" cat /data/file)" = changed ]
	[ "$(ct-run --rm "$own" cat /data/file)" = image ]
	ct-rm "$own"
}

# $own: an image with 40 files in /data, which belongs to 33:100.
image_with_data() {
	mkdir -p "$D/image"
	cp -a "$busybox/." "$D/image"
	mkdir -p "$D/image/data/sub"
	for i in $(seq 40); do echo "$i" >"$D/image/data/sub/$i"; done
	chown -R 33:100 "$D/image/data"
	own=$(ct-init "$D/image")
}

@test "an empty volume is filled from the image, also while another container has it mounted" {
	image_with_data
	a=$(ct-run -d -v empty:/v "$img" sleep 1000)
	[ -z "$(ls "$(data_of empty)")" ]
	run -0 ct-run --rm -v empty:/data "$own" sh -c 'stat -c %u:%g /data /data/sub/7; cat /data/sub/* | sort -n | tail -n 1'
	[ "$output" = $'33:100\n33:100\n40' ]
	[ "$(ct-exec "$a" ls /v/sub | wc -l)" -eq 40 ]
	[ "$(ls "$CT_ROOT/$(ct-volumes -q empty)")" = $'config\ndata\nname' ]
	# Files that were removed later stay removed, unless the volume is empty.
	ct-exec "$a" rm /v/sub/7
	run ! ct-run --rm -v empty:/data "$own" test -e /data/sub/7
	ct-rm -f "$a" "$own"
}

@test "concurrent containers on one empty volume all see its complete content" {
	image_with_data
	ct-run --rm -v race:/v "$img" true
	for i in 1 2 3 4 5 6; do
		ct-run --rm -v race:/data "$own" sh -c 'ls /data/sub | wc -l' >"$D/out.$i" 3>&- &
	done
	wait
	[ "$(sort -u "$D"/out.*)" = 40 ]
	[ "$(cat "$D"/out.* | wc -l)" -eq 6 ]
	ct-rm "$own"
}

@test "the next container completes an interrupted filling and keeps existing files" {
	image_with_data
	ct-run --rm -v half:/v "$img" true
	vol=$CT_ROOT/$(ct-volumes -q half)
	btrfs subvolume create "$vol/filling" >/dev/null
	cp -a "$D/image/data/." "$vol/filling"
	mkdir -m 700 "$vol/data/sub"
	echo changed >"$vol/data/sub/1"
	echo own >"$vol/data/own"
	run -0 ct-run --rm -v half:/v "$img" sh -c 'cat /v/sub/1 /v/own; ls /v/sub | wc -l; stat -c %a:%u /v/sub'
	[ "$output" = $'changed\nown\n40\n755:33' ]
	[ "$(ls "$vol")" = $'config\ndata\nname' ]
	ct-rm "$own"
}

@test "a supervisor killed while it fills a volume leaves no partial content to the next container" {
	image_with_data
	for i in 1 20 40; do
		ct-run --rm -v "kill:/v" "$img" true
		run -137 strace -qq -o /dev/null -e "inject=linkat:signal=KILL:when=$i" \
			ct-run --rm -v kill:/data "$own" true
		run -0 ct-run --rm -v kill:/data "$own" sh -c 'ls /data/sub | wc -l'
		[ "$output" = 40 ]
		ct-rm -f kill
	done
	ct-rm "$own"
}

@test "volumes are listed, newest first, in every form" {
	ct-run --rm -v first:/v -v second.one:/w "$img" true
	run -0 ct-volumes
	[ "${lines[0]}" = $'ID\tNAME\tCREATED' ]
	[[ ${lines[1]} == vol_*$'\tsecond.one\t20'??-??-??T* ]]
	[[ ${lines[2]} == vol_*$'\tfirst\t20'??-??-??T* ]]
	[ "$(ct-volumes -q | sort -V)" = "$(ct-volumes -q | tac)" ]
	[ "$(ct-volumes --no-header -o name first)" = first ]
	[ "$(ct-volumes --json | jq -r .name | paste -sd,)" = second.one,first ]
	[ -d "$(ct-volumes --json first | jq -r .root)" ]
	run -1 --separate-stderr ct-volumes -q nosuch
	[ -z "$output" ]
	[[ $stderr == 'ct-volumes: nosuch: '* ]]
}

@test "a volume is removed by name or id, but not while a container uses it" {
	c=$(ct-run -d -v mine:/v "$img" sleep 1000)
	ct-run --rm -v other:/v "$img" true
	run -1 --separate-stderr ct-rm mine
	[[ $stderr == "ct-rm: mine: in use by $c"* ]]
	[ -d "$(data_of mine)" ]
	ct-rm "$(ct-volumes -q other)"
	run -1 ct-volumes other
	ct-kill "$c"
	ct-wait "$c"
	# A stopped one has it still: it may be started again.
	run -1 ct-rm mine
	ct-rm "$c"
	ct-rm mine
	[ -z "$(ct-volumes -q)" ]
	run -1 ct-rm mine
	run -0 ct-rm -f mine
}

@test "a volume removed by force is made again, empty, by the next start" {
	ct-run -v gone:/v --cidfile "$D/cid" "$img" sh -c 'ls /v; echo x >/v/file'
	ct-rm -f gone
	read -r c <"$D/cid"
	run -0 ct-start -a "$c"
	[ -z "$output" ]
	[ "$(cat "$(data_of gone)/file")" = x ]
}

@test "concurrent containers with the same new volume share it" {
	for i in 1 2 3 4 5 6; do
		ct-run --rm -v race:/v "$img" touch "/v/$i" 3>&- &
	done
	wait
	[ "$(ct-volumes -q | wc -l)" -eq 1 ]
	[ "$(ct-run --rm -v race:/v "$img" ls /v)" = $'1\n2\n3\n4\n5\n6' ]
}

@test "invalid volume names are refused, and nothing is made" {
	for name in '' -x _x .hidden 'a b' $'a\nb' 'a$(id)' 'ä' "$(printf 'x%.0s' {1..64})" vol_42002; do
		run ! --separate-stderr ct-run -v "$name:/v" "$img" true
		[ "$status" -eq 125 ]
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
	for text in v v: v:w v:/ v:/w:rx :/v v:/w:ro:ro; do
		run ! ct-run -v "$text" "$img" true
		[ "$status" -eq 125 ]
	done
	[ -z "$(ct-volumes -q)" ]
	[ -z "$(ct-ps -q)" ]
}

@test "a volume can be read-only for one container and writable for another" {
	a=$(ct-run -d -v log:/v "$img" sh -c 'echo one >/v/file; exec sleep 1000')
	run -0 ct-run --rm -v log:/v:ro "$img" sh -c 'touch /v/x 2>/dev/null || echo refused; mount -o remount,rw /v 2>/dev/null || echo refused'
	[ "$output" = $'refused\nrefused' ]
	ct-exec "$a" touch /v/two
	[ -e "$(data_of log)/two" ]
}

@test "nested volumes are mounted in any order of options, also at a restart" {
	mkdir -p "$D/host/deep"
	echo host >"$D/host/deep/file"
	ct-run --cidfile "$D/cid" -v inner:/v/deep/inner -v "$D/host:/v" -v outer:/v/deep "$img" \
		sh -c 'echo i >/v/deep/inner/i; echo o >/v/deep/o; ls /v /v/deep /v/deep/inner'
	read -r c <"$D/cid"
	[ "$(ls "$(data_of inner)")" = i ]
	[ -e "$(data_of outer)/o" ]
	[ "$(ls "$D/host/deep")" = file ]
	ct-start -a "$c"
	[ "$(ls "$(data_of inner)")" = i ]
}

@test "device nodes on a volume cannot be used, set-user-ID programs can" {
	ct-run --rm -v dev:/v "$img" true
	mknod "$(data_of dev)/null" c 1 3
	run ! ct-run --rm -v dev:/v "$img" sh -c 'echo x >/v/null'
	[ "$(ct-run --rm -v dev:/v "$img" sh -c 'grep -c " /v .*nodev" /proc/mounts')" = 1 ]
}

@test "links in a volume's target stay in the container" {
	mkdir -p "$D/image" "$D/outside"
	cp -a "$busybox/." "$D/image"
	ln -s "$D/outside" "$D/image/data"
	own=$(ct-init "$D/image")
	echo outside >"$D/outside/file"
	# The link is dangling inside: refused, not followed on the host.
	run -125 --separate-stderr ct-run --rm -v linked:/data "$own" sh -c 'ls /data/'
	[ -z "$output" ]
	mkdir -p "$D/image$D/outside"
	echo inside >"$D/image$D/outside/other"
	more=$(ct-init "$D/image")
	run -0 ct-run --rm -v followed:/data "$more" sh -c 'echo x >/data/made; ls /data/'
	[ "$output" = $'made\nother' ]
	[ "$(ls "$D/outside")" = file ]
	ct-rm "$more"
	ct-rm -f linked
	ct-rm "$own"
}

# The image's

@test "an image volume begins with the image's files and is not part of a commit" {
	image_with volume=/var/tmp volume=/made
	mkdir -p "$D/image"
	c=$(ct-run -d "$with" sh -c 'echo x >/made/file; echo x >/var/tmp/file; echo x >/root/file; stat -c %a /var/tmp; exec sleep 1000')
	# shellcheck disable=SC2016 # sh is to expand it
	wait_until sh -c '[ "$(ct-logs "$1")" = 1777 ]' sh "$c"
	[ "$(ct-exec "$c" awk '$2 == "/made" || $2 == "/var/tmp"' /proc/mounts | wc -l)" -eq 2 ]
	new=$(ct-commit "$c")
	[ "$(ct-run --rm --entrypoint '' "$new" sh -c 'cat /root/file; ls /made /var/tmp')" = $'x\n/made:\n\n/var/tmp:' ]
	ct-rm -f "$c" "$new" "$with"
}

@test "an image volume survives ct-start and is removed with the container" {
	image_with volume=/made
	ct-run --cidfile "$D/cid" "$with" sh -c 'echo x >>/made/file; wc -l </made/file'
	read -r c <"$D/cid"
	[ "$(ct-start -a "$c")" = 2 ]
	[ "$(ct-run --rm "$with" ls /made)" = '' ]
	[ -z "$(ct-volumes -q)" ]
	btrfs subvolume list "$CT_ROOT" | grep -q "$c/data-0"
	ct-rm "$c"
	[[ "$(btrfs subvolume list "$CT_ROOT")" != *"$c"* ]]
	ct-rm "$with"
}

@test "a volume or tmpfs of the user replaces an image volume" {
	image_with volume=/made volume=/other
	run -0 ct-run --cidfile "$D/cid" -v mine:/made --tmpfs /other "$with" sh -c 'touch /made/file; awk "\$2 == \"/other\" { print \$3 }" /proc/mounts'
	[ "$output" = tmpfs ]
	[ -e "$(data_of mine)/file" ]
	read -r c <"$D/cid"
	[ ! -e "$CT_ROOT/$c/data-0" ]
	ct-rm "$c" "$with"
}

@test "an image volume at a forbidden target is ignored" {
	image_with volume=/ volume=relative 'volume=/../../up' volume= volume=/proc volume=/dev
	ct-run --rm "$with" sh -c '[ ! -e /up ] && [ -r /proc/self/status ] && echo >/dev/null'
	[ ! -e "$CT_ROOT/up" ]
	ct-rm "$with"
}

@test "with --read-only the root is read-only, but volumes are not" {
	image_with volume=/made
	run -0 ct-run --rm --read-only -v named:/v "$with" sh -c 'touch /x 2>/dev/null || echo no; touch /made/x /v/x && echo yes'
	[ "$output" = $'no\nyes' ]
	ct-rm "$with"
}

# Two at one place

@test "two mounts on one target are refused before anything is made" {
	mkdir -p "$D/a" "$D/b"
	facts >"$D/before"
	for mounts in "-v $D/a:/x -v $D/b:/x" "-v $D/a:/x --tmpfs /x/" "--tmpfs /x --tmpfs /./x" "-v a:/x -v b://x" \
		"--device /dev/null:/x --device /dev/zero:/x"; do
		echo "$mounts"
		# shellcheck disable=SC2086 # options
		run -125 ct-run $mounts "$img" true
		[[ $output == *' is mounted at /x' ]]
	done
	[ -z "$(ct-ps -q)$(ct-volumes -q)" ]
	facts | same_facts "$D/before" -
	# Nested targets do not conflict, in any order.
	touch "$D/a/in" "$D/b/out"
	mkdir "$D/b/y"
	run -0 ct-run --rm -v "$D/a:/./x/y" -v "$D/b:/x" "$img" ls /x/out /x/y/in
}

@test "two mounts that links lead to one target are refused, also by --dry-run" {
	with=$(ct-init "$busybox")
	ct-run --name linked "$with" ln -s /run /var/link
	ct-commit linked linked
	for dry in '' --dry-run; do
		# shellcheck disable=SC2086 # none or one
		run -125 ct-run $dry -v a:/run/x --tmpfs /var/link/x linked true
		[[ $output == *': --tmpfs /var/link/x: --volume a:/run/x is mounted at /run/x' ]]
	done
	[ "$(ct-ps -q | wc -l)" = 1 ]
	ct-rm "$(ct-ps -q)"
	ct-rm linked "$with"
}

@test "an image volume yields to a mount on the same target, however it is written" {
	image_with volume=/made/ volume=/made/./
	run -0 ct-run --cidfile "$D/cid" -v mine:/made "$with" sh -c 'touch /made/file; grep -c " /made " /proc/mounts'
	[ "$output" = 1 ]
	[ -e "$(data_of mine)/file" ]
	ct-rm "$(cat "$D/cid")" "$with"
}

@test "a volume at /etc/hosts replaces ct's file, also for ct cp" {
	echo '192.0.2.9 mine' >"$D/hosts"
	c=$(ct-run -d -v "$D/hosts:/etc/hosts" "$img" sleep 1000)
	run -0 ct-exec "$c" cat /etc/hosts
	[ "$output" = '192.0.2.9 mine' ]
	run -0 ct-cp "$c:/etc/hosts" "$D/copy"
	[ "$(cat "$D/copy")" = '192.0.2.9 mine' ]
}

@test "a volume source that begins with a dot is a path" {
	cd "$D"
	touch here
	mkdir below
	run -0 ct-run --rm -v .:/c "$img" ls /c
	[[ $output == *here* ]]
	run -0 ct-run --rm -v ./below/..:/c "$img" ls /c
	[[ $output == *here* ]]
	cd below
	run -0 ct-run --rm -v ..:/c "$img" ls /c
	[[ $output == *here* ]]
	[ -z "$(ct-volumes -q)" ]
}

# Made, copied, written

@test "a volume is made empty, with labels, and is used by its name" {
	v=$(ct-volumes create -l a=b --label c= own)
	[ "$(ct-volumes -q own)" = "$v" ]
	[ "$(ct-volumes --json own | jq -c .labels)" = '["a=b","c="]' ]
	[ "$(stat -c %a "$(ct path own)")" = 755 ]
	[ "$(ct path own)" = "$(data_of own)" ]
	[ "$(ct id own)" = "$v" ]
	ct-run --rm --network none -v own:/v "$img" touch /v/file
	[ "$(ls "$(ct path "$v")")" = file ]
	run -0 ct inspect own
	[ "$(jq -r '.[0] | .Name + " " + .Mountpoint + " " + .Labels.a' <<<"$output")" = "own $(data_of own) b" ]
	for args in create 'create own' 'create vol_1' 'create -l =x y' 'create --from nosuch y' 'create a b' \
		'snapshot nosuch' 'snapshot own own' "import y $D/nosuch" 'import own /dev/null' 'export nosuch'; do
		echo "$args"
		# shellcheck disable=SC2086 # several words
		run ! --separate-stderr ct-volumes $args
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == 'ct-volumes: '* ]]
	done
	[ "$(ct-volumes -q)" = "$v" ]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}

@test "a volume with the name of a command is listed after two dashes" {
	ct-volumes create import
	run -0 ct-volumes --no-header -o name -- import
	[ "$output" = import ]
}

@test "a snapshot stays as the volume was, is compared with it, and becomes a volume again" {
	ct-run --rm --network none -v data:/v "$img" sh -c 'echo 1 >/v/state; echo 2 >/v/other'
	s=$(ct-volumes snapshot data before)
	[ "$(ct-volumes --no-header -o of before)" = "$(ct-volumes -q data)" ]
	ct-run --rm --network none -v data:/v "$img" sh -c 'mv /v/other /v/moved; echo x >>/v/state'
	run -0 ct-diff data
	[ "$output" = $'C /\nA /moved\nD /other\nC /state' ]
	run -1 touch "$(ct path before)/x"
	ct-rm data
	ct-volumes create --from before data
	[ "$(ct-run --rm --network none -v data:/v "$img" cat /v/state /v/other)" = $'1\n2' ]
	ct-run --rm --network none -v data:/v "$img" touch /v/new
	[ ! -e "$(ct path "$s")/new" ]
	run -1 ct-diff before
}

@test "a snapshot of a volume in use is of one moment" {
	c=$(ct-run -d --network none -v db:/v "$img" sh -c 'i=0; while :; do i=$((i+1)); echo $i >/v/t; mv /v/t /v/a; echo $i >/v/t; mv /v/t /v/b; done')
	wait_until test -s "$(ct path db)/b"
	for i in 1 2 3 4 5; do
		ct-volumes snapshot db "s$i"
		a=$(cat "$(ct path "s$i")/a")
		b=$(cat "$(ct path "s$i")/b")
		((a == b || a == b + 1))
	done
	[ "$(field status "$c")" = running ]
}

@test "an exported volume is imported as the same files, as a whole or not at all" {
	ct-volumes create tree
	/usr/bin/python3 -I -S "$BATS_TEST_DIRNAME/trees.py" grow 51 "$(ct path tree)"
	# An archive cannot hold sockets.
	find "$(ct path tree)" -type s -delete
	ct-volumes export tree >"$D/tar"
	ct export tree | cmp "$D/tar" -
	ct-volumes import copy <"$D/tar"
	ct-volumes import other "$D/tar"
	for name in copy other; do
		run -0 ct-diff "$name" tree
		[ -z "$output" ]
	done
	ct-volumes -q >"$D/before"
	head -c 3000 "$D/tar" >"$D/part"
	run -1 --separate-stderr ct-volumes import part "$D/part"
	[ "${#stderr_lines[@]}" -eq 1 ]
	ct-volumes -q | diff "$D/before" -
	echo 1 >"$D/twice"
	tar -C "$D" -cf "$D/twice.tar" twice twice --hard-dereference
	run -0 --separate-stderr ct-volumes import twice "$D/twice.tar"
	[[ $stderr == *': twice: occurs twice' ]]
	# A container that was killed while it filled the volume leaves this; the next one ends it.
	btrfs -q subvolume create "$CT_ROOT/$output/filling"
	run -1 --separate-stderr ct-volumes export twice
	[[ $stderr == *': was not filled completely'* ]]
	run -1 bash -c 'ct-volumes export tree 2>&1 >/dev/full'
	[ "$output" = 'ct-volumes: standard output: No space left on device' ]
	[ -z "$(ls "$CT_ROOT/tmp")" ]
}
