# What an auth file of docker's or podman's says of a registry and a repository in it.
#
# $host: "docker.io"; $repository: "library/alpine".
# Gives identity (what stands for a password where tokens are had) or creds ("USER:PASSWORD"),
# if it has one, and helper, the program that it says to ask.

# Docker Hub goes by several names; docker's keys are URLs of an API that is gone.
def host:
	sub("^https?://"; "") | sub("/v[12]/?$"; "") | sub("/$"; "")
	| if . == "docker.io" or . == "registry-1.docker.io" then "index.docker.io" else . end;

# The value of the key that says most of the repository.
def of_registry($type; $name):
	[maybe("object"; $name)
	| . as $all
	| ("\($host)/\($repository)" | split("/")) as $path
	| ((range($path | length; 0; -1) as $n | $path[:$n] | join("/")),
	   (keys[] | select(host == ($host | host))))
	| . as $key | select($all | has($key)) | $all[$key] | typed($type; "\($name)[\($key)]")][0];

# docker pads it with NULs.
def decoded:
	(try @base64d catch "") | sub("\u0000+$"; "")
	| if test("^[^:]+:") and (test("\u0000") | not) then . else error("the auth of \($host) is not USER:PASSWORD in base64") end;

typed("object"; "it")
| (.auths | of_registry("object"; "auths")) as $entry
| ([$entry.identitytoken | maybe("string"; "identitytoken")][0] // "") as $identity
| ([$entry.auth | maybe("string"; "auth")][0] // "") as $auth
| (if $identity != "" then $identity | {identity: .}
   elif $auth != "" then $auth | decoded | {creds: .}
   else empty end),
  ([(.credHelpers | of_registry("string"; "credHelpers")), .credsStore][] | maybe("string"; "credsStore") | {helper: .})
