# What the commands look like on a terminal.
load helper

on_screen() { # [STEP... --] COMMAND...
	[[ " $* " == *' -- '* ]] || set -- -- "$@"
	TERM=xterm NO_COLOR='' run_tty size:24x80 "$@"
}

@test "on a terminal ps fits the width, with ages and a coloured status; in a pipe it is plain" {
	c=$(ct-run -d --name a-container-with-quite-a-long-name -p 127.0.0.1::80 "$img" sleep 100000)
	run -0 on_screen ct ps
	for line in "${lines[@]}"; do
		plain=$(printf %s "$line" | sed $'s/\033\\[[0-9]*m//g')
		[ "${#plain}" -le 80 ]
	done
	[[ $output == *$'\033[32mrunning\033[0m'* ]]
	[[ $output == *"$c"* && $output == *...* ]]
	shown=$(on_screen ct ps -o id,started)
	[[ $shown == *"$c  "*' '*' ago'* || $shown == *"$c  now"* ]]
	ct ps -o id,status,name | grep -qx "$c"$'\trunning\ta-container-with-quite-a-long-name'
}

@test "on a terminal images and df align columns and give sizes units; in a pipe sizes are bytes" {
	run -0 on_screen ct images -o name,size,id
	[[ ${lines[1]} =~ ^busybox:latest\ \ [0-9.]+\ [kM]?B\ +$img$ ]]
	[[ "$(ct images --no-header -o size)" =~ ^[0-9]+$ ]]
	run -0 on_screen ct df
	[[ ${lines[1]} =~ ^$img\ +busybox:latest\ +[0-9.]+\ [kM]?B\ +[0-9.]+\ [kM]?B$ ]]
	ct df | tail -n 1 | grep -qxP "$img\tbusybox:latest\t[0-9]+\t[0-9]+"
}

@test "on a terminal prune asks, except with -f" {
	c=$(ct-run --only snapshot "$img")
	run -1 run_tty 'wait:[y/N] ' 'type:n\r' -- ct prune
	[ "$(ct-ps -q)" = "$c" ]
	run -0 run_tty 'wait:[y/N] ' 'type:y\r' -- ct prune
	[ -z "$(ct-ps -q)" ]
	c=$(ct-run --only snapshot "$img")
	run -0 run_tty -- ct prune -f
	[ -z "$(ct-ps -q)" ]
	c=$(ct-run --only snapshot "$img")
	[ "$(ct prune)" = "$c" ]
}

@test "the third Ctrl-C that a container ignores says how to stop it" {
	run -3 run_tty wait:ready 'type:\x03' 'type:\x03' 'type:\x03' "wait:web: does not end at Ctrl-C: 'ct stop web' in another terminal ends it" \
		kill:TERM -- ct-run --name web "$img" sh -c 'trap "" INT; trap "exit 3" TERM; echo ready; while :; do sleep 0.02; done'
	# a container that reacts to Ctrl-C gets no such message
	run -0 run_tty 'wait:# ' 'type:\x03' 'wait:# ' 'type:\x03' 'wait:# ' 'type:\x03' 'wait:# ' 'type:exit 0\r' -- ct-run --rm "$img" sh
	[[ $output != *'Ctrl-C'* ]]
}

@test "the third SIGINT says the same where there is no terminal" {
	ct-run --name web "$img" sh -c 'trap "" INT; echo ready; while :; do sleep 0.02; done' >"$D/out" 2>"$D/err" </dev/null &
	p=$!
	wait_until grep -q ready "$D/out"
	c=$(ct-ps -q web)
	for i in 1 2 3; do
		[ ! -s "$D/err" ]
		kill -INT "$p"
		# the pending signal is taken before the next one
		wait_until sh -c '! grep -q "^ShdPnd:.*[1-9a-f]" /proc/$1/status' sh "$p"
	done
	wait_until grep -q "ct-run: web: does not end at Ctrl-C" "$D/err"
	ct-kill web
	await "$p"
}

# [N]: writes a tar of N files; without N, for as long as somebody reads it.
many_files() {
	/usr/bin/python3 -I -S -c '
import sys
n, last = 0, int(sys.argv[1]) if sys.argv[1:] else 10**7
while n < last:
	n += 1
	head = (b"f%07d" % n).ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"00000010000\0" + b"00000000000\0        0"
	head = bytearray(head.ljust(512, b"\0"))
	head[148:156] = b"%06o\0 " % sum(head)
	try:
		sys.stdout.buffer.write(bytes(head) + b"x" * 4096)
	except BrokenPipeError:
		break
else:
	sys.stdout.buffer.write(bytes(1024))
' "$@" 2>/dev/null
}

@test "on a terminal a long import shows amount and rate, and Ctrl-C erases them" {
	mkfifo "$D/tar"
	many_files >"$D/tar" &
	run -130 on_screen 'wait: MB/s' 'type:\x03' -- sh -c 'exec ct-init - <"$1"' sh "$D/tar"
	[[ $output == *'unpack, '*' files  '*' MB  '* ]]
	# what follows the last line is the sequence that erases it
	[[ ${output##*MB/s$'\033[K'} == *$'\r\033[K' ]]
}

@test "the line of a long import is narrower than the terminal, also after a change of its size" {
	mkfifo "$D/tar"
	many_files >"$D/tar" &
	# in 5 columns no amount fits, and the line is empty
	run -143 on_screen size:24x36 'wait: files  ' size:24x5 'wait:\r\x1b[K' kill:TERM -- sh -c 'exec ct-init - <"$1"' sh "$D/tar"
	while IFS= read -r -d $'\r' shown; do
		shown=${shown%$'\033[K'}
		[ "${#shown}" -lt 36 ]
	done <<<"$output"
}

@test "an import from a file shows a bar that moves, which is erased at the end and before an error" {
	many_files 40000 >"$D/tar"
	run -0 on_screen -- sh -c 'ct-init - <"$1"' sh "$D/tar"
	[[ $output =~ \[=+\>?\ *\]\ +[0-9]+\ %\ \ [0-9.]+\ MB\ of\ [0-9.]+\ MB ]]
	[[ $output == *$'\r\033[Kimg_'* ]]
	TERM=dumb run -0 run_tty -- sh -c 'ct-init - <"$1"' sh "$D/tar"
	[[ $output == img_* ]]
	run -0 on_screen -- sh -c 'ct-init - <"$1" 2>"$1.err"' sh "$D/tar"
	[ ! -s "$D/tar.err" ]
	truncate -s -100000 "$D/tar"
	run -1 on_screen -- sh -c 'ct-init - <"$1"' sh "$D/tar"
	[[ $output == *$'\r\033[Kct-init: '* ]]
}
