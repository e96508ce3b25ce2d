load helper
load registry
load console

# console.py describes the form of the examples, and their variable parts.

setup_file() {
	sandbox_up
	hub_up
}

teardown_file() {
	registry_down
	sandbox_down
}

# The examples show the whole store.
setup() { :; }

@test "the commands in README.md do what it shows" {
	examples "$CT_TESTS/../README.md"
}

@test "a wrong example in README.md is detected" {
	cat >"$BATS_TEST_TMPDIR/lies.md" <<-'END'
		Text, and an example:

		    # ct run -d --name web busybox sleep 1000
		    ps_42007
		    # ct id web
		    ps_42008

		```
		$ for word in a b; do
		>     echo $word
		> done
		a
		...
		$ date -u +%T; echo 12345 12345 67890
		01:02:03
		55555 55555 66666
		$ echo 12:00
		1:00
		$ false
		```

		Another:

		    make

		<!-- not run: it takes long -->

		    make
	END
	run -1 examples "$BATS_TEST_TMPDIR/lies.md"
	for line in 5 17 19 24; do
		[[ $output == *"lies.md:$line:"* ]]
	done
	[ "$(grep -c '^lies.md:' <<<"$output")" -eq 4 ]
}
