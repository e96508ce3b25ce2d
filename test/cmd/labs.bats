#!/usr/bin/env bats
# `ct lab`, the labs, and where each row of the seed documents is shown.
# shellcheck disable=SC2154 # run sets output, stderr and status
load helper

setup_file() {
	sandbox_up
	export CT_LABS=$CT_TESTS/../share/labs CT_LAB_RECORD=$CT_TEST_DIR/record
}

setup() { :; }

# Each claim holds, with keys that differ; the check plays the text as well.
lab() {
	run -0 ct-lab --check --json "$1"
	[ "$(grep '^{' <<<"$output" | jq -s 'length > 3 and all(.ok) and all(.lab == "'"$1"'") and (map(.key) | length == (unique | length))')" = true ]
}

@test "a walk comes from the first line of a text to its last" {
	for name in uts user-map root; do
		run -0 ct-lab "$name" < <(yes '')
		[[ $output == *"$(head -n 1 "$CT_LABS/$name/text")"*"Read next: "*"ct lab --check $name"*"ct lab --write $name" ]]
		run ! grep -E 'not found|unknown option|Usage:|[Ss]yntax error' <<<"$output"
	done
}

@test "lab fork: how a process begins and ends" { lab fork; }
@test "lab look: namespaces of ordinary programs" { lab look; }
@test "lab uts: a host name of one's own" { lab uts; }
@test "lab ipc: queues of one's own" { lab ipc; }
@test "lab pid: number 1, and another number" { lab pid; }
@test "lab mnt: mounts of one's own" { lab mnt; }
@test "lab user-fail: nobody" { lab user-fail; }
@test "lab user-map: daemon, then root" { lab user-map; }
@test "lab net-empty: an empty network" { lab net-empty; }
@test "lab root: another root directory" { lab root; }
@test "lab net-veth: a cable for a container" { lab net-veth; }
@test "lab net-nat: a way out, and a way back" { lab net-nat; }
@test "lab mem: a group with 100 MB" { lab mem; }
@test "lab pids: a limit of 20 processes" { lab pids; }
@test "lab cpu: shares and quotas" { lab cpu; }
@test "lab cow: one byte changed in a large file" { lab cow; }
@test "lab pull: an image from a registry, by hand" { lab pull; }
@test "lab layers: what an image is made of" { lab layers; }
@test "lab caps: root that may do little" { lab caps; }
@test "lab escape: six ways out" { lab escape; }
@test "lab life: from a directory to nothing" { lab life; }

@test "each lab has a test here, and a place in the order" {
	for text in "$CT_LABS"/*/text; do
		name=$(basename "$(dirname "$text")")
		grep -q "{ lab $name; }\$" "$BATS_TEST_FILENAME"
		grep -qx "$name" "$CT_LABS/order"
		head -n 1 "$text" | grep -q "^$name: "
		tail -n 1 "$text" | grep -q '^Read next: '
	done
}

@test "a lab or a test shows each row of test/seeds" {
	{
		grep -ho '\[seed [0-9 ]*\]' "$CT_LABS"/*/check | tr -c '0-9\n' ' '
		grep -rhoE 'seed rows? [0-9]+(( and|,) [0-9]+)*' "$CT_TESTS" --include '*.bats' --include '*.c' | tr -c '0-9\n' ' '
	} | xargs -n 1 | sort -un >"$BATS_TEST_TMPDIR/shown"
	sed -n 's/^\([0-9]*\) | .*/\1/p' "$CT_TESTS/seeds" >"$BATS_TEST_TMPDIR/rows"
	diff <(seq 47) "$BATS_TEST_TMPDIR/rows"
	run -0 comm -13 <(sort "$BATS_TEST_TMPDIR/shown") <(sort "$BATS_TEST_TMPDIR/rows")
	[ -z "$output" ] || {
		echo "nowhere shown: rows" "${lines[@]}"
		false
	}
}

# A teacher's lab, with one line of text and of check.
teach() {
	mkdir -p "$BATS_TEST_TMPDIR/labs/$1"
	printf '%s\n' "$1: a test" "${2:-Read next: ct(1)}" >"$BATS_TEST_TMPDIR/labs/$1/text"
	printf '%s\n' "${3:-}" >"$BATS_TEST_TMPDIR/labs/$1/check"
}

teachers() {
	CT_LABS=$BATS_TEST_TMPDIR/labs "$@"
}

@test "ct lab lists the labs with what the student sees, in the order of the course" {
	run -0 ct lab
	[[ ${lines[0]} =~ ^fork\ +how\ a\ process ]]
	[[ ${lines[2]} =~ ^uts\ +a\ host\ name ]]
	run ! grep -E '.{81}' <<<"$output"
}

@test "a lab names in one line what it needs and does not find" {
	teach one 'Needs: root no-such-program no-such-other'
	run -1 --separate-stderr teachers ct-lab one
	[ "$stderr" = 'ct-lab: one: needs what is not here: no-such-other no-such-program' ]
	[ -z "$output" ]
	run -0 teachers ct-lab
	[[ $output == *'a test (needs no-such-other no-such-program)' ]]
	run -2 ct-lab nonsense
	[[ ${#lines[@]} = 1 && $output == "ct-lab: nonsense: no such lab; there are fork look uts"* ]]
	run -2 ct-lab --nonsense
	run -2 ct-lab fork look
	run -2 ct-lab --json fork
}

@test "a walk shows a command, runs it at Enter, and keeps its shell for the next one" {
	teach tour '? what is 6 * 7
$ x=$((6 * 7)); cd /
$ echo "x is $x in $(pwd)"
! try
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter: 'type:42\n' 'wait:x=' 'type:\n' wait:Enter 'type:\n' 'wait:x is 42 in /' \
		'wait:$ ' 'type:echo "still $x"\n' 'wait:still 42' 'type:if\n' 'wait:$ ' 'type:\n' 'wait:Read next: sh(1)' -- ct-lab tour
	[[ $output == *'ct lab --check tour'* ]]
}

@test "q ends a walk and removes its jobs and directory" {
	teach tour '$ sleep 4243 & pwd
$ :
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:\n' wait:Enter 'type:q\n' -- ct-lab tour
	[[ $output != *'Read next'* ]]
	dir=$(grep -o '/[^ ]*/ct-lab\.[A-Za-z0-9]*' <<<"$output")
	[ -n "$dir" ]
	[ ! -e "$dir" ]
	run ! pgrep -f 'sleep 4243'
}

# A lab with an exercise, for the tests below.
exercise() {
	teach tour '$ x=1
! Make $x 3.
! check: [ $x = 3 ]
! hint: It is a number.
! hint: It is less than 4.
! answer: x=3
$ echo "end $x"
= ^end 3$
Read next: sh(1)' 'claim a "b" true'
}

@test "an exercise says at once whether it is solved, gives hints one by one, and the answer" {
	exercise
	run -0 teachers run_tty wait:Enter 'type:\n' 'wait:$ ' 'type:x=2\n' 'wait:$ ' 'type:\n' 'wait:Not yet' 'type:hint\n' \
		'wait:It is a number.' 'type:hint\n' 'wait:less than 4' 'type:hint\n' 'wait:no further hint' 'type:answer\n' 'wait:    x=3' \
		'type:x=3\n' wait:Solved. 'type:\n' wait:Enter 'type:\n' 'wait:end 3' -- ct-lab tour
	[[ $output == *'Read next'* && $output != *'! check'* && $output != *'= ^end'* ]]
	grep '"event":"exercise"' "$CT_LAB_RECORD" | tail -n 1 | jq -e '.lab == "tour" and .step == 2 and .solved and .tries == 2 and .hints == 3'
}

@test "an exercise that is left unsolved is recorded as such" {
	exercise
	run -0 teachers run_tty wait:Enter 'type:\n' 'wait:$ ' 'type:\n' 'wait:Not yet' 'type:\n' wait:Enter 'type:n\n' -- ct-lab tour
	grep '"event":"exercise"' "$CT_LAB_RECORD" | tail -n 1 | jq -e '.solved == false and .tries == 0'
}

@test "the next walk offers to go on at the exercise that the last one left unsolved" {
	teach later '$ :
$ x=4
! Make $x 3.
! check: [ $x = 3 ]
! answer: x=3
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:\n' wait:Enter 'type:\n' 'wait:$ ' 'type:\n' 'wait:Not yet' 'type:\n' 'wait:Read next' -- ct-lab later
	run -0 teachers run_tty 'wait:You stopped at step 3' 'type:\n' 'wait:help.)' 'wait:$ ' 'type:echo "x is $x"; x=3\n' 'wait:x is 4' wait:Solved \
		'wait:$ ' 'type:\n' 'wait:Read next' -- ct-lab later
	run -0 teachers run_tty wait:Enter 'type:q\n' -- ct-lab later
	[[ $output != *'You stopped'* ]]
}

@test "b goes back a step, a runs the last command again, and arrows bring back what was typed" {
	teach tour '$ echo "first"; n=$((n + 1))
$ echo second $n
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:\n' 'wait:Enter' 'type:a\n' wait:Enter 'type:b\n' 'wait:(back)' wait:Enter 'type:\n' wait:Enter \
		'type:echo ty""ped\n' wait:typed wait:Enter 'type:\x1b[A\n' wait:typed wait:Enter 'type:\n' 'wait:second 3' -- ct-lab tour
}

@test "bash habits and commands of several lines work in a walk" {
	type bash
	teach tour 'Takes: 3 minutes
$ for i in 1 2; do
    echo "it is $i"; done
$ time (echo timed)
Read next: sh(1)'
	run -0 teachers run_tty 'wait:About 3 minutes' wait:Enter 'type:for i in 3 4; do\n' 'wait:> ' 'type:echo "so $i"\n' 'wait:> ' 'type:done\n' 'wait:so 4' \
		wait:Enter 'type:\n' 'wait:it is 2' wait:Enter 'type:\n' 'wait:real' -- ct-lab tour
}

@test "a walk that was quit begins where it stopped, with what its commands had made" {
	teach halfway '$ x=5; echo $x >file
? a guess
$ cat file
$ echo "x is $x"
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:\n' 'wait:your guess' 'type:six "7"\n' wait:Enter 'type:\n' wait:Enter 'type:q\n' -- ct-lab halfway
	grep '"event":"guess"' "$CT_LAB_RECORD" | tail -n 1 | jq -e '.guess == "six \"7\"" and .step == 2 and .lab == "halfway" and has("time") and has("student") and has("host")'
	run -0 teachers run_tty 'wait:You stopped at step 4' 'type:\n' wait:Enter 'type:\n' 'wait:x is 5' -- ct-lab halfway
	[[ $output != *'a guess'* ]]
	run -0 teachers run_tty wait:Enter 'type:q\n' -- ct-lab halfway
	[[ $output != *'You stopped'* ]]
}

@test "records of five walks at the same time are whole lines, and one line of jq says where students stand" {
	exercise
	for n in 1 2 3 4 5; do
		mkdir -p "$BATS_TEST_TMPDIR/s/$n"
		(CT_LAB_STUDENT=student$n CT_LAB_RECORD=$BATS_TEST_TMPDIR/s/$n/record teachers ct-lab tour < <(printf '\nx=3\n\n\n') &
			CT_LAB_STUDENT=student$n CT_LAB_RECORD=$BATS_TEST_TMPDIR/s/$n/record teachers ct-lab tour < <(printf '\nx=3\n\n\n')
			wait) >/dev/null 2>&1 3>&- &
	done
	wait
	cd "$BATS_TEST_TMPDIR/s"
	line=$(sed -n '/^\$ cat \*\/record/,/^\.Ed/p' "$CT_TESTS/../share/man/ct-labs.7" | sed '1s/^\$ //; $d; s/\\e/\\/g')
	run -0 sh -c "$line"
	[ "$(grep -c 'student[1-5].*tour.*1.*ended' <<<"$output")" = 5 ]
	[ "$(cat ./*/record | jq -s length)" = "$(cat ./*/record | wc -l)" ]
}

@test "a walk that is killed at any line leaves nothing behind" {
	teach tour '$ sleep 4247 &
$ mkdir m; mount -t tmpfs ct-lab-m m
$ ct-run --only cgroup --rootfs / sleep 4247 &
$ mkdir $(dirname $(find /sys/fs/cgroup -name run_$! | head -n 1))/lab-x
$ echo reached
Read next: sh(1)'
	export TMPDIR=$BATS_TEST_TMPDIR/walks	# others may walk on this host
	mkdir "$TMPDIR"
	facts >"$BATS_TEST_TMPDIR/before"
	for stop in 1 2 3 4 5; do
		steps=()
		for ((n = 0; n < stop; n++)); do steps+=(wait:Enter 'type:\n'); done
		run teachers run_tty "${steps[@]}" wait:Enter kill:KILL -- ct-lab tour <<<n
		wait_until sh -c '! pgrep -f "^sleep 4247"'
		wait_until sh -c '! ls -d "$TMPDIR"/ct-lab.??????'
		facts >"$BATS_TEST_TMPDIR/after"
		same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
		[ -z "$(find /sys/fs/cgroup -path "*$CT_CGROUP" -type d)" ]
		rm -f "$CT_LAB_RECORD"
	done
}

@test "a command whose output is not what the text says, and a wrong answer, are failures of a check" {
	exercise
	run -0 --separate-stderr teachers ct-lab --check tour
	sed -i 's/^= .*/= ^end 4$/' "$BATS_TEST_TMPDIR/labs/tour/text"
	run -1 --separate-stderr teachers ct-lab --check tour
	[[ $output == *'FAILED  tour: the commands of the text'* && $stderr == *'line 9: no "^end 4$" in the output of: echo'* ]]
	exercise
	sed -i 's/^! answer.*/! answer: x=2/; /^=/d' "$BATS_TEST_TMPDIR/labs/tour/text"
	run -1 --separate-stderr teachers ct-lab --check tour
	[[ $stderr == *'the answer does not solve the exercise'* ]]
	sed -i 's/^! check.*/! check: true/' "$BATS_TEST_TMPDIR/labs/tour/text"
	run -1 --separate-stderr teachers ct-lab --check tour
	[[ $stderr == *'solved before the answer'* ]]
	exercise
	sed -i "\$i @ x is \$(awk 'BEGIN { print ')" "$BATS_TEST_TMPDIR/labs/tour/text"
	run -1 --separate-stderr teachers ct-lab --check tour
	[[ $stderr == *'line 10: the drawing failed: '* ]]
}

@test "the processes of somebody else do not solve an exercise" {
	sh -c 'sleep 0 & exec sleep 4251' 3>&- &
	others=$!
	unshare --uts sleep 4251 3>&- &
	others="$others $!"
	unshare --uts sleep 4251 3>&- &
	others="$others $!"
	unshare --pid --fork --kill-child unshare --pid --fork --kill-child sleep 4251 3>&- &
	others="$others $!"
	perl -e 'vec($x, 1, 8) = 1; sleep 4251' 3>&- &
	others="$others $!"
	wait_until sh -c 'grep -qE "^NSpid:.[0-9]+.[0-9]+.1$" /proc/[0-9]*/status && pgrep -f "^perl -e vec"'
	for name in fork look pid mem; do
		CT_LAB_RECORD=$BATS_TEST_TMPDIR/record run -0 ct-lab "$name" < <(yes n)
		grep '"event":"exercise"' "$BATS_TEST_TMPDIR/record" | tail -n 1 | jq -e ".lab == \"$name\" and .solved == false"
	done
	# shellcheck disable=SC2086 # one word each
	kill -KILL $others
	wait
}

@test "CT_LABS is a list of directories: a teacher's own labs beside those of ct" {
	teach mine
	export CT_LABS="$BATS_TEST_TMPDIR/labs:$CT_LABS"
	run -0 ct-lab
	[[ ${lines[0]} == mine*'a test' && ${lines[1]} == fork* ]]
	CT_LABS=$BATS_TEST_TMPDIR/labs: run -0 ct-lab
	[[ ${lines[0]} == mine*'a test' && ${lines[1]} == fork* ]]
	CT_LABS=:$BATS_TEST_TMPDIR/labs run -0 ct-lab
	[[ ${lines[0]} == fork* && ${lines[-1]} == mine*'a test' ]]
	for none in "$BATS_TEST_TMPDIR/labs/mine" "$BATS_TEST_TMPDIR/nowhere"; do
		CT_LABS=$none run -1 ct-lab --check
		[[ ${#lines[@]} = 1 && $output == "ct-lab: $none: no labs there "* ]]
	done
	echo 'a heading without a name' >"$BATS_TEST_TMPDIR/labs/mine/text"
	run -0 ct-lab
	[[ ${lines[0]} == mine*'a heading without a name' ]]
	cp -r "$BATS_TEST_TMPDIR/labs/mine" "$BATS_TEST_TMPDIR/labs/My_Lab"
	run -2 ct-lab My_Lab
	[ "$output" = 'ct-lab: My_Lab: the name of a lab has only a-z, 0-9 and -' ]
	teach mine '' 'claim yes "yes" true'
	run -0 --separate-stderr ct-lab --check mine uts mine
}

@test "--html writes pages with the output of the commands, and an index" {
	teach tour 'Takes: 3 minutes

  +--+
What & why, with `pwd`
? 6 < 7?
$ echo "<$((6 * 7))>"
= 42
> Seen.
@ is $((1 + 1)) "$(echo a b | cut -d " " -f 2)" `x
! Do it.
! check: [ -e done ]
! hint: By touch.
! answer: touch done
Read next: sh(1)'
	run -0 teachers ct-lab --html "$BATS_TEST_TMPDIR/pages" tour
	page=$(cat "$BATS_TEST_TMPDIR/pages/tour.html")
	[[ $page == *'<h1>tour: a test</h1>'*'<pre class="picture">  +--+'*'What &amp; why, with <code class="short">pwd</code>'*'6 &lt; 7?'* ]]
	[[ $page == *'<pre class="command">$ echo "&lt;$((6 * 7))&gt;"'*'<pre class="output">&lt;42&gt;'*'<p class="see">Seen.'*' is 2 "b" `x'* ]]
	[[ $page == *'<summary>Hint</summary><p>By touch.'*'<summary>Answer</summary><pre>touch done'* && $page != *'! check'* ]]
	grep -q '<a href="tour.html">tour</a>: a test' "$BATS_TEST_TMPDIR/pages/index.html"
	/usr/bin/python3 -c 'import html.parser, sys
class Nesting(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",): self.stack.append(tag)
    def handle_endtag(self, tag): assert self.stack.pop() == tag, tag
nesting = Nesting(); nesting.feed(sys.stdin.read()); assert not nesting.stack, nesting.stack' <<<"$page"
	run -2 ct-lab --html
}

@test "commands of texts fit 70 columns and lines fit 80, and each text has its minutes and an exercise" {
	run -0 awk '/^[$] / { command = 1 } !/^([$] |    )/ { command = 0 }
		command && length > 74 || length > 80 && !/^(@|! check: )/ { print FILENAME ": " $0 }' "$CT_LABS"/*/text
	[ -z "$output" ]
	while read -r name; do
		grep -q '^Takes: [0-9]* minutes$' "$CT_LABS/$name/text"
		grep -q '^! check: ' "$CT_LABS/$name/text"
		grep -q '^! answer: ' "$CT_LABS/$name/text"
	done <"$CT_LABS/order"
}

@test "the minutes of a lab are those that the README reckons with, to three minutes" {
	grep -q '130 words of text a minute, ten seconds for a' "$CT_LABS/README"
	while read -r name; do
		run -0 awk '
			/^Takes: / { takes = $2 }
			NR == 1 || /^(#|=|@|Needs: |Takes: |Read next: |! (check|hint|answer): )/ { last = ""; next }
			/^[?] / && last != "?" { seconds += 10 }
			/^! / && last != "!" { seconds += 300 }
			/^[$] / { seconds += 8 }
			!/^[$] / { words += NF }
			{ last = substr($0, 1, 1) }
			END { off = takes - words / 130 - seconds / 60; print off; exit off > 3 || off < -3 }' "$CT_LABS/$name/text"
	done <"$CT_LABS/order"
}

@test "Ctrl-C ends a command of a walk, but not the walk" {
	teach tour '$ sh -c "echo begun; exec sleep 1000"
$ echo after
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:\n' 'wait:begun\r\n' 'type:\x03' wait:Enter 'type:\n' 'wait:after' -- ct-lab tour
	[[ $output == *'Read next'* ]]
}

@test "a shown command can be typed and then runs once; n skips it" {
	teach tour '$ x=$((x + 1)); \
    echo "x is $x"
$ echo ne""ver
$ sh -c "exit 7"
$ echo "status $?, x $x"
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:x=$((x + 1)); \\\n    echo "x is $x"\n' 'wait:x is 1' wait:Enter 'type:n\n' \
		'wait:exit 7' 'type:line=1; work=2; false\n' 'wait:exit 7' 'type:\n' 'wait:status' 'type:\n' 'wait:status 7, x 1' -- ct-lab tour
	[[ $output == *'Read next'* && $output != *never* ]]
}

@test "at a prompt Ctrl-C clears the line, and Ctrl-Z does nothing" {
	teach tour '? what
$ sleep 0.1; echo first
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter: 'type:gu\x03' 'type:guess\n' 'wait:[Enter]' 'type:echo wrong\x03' \
		'type:echo se""cond; sleep 0.5\n' 'wait:second' 'type:\x1a' 'wait:[Enter]' 'type:\n' 'wait:first' -- ct-lab tour
	[[ $output == *'Read next'* && $output != *$'\nwrong'* ]]
}

@test "a walk gets the terminal back after a shell in a PID namespace, and unmounts its directory" {
	teach tour 'Needs: root apart
$ echo dir $work
Read next: sh(1)'
	run -0 teachers run_tty wait:Enter 'type:unshare --fork --pid --mount-proc bash --norc\n' 'wait:# ' 'type:echo number $$\n' \
		'wait:number 1' 'type:exit\n' wait:Enter 'type:mkdir -p a; mount -t tmpfs x a; mkdir a/b; mount -t tmpfs y a/b\n' wait:Enter 'type:\n' 'wait:dir /' -- ct-lab tour
	[[ $output == *'Read next'* ]]
	dir=$(grep -o '/[^ ]*/ct-lab\.[A-Za-z0-9]*' <<<"$output" | tail -n 1)
	[ -n "$dir" ]
	[ ! -e "$dir" ]
}

@test "in a walk, a lab that changes the host changes a substitute" {
	teach tour 'Needs: root apart
$ hostname ct-lab-tour; mount -t tmpfs ct-lab-tour /mnt; hostname; ls /sys/class/net
Read next: sh(1)'
	host=$(hostname)
	run -0 teachers ct-lab tour < <(yes '')
	[[ $output == *ct-lab-tour* ]]
	[ "$(hostname)" = "$host" ]
	run ! grep ct-lab-tour /proc/self/mountinfo
}

@test "a false claim fails and shows the output of its command" {
	teach bad '' 'claim first "[seed 3 47] yes \"quoted\"" true; claim second "no" ls /no-such-file'
	run -1 --separate-stderr teachers ct-lab --check --json bad
	[ "${lines[0]}" = '{"lab":"bad","key":"first","claim":"yes \"quoted\"","ok":true,"seed":[3,47]}' ]
	[[ ${lines[1]} == '{"lab":"bad","key":"second","claim":"no","ok":false,"seed":[],"shows":"ls: '*'","missing":""}' ]]
	[[ $stderr == *'# ls: '*no-such-file* ]]
}

@test "a check that ends early is a failure" {
	teach bad '' 'claim yes "yes" true
exit 0'
	run -1 --separate-stderr teachers ct-lab --check bad
	[[ $output == *'FAILED  bad: the check came to its end'* ]]
	teach bad '' 'claim yes "yes" test $unset'
	run -1 --separate-stderr teachers ct-lab --check bad
	[[ $output == *'FAILED  bad: the check came to its end'* ]]
}

@test "a check without a claim, and a claim without a key, a command or a key of its own, are failures" {
	teach bad '' ':'
	run -1 --separate-stderr teachers ct-lab --check bad
	[[ $output == *'FAILED  bad: the check came to its end'* && $stderr == *'# it makes no claim'* ]]
	for claim in 'claim yes "a sentence"' 'claim "a sentence" true' 'claim ""  "a sentence" true'; do
		teach bad '' "$claim"
		run -1 --separate-stderr teachers ct-lab --check --json bad
		[ "$(jq -r 'select(.ok | not).claim' <<<"$output")" = 'claim needs KEY SENTENCE COMMAND; KEY is of a-z, 0-9 and -' ]
		[[ $stderr == *'# claim: '*'a sentence'* ]]
	done
	teach bad '' 'claim one "first" true; claim one "second" true'
	run -1 --separate-stderr teachers ct-lab --check bad
	[[ $output == *'ok      bad: first'*'FAILED  bad: second'* && $stderr == *'the key "one" is used twice'* ]]
}

@test "a check names the lines of a text that do not have its form" {
	teach tour "\$ echo $(printf '%070d' 1)
$(printf '%081d' 2)
Read next: sh(1)" 'claim yes "yes" true'
	sed -i '1s/tour/uts/' "$BATS_TEST_TMPDIR/labs/tour/text"
	run -1 --separate-stderr teachers ct-lab --check tour
	for said in 'line 1: it does not begin with "tour: "' 'line 2: a command of more than 70 columns' 'line 3: more than 80 columns'; do
		grep -qxF "# $said" <<<"$stderr"
	done
}

@test "the first lab of the README is a lab, and fails if its claim is broken" {
	mkdir -p "$BATS_TEST_TMPDIR/labs/cgns"
	cd "$BATS_TEST_TMPDIR/labs/cgns"
	first() { sed -n '/^A first lab/,/^text$/p' "$CT_LABS/README" | sed -n "s/^    //; $1p"; }
	first '/^cgns: /,/^Read next/' >text
	first '/^# shellcheck/,/^\t*    same/' >check
	CT_LABS=$BATS_TEST_TMPDIR/labs: run -0 --separate-stderr ct-lab --check cgns
	[ "${#lines[@]}" = 4 ]
	sed -i 's,u)" /$,u)" /x,' check
	CT_LABS=$BATS_TEST_TMPDIR/labs: run -1 --separate-stderr ct-lab --check cgns
	[[ ${lines[0]} == 'FAILED  cgns: in a new cgroup namespace the own group is /' ]]
}

@test "leftovers of a check are a failure and are removed" {
	teach bad '' 'sleep 4244 & mount -t tmpfs ct-lab-left /mnt; ip link add ct-lab-left type veth; ipcmk -Q
hostname ct-lab-left; mkdir -p "$CT_RUN/left"'
	run -1 --separate-stderr teachers ct-lab --check bad
	[[ $output == *'FAILED  bad: nothing is left behind'* ]]
	for left in 'process .* sleep 4244' 'mount .* /mnt' 'link ct-lab-left' 'ipc .*' 'hostname ct-lab-left' 'file .*/left'; do
		grep "^# > $left" <<<"$stderr"
	done
	facts >"$BATS_TEST_TMPDIR/after"
	run ! grep -E 'ct-lab' "$BATS_TEST_TMPDIR/after"
	run ! pgrep -f 'sleep 4244'
}

@test "a check that is ended by a signal leaves nothing behind" {
	teach long '' 'group=$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs | head -n 1)
mkdir -p "${group%/*}$CT_CGROUP/x" && : >"$CT_TEST_DIR/begun"; sleep 4245'
	facts >"$BATS_TEST_TMPDIR/before"
	TMPDIR=$BATS_TEST_TMPDIR CT_LABS=$BATS_TEST_TMPDIR/labs ct-lab --check long &
	wait_until test -e "$CT_TEST_DIR/begun"
	kill -TERM $!
	await $!
	[ "$status" = 130 ]
	run ! pgrep -f 'sleep 4245'
	facts >"$BATS_TEST_TMPDIR/after"
	same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	run ! ls -d "$BATS_TEST_TMPDIR"/ct-lab*
}

@test "the next check removes the leftovers of a killed one, but nothing that is in use or not its own" {
	export TMPDIR=$BATS_TEST_TMPDIR CT_LABS=$BATS_TEST_TMPDIR/labs
	teach long '' 'group=$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs | head -n 1)
mkdir -p "${group%/*}$CT_CGROUP/x" && exec sleep 4246'
	teach short '' 'claim yes "yes" true'
	facts >"$BATS_TEST_TMPDIR/before"
	ct-lab --check long &
	wait_until pgrep -f 'sleep 4246'
	inside=$(pgrep -f 'sleep 4246')
	kill -KILL $!
	wait_until test ! -e "/proc/$inside"
	left=$(echo "$TMPDIR"/ct-lab-check.*)
	mkdir "$TMPDIR"/ct-lab-check.{used,other}
	ln -s "$BATS_TEST_TMPDIR/labs" "$TMPDIR/ct-lab-check.link"
	chown 1000 "$TMPDIR/ct-lab-check.other"
	touch -d '2 minutes ago' "$left" "$TMPDIR"/ct-lab-check.{used,other}
	run -0 flock "$TMPDIR/ct-lab-check.used" ct-lab --check short
	[ "$(cd "$TMPDIR" && echo ct-lab-check.*)" = 'ct-lab-check.link ct-lab-check.other ct-lab-check.used' ]
	[ -e "$CT_LABS/short/text" ]
	facts >"$BATS_TEST_TMPDIR/after"
	same_facts "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}
