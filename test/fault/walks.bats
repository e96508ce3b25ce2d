# shellcheck disable=SC2154 # helper.bash sets these
# A walk through each lab that is killed after any line that its student has typed leaves nothing behind.
load ../cmd/helper
load fault

setup_file() {
	sandbox_up
	export CT_LABS=$CT_TESTS/../share/labs CT_LAB_RECORD=$CT_TEST_DIR/record
	# A directory of its own, since others may walk on this host; some labs are walked by an ordinary user.
	walks=$(mktemp -d)
	export walks
	chmod 1777 "$walks"
}

teardown_file() {
	rmdir "$walks"
	sandbox_down
}

# LAB LINES: walks with Enter alone, and kills the walk as soon as it has read so many lines (0: lets it end). Prints
# the number of lines that the walk has read. What the walk shows is in $D/shown.
walk() {
	python3 -c '
import fcntl, struct, subprocess, sys, termios, time
lab, lines = sys.argv[1], int(sys.argv[2])
with open(sys.argv[3], "wb") as shown:
    walk = subprocess.Popen(["ct-lab", lab], stdin=subprocess.PIPE, stdout=shown, stderr=shown)
read = 0
def unread():
    return struct.unpack("i", fcntl.ioctl(walk.stdin, termios.FIONREAD, b"\0" * 4))[0]
while walk.poll() is None and (not lines or read < lines):
    try:
        walk.stdin.write(b"\n"); walk.stdin.flush()
    except BrokenPipeError:
        break   # it has just ended
    while walk.poll() is None and unread():
        time.sleep(0.01)
    read += walk.poll() is None
walk.kill(); walk.wait()
print(read)' "$1" "$2" "$D/shown" 3>&-
}

gone() {
	! compgen -G "$TMPDIR/ct-lab.??????" >/dev/null && ! facts | grep '^process ' | grep -vqxFf "$D/before"
}

@test "a walk that is killed at any line of any lab leaves nothing behind" {
	export TMPDIR=$walks
	ct-net down	# sandbox_up has made the bridge
	facts >"$D/before"
	for text in "$CT_LABS"/*/text; do
		lab=$(basename "$(dirname "$text")")
		total=$(walk "$lab" 0)
		[ "$total" -gt 5 ] || cat "$D/shown"
		[ "$total" -gt 5 ]
		moments=$((total / 2))
		[ -z "${FAULT_SAMPLES:-}" ] || moments=$(fault_moments "$total")
		for n in $moments; do
			rm -f "$CT_LAB_RECORD"
			walk "$lab" "$n" >"$D/read"
			echo "$lab: killed after line $(cat "$D/read") of $total"
			wait_until gone
			ct-net down	# a bridge stays for the next container
			same_facts "$D/before" <(facts)
		done
	done
}
