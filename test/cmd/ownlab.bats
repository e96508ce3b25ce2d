#!/usr/bin/env bats
# `ct lab --check --with`: a lab's claims about a program that a student has written, and the tasks of writing it.
# shellcheck disable=SC2154 # run sets output, stderr and status
load helper

setup_file() {
	sandbox_up
	export CT_LABS=$CT_TESTS/../share/labs CT_LAB_RECORD=$CT_TEST_DIR/record
}

setup() {
	D=$BATS_TEST_TMPDIR
}

# The labs that have a task, in the order of the course.
tasks() {
	while read -r name; do
		[ ! -f "$CT_LABS/$name/task" ] || echo "$name"
	done <"$CT_LABS/order"
}

# solve NAME...: the reference solutions of labs, in the working directory; build: the program of all files there.
solve() {
	for name; do
		for file in "$CT_LABS/$name"/*.c; do
			cp "$CT_LABS/solutions/${file##*/}" .
		done
	done
}
build() {
	cp -n "$CT_LABS"/box/*.[ch] .
	cc -Wall -Wextra -Werror -o mine ./*.c
}

# spoilt FILE EXPRESSION LAB: the whole reference, but for what sed changes in one file, is checked by that lab.
spoilt() {
	cd "$D" || return
	# shellcheck disable=SC2046 # one word a name
	solve $(tasks)
	sed "$2" -i "$1"
	run ! cmp -s "$1" "$CT_LABS/solutions/$1"
	cp "$CT_LABS"/box/*.[ch] .
	cc -w -o mine ./*.c
	run -1 --separate-stderr ct-lab --check --json --with ./mine "$3"
}

# told KEY PATTERN: a claim does not hold; its message matches PATTERN and does not contain the answer.
told() {
	said=$(grep '^{' <<<"$output" | jq -r "select(.key == \"$1\") | select(.ok | not) | .missing")
	[[ $said =~ $2 && ! $said =~ pivot_root|umount|MS_|CLONE_|mount\ -t|gate|pipe|--proc ]]
}

@test "each step of the reference solutions passes the claims of its lab, and so does the last one of all labs" {
	cd "$D"
	while read -r name; do
		solve "$name"
		build
		run -0 --separate-stderr ct-lab --check --json --with ./mine "$name"
		[ "$(jq -s "length > 5 and all(.ok)" <<<"$output")" = true ]
	done < <(tasks)
	length=$(cat ./*.c | wc -l)
	((length > 300 && length < 600))
	# shellcheck disable=SC2046 # one word a name
	run -0 --separate-stderr ct-lab --check --json --with ./mine $(tasks)
	[ "$(jq -s 'map(select(.ok).lab) | unique | length' <<<"$output")" = "$(tasks | wc -l)" ]
}

@test "the labs that a task says to write first are enough for its own claims" {
	while read -r name; do
		mkdir "$D/$name"
		cd "$D/$name"
		# shellcheck disable=SC2046 # one word a name
		solve $(sed -n 's/^After: //p' "$CT_LABS/$name/task") "$name"
		build
		run -0 --separate-stderr ct-lab --check --json --with ./mine "$name"
		[ "$(jq -s "all(.ok)" <<<"$output")" = true ]
	done < <(tasks)
}

@test "the beginnings of the programs have 40 lines at most, compile, and are not the solutions" {
	cd "$D"
	while read -r name; do
		for file in "$CT_LABS/$name"/*.c; do
			[ "$(wc -l <"$file")" -le 40 ]
			run ! cmp -s "$file" "$CT_LABS/solutions/${file##*/}"
			cp "$file" .
		done
	done < <(tasks)
	build
	[ "$(tasks | wc -l)" -ge 14 ]
	run -1 ct-lab --check --with ./mine fork
}

@test "a root directory without pivot_root is told what leads out of it" {
	spoilt root.c 's/syscall(SYS_pivot_root, "\.", "\.")/chroot(".")/; s/umount2(".", MNT_DETACH)/0/' root
	told no-break-out 'old root is hidden, not gone'
}

@test "a map that is written too late is told that one process has to wait" {
	spoilt user.c 's/if (read(gate\[0\], &byte, 1) != 1)/if (0)/' user-map
	told map-in-time 'which process has to wait'
}

@test "mounts of which some are still shared are told that one door is not all" {
	spoilt mnt.c 's/MS_REC | MS_PRIVATE/MS_PRIVATE/' mnt
	told proc-outside 'one mount, or all of them'
	told nothing-shared 'shared'
}

@test "mounts that are not made private are told what has come to the host" {
	spoilt mnt.c 's/mount(NULL, "\/", NULL, MS_REC | MS_PRIVATE, NULL)/0/' mnt
	told root-outside 'has come to the host'
}

@test "a PID namespace without a /proc of its own is told what ps reads" {
	spoilt mnt.c 's/mount("proc", .*NULL)/0/' mnt
	told proc-stage 'ps shows what is in /proc'
}

@test "a status that another call has changed is shown, with a hint about errno" {
	spoilt fork.c 's/int status = errno/errno = 0; int status = errno/' fork
	told box-not-found 'errno says why'
	grep -q "'126', expected '127'" <<<"$output"
}

@test "a program that waits for ever is told so" {
	cd "$D"
	solve fork uts
	cp "$CT_LABS"/box/*.[ch] .
	sed -i 's/	inside();/	pause();/' fork.c
	cc -w -o mine ./*.c
	CT_LAB_SECONDS=3 run -1 --separate-stderr ct-lab --check --json --with ./mine uts
	told in-time 'never ended'
}

@test "claims that do not hold are told in words: what the kernel shows, and what to think of" {
	cd "$D"
	solve fork uts
	sed -i 's/CLONE_NEWUTS/0/' uts.c
	build
	run -1 --separate-stderr ct-lab --check --with ./mine uts
	[[ $output == *'FAILED  uts: the host keeps its name when another is set inside'*"shows: 'zk', expected"*'think: The host has got the new name.'* ]]
	grep -q '"event":"claim".*"key":"name-outside".*"ok":false' "$CT_LAB_RECORD"
}

@test "an ordinary user checks a program with rights of their own" {
	cd "$D"
	# shellcheck disable=SC2046 # one word a name
	solve $(tasks)
	build
	mkdir "$D/tree" "$D/tree/share" "$D/home"
	cp -r "$CT_LABS" "$D/tree/share"
	cp -r "$B" "$D/tree/build"
	chmod -R a+rX "$D"
	chown 1000 "$D/home"
	for above in "$CT_TEST_DIR" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"; do chmod a+x "$above"; done
	user() {
		setpriv --reuid=1000 --regid=1000 --clear-groups env -u CT_LAB_RECORD HOME="$D/home" CT_LABS="$D/tree/share/labs" \
			PATH="$D/tree/build:/usr/bin:/bin" TMPDIR=/tmp "$@"
	}
	user unshare --user --map-root-user --mount true || skip 'ordinary users may not make user namespaces here'
	run -0 --separate-stderr user ct-lab --check --json --with "$D/mine" fork uts pid mnt user-map root caps
	[ "$(jq -s 'all(.ok)' <<<"$output")" = true ]
	run -1 user ct-lab --check --with "$D/mine" mem
	[[ $output == *'mem: needs what is not here: root'* ]]
	grep -q '"event":"claim"' "$D/home/.local/state/ct-lab/record"
}

@test "a teacher's own task adds a stage that main.c does not know" {
	cd "$D"
	mkdir -p labs/cgns
	printf 'cgns: a test\nRead next: sh(1)\n' >labs/cgns/text
	printf 'After: fork\nWrite it.\n' >labs/cgns/task
	printf "claim other 'another namespace' differ \"\$(box --cgns readlink /proc/self/ns/cgroup)\" \"\$(space \$\$ cgroup)\"\n" >labs/cgns/check
	sed -n '/^    #include "box.h"/,/ADD_STAGE/s/^    //p' "$CT_LABS/README" >labs/cgns/cgns.c
	export CT_LABS=$D/labs:
	run -0 ct-lab --write cgns
	[[ $output == *'Write these first'*': fork'* ]]
	cp "$CT_TESTS/../share/labs/solutions/fork.c" .
	cc -Wall -Wextra -Werror -o mine ./*.c
	run -1 --separate-stderr ct-lab --check --with ./mine cgns
	sed -i 's/.flags = 0,/.flags = CLONE_NEWCGROUP,/' cgns.c
	cc -o mine ./*.c
	run -0 --separate-stderr ct-lab --check --with ./mine cgns
	run -0 --separate-stderr ct-lab --check cgns
}

@test "--write brings a task and its files, and leaves what is there as it is" {
	cd "$D"
	run -0 ct-lab --write fork
	[[ $output == *'Write the beginning of a container runtime'*'New here: '*fork.c* ]]
	[ -f box.h ]
	[ -f main.c ]
	cc -o mine ./*.c
	echo '/* mine */' >fork.c
	run -0 ct-lab --write fork
	[[ $output == *'left as it is: '*fork.c* ]]
	[ "$(cat fork.c)" = '/* mine */' ]
	run -0 ct-lab --write mnt
	[[ $output == *'Write these first'*': pid'* && $output != *'After: '* ]]
	run -2 ct-lab --write pull
	[[ $output == *'pull: this lab has nothing to write' ]]
	run -2 ct-lab --write
	run -2 ct-lab --with ./mine fork
	run -1 ct-lab --check --with ./no-such fork
	run -2 ct-lab --check --with ./mine
}
