# An image config (OCI image spec, config.md; Docker's is the same). Outputs the keys of lib/store/image.h,
# and os, diffid, history.

def text($name): maybe("string"; $name) | select(. != "");

# Go's encoding/json, which most registry tools use, reads a null element as the zero value of its type.
def list($type; $zero; $name):
	maybe("array"; $name) | range(length) as $i | .[$i] | if . == null then $zero else . end | typed($type; "\($name)[\($i)]");

def list($name): list("string"; ""; $name);

# The keys of an object that represents a set.
def set($name): maybe("object"; $name) | keys_unsorted[];

def env($name): list($name) | select(. != "") | if index("=") // 0 | . > 0 then . else error("\($name): \(.): not NAME=VALUE") end;

def labels($name): maybe("object"; $name) | to_entries[] | .key as $key | "\($key)=\(.value | if . == null then "" else . end | typed("string"; "\($name): \($key)"))";

def moment($name):
	text($name)
	| if test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(Z|[+-][0-9]{2}:[0-9]{2})$") then . else error("\($name): not a time") end;

typed("object"; "it")
| {os: [.os | text("os")], arch: [.architecture | text("architecture")], created: [.created | moment("created")]},
  (.config | maybe("object"; "config") | {
	entrypoint: [.Entrypoint | list("Entrypoint")],
	cmd: [.Cmd | list("Cmd")],
	env: [.Env | env("Env")],
	workdir: [.WorkingDir | text("WorkingDir")],
	user: [.User | text("User")],
	stopsignal: [.StopSignal | text("StopSignal")],
	volume: [.Volumes | set("Volumes")],
	label: [.Labels | labels("Labels")],
	expose: [.ExposedPorts | set("ExposedPorts")],
	shell: [.Shell | list("Shell")],
	onbuild: [.OnBuild | list("OnBuild")],
	healthcheck: [.Healthcheck | objects | select(. != {}) | tojson]
  }),
  (.rootfs | typed("object"; "rootfs")
  | if .type == "layers" then . else error("rootfs: type: is not \"layers\"") end
  | {diffid: [.diff_ids | list("diff_ids")]}),
  {history: [.history | list("object"; {}; "history") | tojson]}
