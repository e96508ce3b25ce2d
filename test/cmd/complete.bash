# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# Asks the completion for its candidates: call complete_up once for each test, then `offered`.

complete_up() {
	completion=$B/ct.bash
	ask=$BATS_TEST_TMPDIR/ask
	cat >"$ask" <<-'EOF'
		# ask FILE LINE PIECE...: prints the candidates at the end of a line that bash has split into these pieces.
		. "$1"
		compopt() { how+=("$2"); }
		_sudo() { "$@"; }
		how=()
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${@:3}") COMP_CWORD=$(($# - 3)) COMPREPLY=()
		${asked_by-} _ct
		for word in "${COMPREPLY[@]}" "${how[@]/#/-o }"; do
			printf '%s\n' "$word"
		done | LC_ALL=C sort
	EOF
}

# offered LINE [PIECE...]: prints the sorted candidates on one line, with "-o HOW" for options of compopt.
offered() {
	local line=$1
	shift
	if [ $# -eq 0 ]; then
		read -r -a pieces <<<"$line"
		[[ $line != *' ' ]] || pieces+=('')
		set -- "${pieces[@]}"
	fi
	bash --norc --noprofile -u "$ask" "$completion" "$line" "$@" 2>&1 | paste -sd ' '
}
