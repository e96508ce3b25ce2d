bats_require_minimum_version 1.5.0
load helper

sandbox_each_test
setup() {
	empty_setup
	mkdir "$D/one" "$D/two"
	echo data >"$D/two/file"
}

@test "a missing store reads as empty" {
	CT_ROOT=$D/none run ct-images
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	CT_ROOT=$D/none run ct-images -q
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -e "$D/none" ]
}

@test "images are listed newest first, with name, size and source" {
	one=$(ct-init -n first "$D/one")
	two=$(ct-init "$D/two")
	[ "$(ct-images -q)" = "$(printf '%s\n%s' "$two" "$one")" ]
	[ "$(ct-images --no-header -o id,name,size,source)" = \
		"$(printf '%s\t\t5\t%s\n%s\tfirst:latest\t0\t%s' "$two" "$D/two" "$one" "$D/one")" ]
	[[ "$(ct-images --no-header -o created "$one")" =~ ^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$ ]]
}

@test "operands select images; an unknown one is an error after the others" {
	one=$(ct-init -n first "$D/one")
	two=$(ct-init "$D/two")
	[ "$(ct-images -q first)" = "$one" ]
	[ "$(echo "$two" | ct-images -q -)" = "$two" ]
	run --separate-stderr ct-images -q "$two" nosuch "$one"
	[ "$status" -eq 1 ]
	[ "$output" = "$(printf '%s\n%s' "$two" "$one")" ]
	[[ "$stderr" == "ct-images: nosuch:latest: no such image" || "$stderr" == "ct-images: nosuch: no such image" ]]
	run ct-images ps_42002
	[ "$status" -eq 1 ]
	run ct-images ../names
	[ "$status" -eq 1 ]
}

@test "an image's names are in one row" {
	one=$(ct-init -n first "$D/one")
	ln -s "$one" "$CT_ROOT/names/img/also:v2"
	[ "$(ct-images --no-header -o name)" = also:v2,first:latest ]
}

@test "JSON has every column, with the path of the root" {
	ct-init -n first "$D/two" >"$D/id"
	ct-images --json | jq -e --arg id "$(cat "$D/id")" '.id == $id and .name == "first:latest" and .size == 5 and has("cmd")'
	[ "$(cat "$(ct-images --json | jq -r .root)/file")" = data ]
}

@test "columns show an image's config" {
	one=$(ct-init "$D/one")
	printf '%s\n' cmd=sh cmd=-c env=A=1 'env=B=two\nlines' 'env=C=a b' user=7 entrypoint=/e 'label=k=v w' volume=/v expose=80/tcp \
		>>"$CT_ROOT/$one/config"
	[ "$(ct-images --no-header -o cmd,user)" = "$(printf 'sh -c\t7')" ]
	[ "$(ct-images --no-header -o env)" = 'A=1\nB=two\nlines\nC=a b' ]
	ct-images --json | jq -e '.cmd == ["sh", "-c"] and .env == ["A=1", "B=two\nlines", "C=a b"] and .user == "7" and
		.entrypoint == ["/e"] and .labels == ["k=v w"] and .volumes == ["/v"] and .expose == ["80/tcp"]'
	ct-init "$D/one"
	ct-images --json | head -1 | jq -e '[.cmd, .env, .entrypoint, .labels, .volumes, .expose] | all(. == [])'
}

@test "a damaged image is an error after the others are listed" {
	one=$(ct-init "$D/one")
	two=$(ct-init "$D/two")
	rm "$CT_ROOT/$two/config"
	run --separate-stderr ct-images -q
	[ "$status" -eq 1 ]
	[ "$output" = "$one" ]
	[[ "$stderr" == "ct-images: $two: config: "* ]]
}

@test "a column that does not exist is a usage error" {
	run ct-images -o nosuch
	[ "$status" -eq 2 ]
}
