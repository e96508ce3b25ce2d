load helper

# The utilities, and the commands of those that have some: "ct-net", "ct-net up", ...
programs() {
	local file name
	for file in "$B"/ct-*; do
		[[ -f $file && -x $file ]] || continue
		name=${file##*/}
		echo "$name"
		"$name" --help | sed -n "s/^  \($name [a-z][a-z-]*\).*/\1/p"
	done
}

# Joins the lines of a help text that belong to one option.
unfolded() {
	awk '/^              / { line = line "  " substr($0, match($0, /[^ ]/)); next }
		NR > 1 { print line }
		{ line = $0 }
		END { print line }'
}

# The options of a program, but for --help and --version, a line each: letter, --name, argument, help.
options() {
	# shellcheck disable=SC2086 # a program and its command
	$1 --help | unfolded | sed -nE 's/^  (-[a-zA-Z0-9]|  ),? +(--[a-z][a-z-]*)( ([^ ]+))?   *(.*)/\1;\2;\4;\5/p' |
		grep -vE ';--(help|version);' || true
}

# Prints a valid value for an option, chosen by the name of its argument.
value_of() {
	case $1 in
	*'|'*)		echo "${1%%|*}" ;;
	STAGE)		echo token ;;
	STAGE*)		echo uts ;;
	OS/*)		echo linux/amd64 ;;
	SIZE)		echo 1m ;;
	N | NUMBER)	echo 2 ;;
	TIME)		echo 5m ;;
	SIGNAL)		echo TERM ;;
	INSTRUCTION)	echo 'USER app' ;;
	steps)		echo steps ;;
	KEY=VALUE)	echo name=x ;;
	type=TYPE,*)	echo type=tmpfs,dst=/x ;;
	*)		echo x ;;
	esac
}

# The options that are lists in podman(1), and --filter; the options with stages are lists, too.
repeatable='
ct-build --build-arg
ct-build --label
ct-build --secret
ct-build --tag
ct-commit --change
ct-exec --env
ct-exec --env-file
ct-ps --filter
ct-oci exec --cap
ct-oci exec --env
ct-run --only
ct-run --without
ct-volumes create --label
ct-volumes import --label
ct-volumes snapshot --label'
for option in --add-host --cap-add --cap-drop --device --dns --dns-search --env --env-file --group-add \
	--label --mount --network --network-alias --publish --security-opt --sysctl --tmpfs --ulimit --volume; do
	repeatable+=$'\n'"ct-run $option"$'\n'"ct-create $option"
done

@test "a repeated option accumulates or is refused, in every utility" {
	n=0
	while read -r program; do
		while IFS=';' read -r letter name arg help; do
			value=$(value_of "$arg")
			first=("$name" "$value") second=("$name=$value")
			[ "$letter" = '  ' ] || first=("$letter" "$value")
			[ "$(head -c 2 "$B/${program%% *}")" != '#!' ] || second=("$name" "$value")
			[ -n "$arg" ] || first=("$name") second=("$name")
			echo "$program ${first[*]} ${second[*]}"
			# An unknown option comes last, so that nothing is done.
			# shellcheck disable=SC2086 # a program and its command
			run $program "${first[@]}" "${second[@]}" --no-such-option
			((status == 2 || status == 125 || status == 255))	# 255: ct-oci exec, as in runc
			if [ -z "$arg" ] || grep -qx -e "$program $name" <<<"$repeatable"; then
				[[ $output == *"--no-such-option: "* ]]
				[ -z "$arg" ] || [[ $help == *'(repeatable)' ]]
			else
				[[ $output == *"$name: given twice"* ]]
				[[ $help != *'(repeatable)' ]]
			fi
			n=$((n + 1))
		done < <(options "$program")
	done < <(programs)
	((n > 90))
}

@test "a repeated option with a value is refused by ct's functions, a repeated flag is accepted" {
	sed -n 's/^ct_\([a-z]*\)() { #HELP .*/\1/p' "$B/ct" >"$BATS_TEST_TMPDIR/functions"
	[ -s "$BATS_TEST_TMPDIR/functions" ]
	while read -r function; do
		usage=$(sed -n "s/^ct_$function() { #HELP \([^\t]*\)\t.*/\1/p" "$B/ct")
		for option in $(grep -oE -e '\[--[a-z]+\]' <<<"$usage" | tr -d '[]'); do
			echo "$function $option"
			case $usage in
			*\ IMAGE)	run -0 ct "$function" "$option" "$option" "$img" ;;
			*)	run -0 ct "$function" "$option" "$option" ;;
			esac
		done
		for option in $(grep -oE -e '\[-[a-z] [A-Z]+' <<<"$usage" | tr -d '[' | cut -d ' ' -f 1); do
			echo "$function $option"
			run -2 ct "$function" "$option" 1 "$option" 1 x
			[ "$output" = "ct: $function: $option: given twice" ]
		done
	done <"$BATS_TEST_TMPDIR/functions"
}

@test "bocker refuses a limit that is given twice" {
	run -1 bocker --CPU_SHARE=1 --MEM_LIMIT=1 --CPU_SHARE=1 ps
	[ "$output" = "bocker: --CPU_SHARE: given twice (see 'bocker help')" ]
	run -1 bocker --MEM_LIMIT=1 --MEM_LIMIT=2 ps
	[ "$output" = "bocker: --MEM_LIMIT: given twice (see 'bocker help')" ]
	run -0 bocker --CPU_SHARE=1 --MEM_LIMIT=1 ps
}

@test "several --without and several --only add up" {
	busybox_image
	# A container's id is in its script.
	ct-run --userns host --without caps --without seccomp,net --dry-run "$img" true | sed 's/ps_[0-9]*/ID/g' >"$BATS_TEST_TMPDIR/one"
	ct-run --userns host --without caps,seccomp,net --dry-run "$img" true | sed 's/ps_[0-9]*/ID/g' >"$BATS_TEST_TMPDIR/other"
	[ -s "$BATS_TEST_TMPDIR/one" ]
	diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/other"
	run -0 ct-run --only uts --only ipc -h there --rootfs "$busybox" hostname
	[ "$output" = there ]
	run -0 ct-run --only mnt,ipc --only uts -h there --rootfs "$busybox" hostname
	[ "$output" = there ]
}
