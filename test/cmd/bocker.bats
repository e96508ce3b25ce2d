# shellcheck disable=SC2154 # bats sets what is said to be unassigned
load helper

# The tests run in each of these shells.
shells=(dash 'busybox sh')

setup() {
	busybox_setup
	shell=dash
}

teardown() {
	ct-ps -q -r | ct-rm -f -
}

bocker() {
	# shellcheck disable=SC2086 # a shell and its arguments
	$shell "$B/bocker" "$@"
}

# The words that answer means, and nothing on stderr.
says() {
	run --separate-stderr bocker "${@:2}"
	[ "$output" = "$1" ] || { echo "$output" >&2; return 1; }
	[ -z "$stderr" ] || { echo "$stderr" >&2; return 1; }
}

# As bocker's own tests find the container of a command; the newest, if there are several.
container_of() {
	bocker ps | grep -F "$1" | tail -n 1 | awk '{print $1}'
}

# has_limits SHARES BYTES: the group of $ps has, as cgget shows it, on cgroup v1 or v2.
has_limits() {
	local group=$CT_CGROUP/$ps
	if cgget -nv -r cpu.shares "$group" >/dev/null 2>&1; then
		[ "$(cgget -nv -r cpu.shares -r memory.limit_in_bytes "$group")" = "$1"$'\n'"$2" ]
	else
		[ "$(cgget -nv -r cpu.weight -r memory.max "$group")" = "$((1 + ($1 - 2) * 9999 / 262142))"$'\n'"$2" ]
	fi
}

# BOCKER ARGUMENT...: a container that waits for its end, as $ps.
start() {
	mkfifo "$D/says" 2>/dev/null || true
	"$@" "echo ready; exec sleep 1000" >"$D/says" 3>&- &
	read -r answer <"$D/says"
	[ "$answer" = ready ]
	ps=$(ct-ps -q -r)
}

# Its size and its means

@test "bocker is one file of at most a hundred lines" {
	[ "$(wc -l <"$CT_TESTS/../cmd/bocker")" -le 100 ]
}

@test "shellcheck finds no fault in bocker as a script of POSIX sh" {
	command -v shellcheck >/dev/null || skip "no shellcheck here"
	shellcheck --shell=dash "$CT_TESTS/../cmd/bocker"
}

@test "bocker starts only the ct utilities and sed" {
	mkdir "$D/bin"
	for tool in "$B"/ct-* "$(command -v sed)"; do
		[ ! -x "$tool" ] || [ -d "$tool" ] || ln -s "$tool" "$D/bin"
	done
	cp "$B/bocker" "$D/bin"
	only() {
		PATH=$D/bin /bin/dash "$D/bin/bocker" "$@"
	}
	made=$(only init "$busybox")
	new=${made#Created: }
	[ "$(only run "$new" echo here)" = here ]
	ps=$(ct-ps -q | head -n 1)
	[ "$(only ps | tail -n 1)" = "$ps		echo here" ]
	[ "$(only images | tail -n 1)" = "$new		$busybox" ]
	[ "$(only logs "$ps")" = here ]
	[ "$(only commit "$ps" "$new")" = "Removed: $new"$'\n'"Created: $new" ]
	[ "$(only rm "$ps")" = "Removed: $ps" ]
	[ "$(only rm "$new")" = "Removed: $new" ]
	only help | grep -q "$D/bin/bocker init"
}

@test "bocker prefers the utilities beside it to those in PATH" {
	mkdir "$D/beside" "$D/path"
	cp "$B/bocker" "$D/beside"
	printf '%s\n' '#!/bin/sh' 'printf "img_1\telsewhere\n"' >"$D/path/ct-images"
	printf '%s\n' '#!/bin/sh' 'printf "img_1\tbeside\n"' >"$D/ct-images"
	chmod +x "$D/path/ct-images" "$D/ct-images"
	PATH=$D/path:$PATH run "$D/beside/bocker" images
	[ "${lines[1]}" = $'img_1\t\telsewhere' ]
	mv "$D/ct-images" "$D/beside"
	PATH=$D/path:$PATH run "$D/beside/bocker" images
	[ "${lines[1]}" = $'img_1\t\tbeside' ]
	cd "$D/beside"
	PATH=$D/path:$PATH run ./bocker images
	[ "${lines[1]}" = $'img_1\t\tbeside' ]
}

# Listings

@test "seed row 44: listings of an empty store are their headings" {
	for shell in "${shells[@]}"; do
		CT_ROOT=$D/none says $'IMAGE_ID\t\tSOURCE' images
		[ "$status" -eq 0 ]
		CT_ROOT=$D/none says $'CONTAINER_ID\t\tCOMMAND' ps
		[ "$status" -eq 0 ]
	done
}

@test "seed row 44: images and containers are listed oldest first" {
	cp -r "$busybox" "$D/a dir"
	second=$(ct-init "$D/a dir")
	c1=$(ct-run -d "$img" sleep 1000)
	c2=$(ct-run -d "$img" sh -c 'sleep 1000; :')
	for shell in "${shells[@]}"; do
		bocker images >"$D/images"
		tail -n +2 "$D/images" | cut -f1 | sort -t_ -k2n | diff - <(tail -n +2 "$D/images" | cut -f1)
		grep -Fx "$img		$busybox" "$D/images"
		[ "$(tail -n 1 "$D/images")" = "$second		$D/a dir" ]
		[ "$(bocker ps | tail -n 2)" = "$c1		sleep 1000"$'\n'"$c2		sh -c sleep 1000; :" ]
	done
	ct-rm "$second"
}

@test "the listing shows a command as it was given, on one line" {
	for shell in "${shells[@]}"; do
		for command in 'echo "a  b" $HOME \t *' "echo 'it''s'" ': %s &&  : | : $(:)' ':; exit 3'; do
			bocker run "$img" "$command"
			ps=$(ct-ps -q | head -n 1)
			[ "$(bocker ps | tail -n 1)" = "$ps		$command" ]
		done
		bocker run "$img" echo 'a  b' c
		[ "$(bocker ps | tail -n 1 | cut -f3)" = 'echo a  b c' ]
		bocker run "$img" $'echo one\nprintf "\033[1m"'
		[ "$(bocker ps | tail -n 1 | cut -f3)" = 'echo one\nprintf "\x1b[1m"' ]
	done
}

# init, rm

@test "init makes an image of a directory and prints its id" {
	for shell in "${shells[@]}"; do
		made=$(bocker init "$busybox")
		[[ $made =~ ^'Created: img_'[0-9]+$ ]]
		new=${made#Created: }
		bocker images | grep -qw "$new"
		[ "$(bocker run "$new" cat /etc/hostname /etc/passwd | grep -c root)" = 1 ]
		says "Removed: $new" rm "$new"
	done
}

@test "init of a missing directory prints a message with status 0, as bocker does" {
	for shell in "${shells[@]}"; do
		for name in "$D/none" "$busybox/etc/passwd" '' - -x "it's" $'a\nb'; do
			says "No directory named '$name' exists" init "$name"
			[ "$status" -eq 0 ]
		done
		# Newlines are kept, as bocker's own test needs them; characters that move the cursor do not reach a terminal.
		says $'No directory named \'a\nb\\x1b[31m\' exists' init $'a\nb\e[31m'
	done
}

@test "seed row 45: rm removes a container, and an image that a container was made from" {
	for shell in "${shells[@]}"; do
		new=$(bocker init "$busybox" | awk '{print $2}')
		command="echo $RANDOM"
		bocker run "$new" "$command"
		ps=$(container_of "$command")
		says "Removed: $new" rm "$new"
		[ "$(bocker logs "$ps")" = "${command#echo }" ]
		says "Removed: $ps" rm "$ps"
		[ "$(bocker images | grep -cw "$new")" = 0 ]
		[ "$(bocker ps | grep -cw "$ps")" = 0 ]
	done
}

@test "seed row 45: rm removes a running container with its cgroup" {
	start bocker run "$img"
	says "Removed: $ps" rm "$ps"
	wait $!
	[ "$(bocker ps | grep -cw "$ps")" = 0 ]
	[ -z "$(find /sys/fs/cgroup -path "*$CT_CGROUP/$ps")" ]
}

# run, logs

@test "run prints the command's output and keeps the container and its log" {
	for shell in "${shells[@]}"; do
		says foo run "$img" 'echo foo'
		[ "$(bocker logs "$(container_of 'echo foo')")" = foo ]
		says Linux run "$img" uname
		[ "$(bocker logs "$(container_of uname)")" = Linux ]
	done
}

@test "stdout and stderr are one stream in the order of writing, in the log too" {
	for shell in "${shells[@]}"; do
		says $'a\nb\nc\nd' run "$img" 'echo a; echo b >&2; echo c; echo d >&2'
		says $'a\nb\nc\nd' logs "$(container_of 'echo a')"
		says "/bin/sh: syntax error: unterminated quoted string" run "$img" 'echo "'
		run --separate-stderr bocker run "$img" no-such-command
		[[ $output == *no-such-command:\ not\ found ]]
		[ -z "$stderr" ]
	done
}

@test "stdin and stdout carry bytes unchanged" {
	head -c 300000 /dev/urandom >"$D/bytes"
	for shell in "${shells[@]}"; do
		bocker run "$img" cat <"$D/bytes" | cmp - "$D/bytes"
		bocker logs "$(container_of cat)" | cmp - "$D/bytes"
	done
}

@test "the command's words become one string for the container's shell" {
	for shell in "${shells[@]}"; do
		[ "$(bocker run "$img" "sleep 0 && echo \$((6 * 7)) | sed 's/4/four /'")" = 'four 2' ]
		[ "$(bocker run "$img" echo 'a   b' '$((1 + 1))' '"c   d"')" = 'a b 2 c   d' ]
		[ "$(bocker run "$img" "for i in 1 2; do echo \"\$i\"; done; cd /etc; pwd")" = $'1\n2\n/etc' ]
	done
}

@test "a command in a process of its own is process 3: process 2 mounted /proc" {
	[[ "$(bocker run "$img" 'cat /proc/self/stat; :')" == '3 (cat) '* ]]
}

@test "run ignores the command's status and fails only if it cannot run" {
	for shell in "${shells[@]}"; do
		bocker run "$img" 'exit 3'
		bocker run "$img" false
		[ "$(ct-ps --no-header -o status "$(container_of 'exit 3')")" = 'exited 3' ]
		before=$(ct-ps -q)
		run --separate-stderr bocker --CPU_SHARE=much run "$img" echo no
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[[ $stderr == 'ct-run: '*much* ]]
		[ "${#stderr_lines[@]}" -eq 1 ]
		BOCKER_MEM_LIMIT='a[$(touch x)]' run --separate-stderr bocker run "$img" echo no
		[ "$status" -eq 1 ]
		[ "$(ct-ps -q)" = "$before" ]
	done
}

@test "on a terminal the command's output appears at once and unchanged" {
	for shell in "${shells[@]}"; do
		# shellcheck disable=SC2086 # a shell and its arguments
		run -0 run_tty wait:start 'type:typed\r' wait:typed wait:typed -- $shell "$B/bocker" run "$img" \
			'echo start; cat /dev/null; read -r line; echo "$line"; ls / >&2; [ -t 1 ] || printf end'
		[[ $output == *$'typed\nbin\ndev\n'*$'\nend' ]]
		bocker logs "$(container_of 'echo start')" >"$D/log"
		[ "$(grep -c $'\r' "$D/log")" = 0 ]
		[ "$(head -n 3 "$D/log")" = $'start\ntyped\nbin' ]
		# shellcheck disable=SC2086 # a shell and its arguments
		run -1 run_tty -- $shell "$B/bocker" --CPU_SHARE=1 run "$img" true
	done
}

@test "an image's entry point, user and directory are ignored" {
	with=$(ct-init "$busybox")
	printf '%s\n' 'entrypoint=/bin/false' 'user=www-data' 'workdir=/etc' >>"$CT_ROOT/$with/config"
	[ "$(ct-run --entrypoint '' "$with" sh -c 'id -un; pwd')" = $'www-data\n/etc' ]
	[ "$(bocker run "$with" 'id -un; pwd')" = $'root\n/' ]
}

# Limits

@test "seed row 43: limits come from options, environment or bocker's defaults" {
	start bocker run "$img"
	has_limits 512 512000000
	bocker rm "$ps"
	BOCKER_CPU_SHARE=256 BOCKER_MEM_LIMIT=64 start bocker run "$img"
	has_limits 256 64000000
	bocker rm "$ps"
	BOCKER_CPU_SHARE=256 BOCKER_MEM_LIMIT=64 start bocker --MEM_LIMIT=128 --CPU_SHARE=100 run "$img"
	has_limits 100 128000000
}

@test "an unknown option is refused before anything happens" {
	for shell in "${shells[@]}"; do
		before=$(ct-ps -q)
		run --separate-stderr bocker --MEM=1 run "$img" echo no
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[ "$stderr" = "bocker: --MEM: no such option (see 'bocker help')" ]
		[ "$(ct-ps -q)" = "$before" ]
	done
}

# exec

@test "exec joins a running container" {
	mkfifo "$D/go"
	bocker run "$img" "echo ready; read -r line && ps aux" <"$D/go" >"$D/out" 3>&- &
	exec 9>"$D/go"
	wait_until grep -qx ready "$D/out"
	ps=$(container_of 'echo ready')
	for shell in "${shells[@]}"; do
		[ "$(bocker exec "$ps" ps aux | wc -l)" = 3 ]
		[ "$(bocker exec "$ps" printf '<%s>' 'a b' '' "it's" '$HOME' -x)" = "<a b><><it's><\$HOME><-x>" ]
		[ "$(echo in | bocker exec "$ps" cat)" = in ]
		run -7 bocker exec "$ps" sh -c 'exit 7'
		[ "$(echo 'echo $((1 + 1))' | bocker exec "$ps")" = 2 ]
	done
	echo >&9
	exec 9>&-
	wait $!
	grep -q 'ps aux' "$D/out"
}

@test "seed row 38: exec into an ended or unknown container fails with a message" {
	bocker run "$img" ps aux
	ps=$(container_of 'ps aux')
	for shell in "${shells[@]}"; do
		says "Container '$ps' exists but is not running" exec "$ps" ps aux
		[ "$status" -eq 1 ]
		says "No container named 'foo' exists" exec foo ps aux
		[ "$status" -eq 1 ]
		# bocker's own test does this when it has found two.
		says "Container '$ps"$'\n'"$ps' exists but is not running" exec "$ps"$'\n'"$ps" ps aux
		[ "$status" -eq 1 ]
		run -1 bocker rm "$ps"$'\n'"$ps"
	done
}

# commit

@test "seed row 46: commit replaces an image by a container's files" {
	for shell in "${shells[@]}"; do
		new=$(bocker init "$busybox" | awk '{print $2}')
		bocker run "$new" 'which tool; echo "echo it works" >/bin/tool && chmod +x /bin/tool'
		ps=$(container_of 'which tool')
		says "Removed: $new"$'\n'"Created: $new" commit "$ps" "$new"
		[ "$status" -eq 0 ]
		bocker run "$new" which tool
		[ "$(bocker logs "$(container_of 'which tool')")" = /bin/tool ]
		[ "$(bocker run "$new" tool)" = 'it works' ]
		[ "$(bocker images | grep -cw "$new")" = 1 ]
	done
}

# Errors

@test "an unknown id is reported in bocker's words, with status 1" {
	bocker run "$img" true
	ps=$(container_of true)
	for shell in "${shells[@]}"; do
		for name in x img_1 ps_1 '' - -f --help 'a b' "it's" '$(id)' '*' $'a\nb' ../x; do
			container="No container named '$name' exists" image="No image named '$name' exists"
			for command in rm exec logs; do
				says "$container" "$command" "$name" command <<<"$ps"
				[ "$status" -eq 1 ]
			done
			says "$image" run "$name" command
			[ "$status" -eq 1 ]
			says "$container" commit "$name" "$img"
			[ "$status" -eq 1 ]
			says "$image" commit "$ps" "$name" <<<"$img"
			[ "$status" -eq 1 ]
		done
	done
	[ "$(container_of true)" = "$ps" ]
	bocker images | grep -qw "$img"
}

@test "an unreadable store is an error, not an empty listing" {
	mkdir "$D/bin"
	cp "$B/bocker" "$D/bin"
	for name in ps images; do
		printf '%s\n' '#!/bin/sh' "echo 'ct-$name: the store: why' >&2; exit 1" >"$D/bin/ct-$name"
		chmod +x "$D/bin/ct-$name"
	done
	for shell in "${shells[@]}"; do
		for command in images ps 'run x y' 'rm x' 'exec x y' 'logs x' 'commit x y'; do
			# shellcheck disable=SC2086 # words
			run --separate-stderr $shell "$D/bin/bocker" $command
			[ "$status" -eq 1 ]
			[ -z "$output" ]
			[[ $stderr == ct-*': the store: why' ]]
		done
	done
}

@test "a command without its operands fails with one line" {
	for shell in "${shells[@]}"; do
		for command in init rm run exec logs pull commit 'pull x' "commit $img"; do
			# shellcheck disable=SC2086 # words
			run --separate-stderr bocker $command </dev/null
			[ "$status" -eq 1 ]
			[ -z "$output" ]
			[ "$stderr" = "bocker: ${command%% *}: operand missing (see 'bocker help')" ]
		done
	done
}

@test "seed row 33: pull prints the image's id, or that there is no such image" {
	mkdir "$D/bin"
	cp "$B/bocker" "$D/bin"
	cat >"$D/bin/ct-pull" <<-'END'
		#!/bin/sh
		[ "$*" = '-- alpine 3.20' ] && echo img_42099 || { echo "ct-pull: why" >&2; exit 1; }
	END
	chmod +x "$D/bin/ct-pull"
	for shell in "${shells[@]}"; do
		# shellcheck disable=SC2086 # words
		[ "$($shell "$D/bin/bocker" pull alpine 3.20)" = 'Created: img_42099' ]
		# shellcheck disable=SC2086 # words
		run --separate-stderr $shell "$D/bin/bocker" pull centos 7
		[ "$status" -eq 1 ]
		[ "$output" = "No image named 'centos:7' exists" ]
		[ "$stderr" = 'ct-pull: why' ]
	done
}

@test "help has two lines for each command, in bocker's order, and appears without a command or with a wrong one" {
	me=$B/bocker
	printf '%s:\n\t%s\n\n' \
		'Create an image from a directory' "$me init <directory>" \
		'Pull an image from Docker Hub' "$me pull <name> <tag>" \
		'Delete an image or container' "$me rm <image_id or container_id>" \
		'List images' "$me images" \
		'List containers' "$me ps" \
		'Create a container' "$me run <image_id> <command>" \
		'Execute a command in a running container' "$me exec <container_id> <command>" \
		'View logs from a container' "$me logs <container_id>" \
		'Commit a container to an image' "$me commit <container_id> <image_id>" \
		'Display this message' "$me help" >"$D/help"
	for shell in "${shells[@]}"; do
		for command in help frobnicate --help '' list; do
			bocker "$command" >"$D/said" 2>&1
			diff "$D/help" "$D/said"
		done
		run -1 bocker
		bocker 2>&1 | diff "$D/help" -
	done
}
