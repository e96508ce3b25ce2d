#!/usr/bin/env bats
# Names of images: ct-tag, and what other utilities make of several names; ct history.
# shellcheck disable=SC2154 # set by helper.bash and by run

load helper

sandbox_each_test
setup() {
	empty_setup
	mkdir "$D/one" "$D/two"
	one=$(ct-init -n one "$D/one")
	two=$(ct-init -n two "$D/two")
}

names() {
	ct-images --no-header -o name "$1"
}

@test "an image is found by each of its names" {
	run -0 ct-tag one more:1 registry.example:5000/team/one
	[ -z "$output" ]
	[ "$(names "$one")" = more:1,one:latest,registry.example:5000/team/one:latest ]
	for name in one more:1 registry.example:5000/team/one docker.io/library/more:1; do
		[ "$(ct-images -q "$name")" = "$one" ]
	done
	ct-tag "$two" plain
	[ "$(names plain)" = plain:latest,two:latest ]
}

@test "a name that another image has moves, and a note says so" {
	run --separate-stderr -0 ct-tag one two one
	[ "$stderr" = "ct-tag: two:latest: the name moves from $two to $one" ]
	[ "$(names "$one")" = one:latest,two:latest ]
	[ -z "$(names "$two")" ]
}

@test "ct-rm removes one of several names, and the image with its last name" {
	ct-tag one more extra
	run -0 ct-rm more
	[ "$(names "$one")" = extra:latest,one:latest ]
	run -0 ct-rm one extra
	[ ! -e "$CT_ROOT/$one" ]
	run -1 ct-images -q one
}

@test "ct-rm with an id removes an image that has several names" {
	ct-tag one more
	run -0 ct-rm "$one"
	[ ! -e "$CT_ROOT/$one" ]
	[ -z "$(find "$CT_ROOT/names/img" -mindepth 1 ! -name "*two*")" ]
}

@test "a name without a host finds the image of localhost, unless an image has the name itself" {
	ct-tag one localhost/web
	[ "$(ct-images -q web)" = "$one" ]
	[ "$(ct-images -q web:latest)" = "$one" ]
	ct-tag web site
	[ "$(names "$one")" = localhost/web:latest,one:latest,site:latest ]
	ct-tag two web
	[ "$(ct-images -q web)" = "$two" ]
	run -0 ct-rm web
	[ "$(ct-images -q web)" = "$one" ]
	run -0 ct-rm web
	[ "$(names "$one")" = one:latest,site:latest ]
}

@test "invalid operands fail with one line, and no name is given" {
	while read -r code words why; do
		IFS=' ' read -r -a words <<<"${words//,/ }"
		run --separate-stderr ct-tag "${words[@]}"
		[ "$status" -eq "$code" ]
		[ ${#stderr_lines[@]} -eq 1 ]
		[[ $stderr == "ct-tag: $why"* ]] || { echo "$stderr"; false; }
	done <<-END
	1 nosuch,good nosuch: no such image
	1 img_99999,good img_99999: no such image
	1 ps_42002,good ps_42002: is the id of a container, not of an image
	2 one,good,UPPER UPPER: not a name for an image
	2 one,good,img_1 img_1: not a name for an image
	2 one,good,a@sha256:0000000000000000000000000000000000000000000000000000000000000000 a@sha256:0000
	2 one,good,../x ../x: not a name
	2 one missing operand
	END
	[ "$(names "$one")" = one:latest ]
	run -1 ct-images -q good
	CT_ROOT=$D/none run -1 ct-tag one two
	[ ! -e "$D/none" ]
}

@test "concurrent ct tags leave a name with one image" {
	for _ in 1 2 3 4; do
		ct-tag one shared a b 2>>"$D/err" 3>&- &
		ct-tag two shared a b 2>>"$D/err" 3>&- &
	done
	wait
	run ! grep -v 'the name moves' "$D/err"
	[ "$(names shared)" = a:latest,b:latest,one:latest,shared:latest ] ||
		[ "$(names shared)" = a:latest,b:latest,shared:latest,two:latest ]
}

@test "ct history shows the steps of an image, newest first" {
	printf 'FROM one\nLABEL a="b\\\\n"\nCOPY file /\n' >"$D/two/Dockerfile"
	touch "$D/two/file"
	ct-build -t built "$D/two" >/dev/null 2>&1
	run -0 ct history built
	[ "${lines[0]}" = $'CREATED\tCREATED BY\tLAYER\tCOMMENT' ]
	[[ ${lines[1]} =~ ^20[0-9-]*T[0-9:.]*Z$'\t'.*COPY\ /file\ /.*$'\t'-$'\t' ]]
	[[ ${lines[2]} == *"LABEL a"*$'\t-\t'* ]]
	[ "$(ct history --json built | jq -sc 'map(.empty_layer)')" = '[false,true]' ]
	[[ $(ct history one) == *$'\tfrom '"$D/one" ]]
	run -1 ct history nosuch
	[[ $output == 'ct: history: nosuch:'*'no such image' ]]
	run -2 ct history
	run -2 ct history -
}
