# The index.json of an OCI image layout (image-layout.md): as an index that manifest.jq takes,
# with one entry for an image that has several names, and those names.
#
# An archive of a single image says that for no platform, or for one that may not be this
# machine's: nobody had to choose. Gives index (JSON) and name ("DIGEST NAME").

# A tag alone, as skopeo and umoci write it, names nothing.
def names:
	.annotations | maybe("object"; "annotations")
	| (.["io.containerd.image.name"], .["org.opencontainers.image.ref.name"])
	| strings | select(test("[/:]"));

# A signature or the like is no image.
def images:
	.manifests | typed("array"; "manifests")[] | typed("object"; "manifests[]")
	| select([.platform | objects | .os] != ["unknown"] and
		[.annotations | objects | .["vnd.docker.reference.type"] | values] == []);

def platforms: map(.platform | objects | [.os, .architecture, .variant, .["os.version"]]) | unique | length;

typed("object"; "it")
| [images] as $all
| ($all | unique_by(.digest)) as $different
| if ($different | length) > 1 and ($different | platforms) < ($different | length) then
	error("several images (\([$all[] | names] | unique | join(" ")))")
  else . end
| {index: (.manifests = if ($different | length) == 1 then $different | map(del(.platform)) else $different end | tojson),
   name: [$all[] | "\(.digest) \(names)"] | unique}
