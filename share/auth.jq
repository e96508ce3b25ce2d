# Finds the credentials for a registry and one of its repositories in an auth file of docker or podman.
#
# $host: "docker.io"; $repository: "library/alpine".
# Outputs identity (an identity token, which a token server accepts instead of a password) or creds
# ("USER:PASSWORD"), and helper (the credential helper that the file names), as far as the file has them.

# Docker Hub has several names; docker's keys are URLs of an API that no longer exists.
def host:
	sub("^https?://"; "") | sub("/v[12]/?$"; "") | sub("/$"; "")
	| if . == "docker.io" or . == "registry-1.docker.io" then "index.docker.io" else . end;

# The value of the most specific key for the repository.
def of_registry($type; $name):
	[maybe("object"; $name)
	| . as $all
	| ("\($host)/\($repository)" | split("/")) as $path
	| ((range($path | length; 0; -1) as $n | $path[:$n] | join("/")),
	   (keys[] | select(host == ($host | host))))
	| . as $key | select($all | has($key)) | $all[$key] | typed($type; "\($name)[\($key)]")][0];

# docker pads the value with NUL bytes.
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
