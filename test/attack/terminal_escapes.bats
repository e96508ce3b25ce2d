# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2317 # for a shell inside; attack.bash and bats set these
# Names, commands, labels and paths that hold escape sequences for the terminal of the person who lists
# them; names that are paths.
load attack

escape=$'\e]0;owned\a\e[2J'

@test "no escape sequence of a container or an image reaches the terminal" {
	background -l "note=$escape" -h host --name web "$img" sh -c ": $escape; touch '/x$escape'; exec sleep 1000"
	wait_until test -e "$root/x$escape"
	for command in 'ct-ps' 'ct-ps -o id,command,name' 'ct-images' 'ct-diff web' 'ct-exec web /nosuch'"$escape" "ct-run --rm no$escape" \
		"ct-cp web:/nosuch$escape /dev/null" "ct-rm nosuch$escape" "ct-volumes" "ct-inspect web" 'ct top web'; do
		# shellcheck disable=SC2086 # words
		run run_tty -- $command
		[[ $output != *$'\e]0;owned'* && $output != *$'\e[2J'* ]]
		# shellcheck disable=SC2086 # words
		run $command
		[[ $output != *$'\e'* ]]
	done
}

@test "a name is no path and no option" {
	for name in ../x /x . .. -x 'a/../b' $'a\nb' "a$escape" 'a b' ''; do
		run ct-run -d --name "$name" "$img" true
		[ "$status" -ne 0 ]
		run ct-init -n "$name" "$busybox"
		[ "$status" -ne 0 ]
		run ct-net create "$name"
		[ "$status" -ne 0 ]
		run ct-run --rm -v "$name:/v" "$img" true
		[ "$status" -ne 0 ] || [[ $name == /x || $name == . || $name == .. || $name == ../x ]]
	done
	[ -z "$(ct-ps -q)" ]
}

@test "without protection (the record itself): the sequence is there" {
	background "$img" sh -c ": $escape; sleep 1000; :"
	tr '\0' ' ' <"/proc/$(field pid "$c")/cmdline" | grep -q $'\e]0;owned'
}
