# shellcheck shell=bash disable=SC2154 # the tests set what is used here
# Compares an engine's commands with ct-oci ($runtime) and with another runtime ($other): each test is a function
# that prints what it sees.

# alike FUNCTION: fails if the function prints different things with the two runtimes. $D/ct-oci.out is its output
# with ct-oci. Where an engine may lose output, $tries is how often it may; a wrong line fails at once.
alike() {
	local try
	for ((try = 0; try < ${tries:-1}; try++)); do
		for runtime in "$other" "$runtime"; do
			$1 >"$D/${runtime##*/}.out" 2>"$D/${runtime##*/}.err" </dev/null
			teardown
		done
		! diff "$D/${other##*/}.out" "$D/ct-oci.out" >"$D/differing" || return 0
		grep -q '^<' "$D/differing" && grep -q '^>' "$D/differing" && break
	done
	cat "$D/differing" "$D/ct-oci.err" >&2
	return 1
}

# printed LINE...: ct-oci's output has these lines, among others.
printed() {
	local line
	for line; do
		grep -Fxq -- "$line" "$D/ct-oci.out" || {
			echo "no line \"$line\" in:" >&2
			cat "$D/ct-oci.out" "$D/ct-oci.err" >&2
			return 1
		}
	done
}
