# Reads an index (manifest list) or an image manifest.
#
# $type: the media type with which it was served ("": none); $os, $arch, $variant: the wanted platform;
# $layout: not "" for the index.json of an OCI image layout: "layout" for its only image, a digest for one of
# several, "list" for the digests of all (image; "" for the only one).
# Outputs kind (index or image), config, layer ("SIZE TYPE DIGEST"; for an index the entry of the wanted
# platform) and, for a layout, name: the names of that entry.

def media_types: {
	index: ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"],
	image: ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"],
	config: ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"],
	layer: ["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip",
		"application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar.zstd"]
};

def is_a($kind): . as $type | any(media_types[$kind][]; . == $type);

def media_type($name): .mediaType | typed("string"; "\($name): mediaType");

def descriptor($name):
	media_type($name) as $type
	| (.digest | typed("string"; "\($name): digest")) as $digest
	| .size | typed("number"; "\($name): size")
	| if . >= 0 and . <= 9007199254740992 and floor == . then . + 0
	  else error("\($name): size: not a number of bytes") end
	| "\(.) \($type) \($digest)";

# --- index or image: the keys decide, and the media types must agree

def shape:
	if has("manifests") and has("layers") then error("has both layers and manifests")
	elif .schemaVersion == 1 then error("schema 1 is not supported: push the image again with a newer tool")
	elif .schemaVersion != 2 then error("schemaVersion: not 2")
	elif has("manifests") then "index"
	elif has("layers") then "image"
	else error("neither a manifest nor an index") end;

def agrees($kind; $how):
	if is_a($kind) then . else error("\($how) \(.), but is no such thing") end;

def kind:
	shape as $kind
	| [.mediaType | maybe("string"; "mediaType") | agrees($kind; "calls itself")] as $own
	| [$type | select(. != "") | agrees($kind; "described as")] as $said
	| if $own == [] or $said == [] or $own == $said then $kind
	  else error("described as \($said[0]), but calls itself \($own[0])") end;

# --- an index

def variant_of($arch):
	if . == null or ($arch == "amd64" and . == "v1") or ($arch == "arm64" and . == "v8") then "" else . end;

# The acceptable variants, best first.
def variants:
	["v7", "v6", "v5", ""] as $arm
	| if $arch != "arm" then $variant | variant_of($arch)
	  else $arm[if $variant == "" then 0 else $arm | index($variant) // 4 end:][] end;

def platform($name):
	.platform | maybe("object"; "\($name): platform")
	| (.os | typed("string"; "\($name): platform: os")) as $os
	| (.architecture | typed("string"; "\($name): platform: architecture")) as $arch
	| {$os, $arch, variant: ([.variant | maybe("string"; "\($name): platform: variant")][0] | variant_of($arch))};

def annotations($name):
	.annotations | maybe("object"; "\($name): annotations")
	| (.[] | maybe("string"; "\($name): an annotation") | empty), .;

# The entries that can be images. Artifacts and attestations (whose os is "unknown") are left out.
def entries:
	.manifests | typed("array"; "manifests") | range(length) as $i | .[$i] | "manifests[\($i)]" as $name
	| typed("object"; $name)
	| select(media_type($name) | is_a("image") or is_a("index"))
	| {platform: ([platform($name)][0]), annotations: ([annotations($name)][0]), layer: descriptor($name), digest}
	| select(.platform.os != "unknown" and (.annotations["vnd.docker.reference.type"] | not));

def platform_name:
	if . == null then "one without a platform" else [.os, .arch, .variant] | map(select(. != "")) | join("/") end;

def wanted:
	[entries] as $all
	| [variants as $variant | $all[] | select(.platform == {$os, $arch, $variant})][0]
	// ($all | if length == 1 and .[0].platform == null then .[0] else
		error("no image for \({$os, $arch, $variant} | platform_name) (there is \(
			map(.platform | platform_name) | unique | if . == [] then "none" else join(", ") end))") end);

def index: wanted | {layer};

# --- the index.json of a layout (image-layout.md), which may list an image once for each of its names

# skopeo and umoci write only a tag, which is not a name.
def names:
	.annotations | maybe("object"; "annotations")
	| (.["io.containerd.image.name"], .["org.opencontainers.image.ref.name"])
	| strings | select(test("[/:]"));

# Signatures and similar entries are not images.
def images:
	.manifests | typed("array"; "manifests")[] | typed("object"; "manifests[]")
	| select(($layout | startswith("sha256:") | not) or .digest == $layout)
	| select([.platform | objects | .os] != ["unknown"] and
		[.annotations | objects | .["vnd.docker.reference.type"] | values] == []);

def platforms: map(.platform | objects | [.os, .architecture, .variant, .["os.version"]]) | unique | length;

# An archive of a single image may give no platform, or another machine's. It is taken all the same,
# because there is no choice.
def layout:
	[images] as $all
	| ($all | unique_by(.digest))
	| if length > 1 and platforms < length then error("several images (\([$all[] | names] | unique | join(" ")))") else . end
	| {manifests: (if length == 1 then map(del(.platform)) else . end)}
	| wanted
	| {layer}, .digest as $digest | {name: ([$all[] | select(.digest == $digest) | names] | unique)};

# The digests of several images; of an index of several platforms only those of the wanted one.
def listed:
	[images] as $all
	| (reduce ($all[] | .digest | typed("string"; "digest")) as $digest ([]; if index($digest) then . else . + [$digest] end)) as $digests
	| ($all | unique_by(.digest)) as $unique
	| if ($unique | length < 2 or platforms == length) then {image: [""]}
	else [$digests[] as $digest | first($all[] | select(.digest == $digest))
		| select(.platform | type != "object" or [.os, .architecture] == [$os, $arch]) | .digest]
		| if . == [] then error("no image for \($os)/\($arch)") else {image: .} end end;

# --- a manifest

def layer($name):
	typed("object"; $name)
	| media_type($name) as $type
	| if $type | endswith("+encrypted") then error("\($name): encrypted layers are not supported")
	  elif $type | test("nondistributable|foreign") then error("\($name): a foreign layer, which no registry has")
	  elif $type | is_a("layer") then {layer: descriptor($name)}
	  else error("\($name): \($type): not the media type of a layer") end;

def image:
	(.config | typed("object"; "config")
	| if media_type("config") | is_a("config") then {config: descriptor("config")}
	  else error("config: \(.mediaType): not an image, but another kind of artifact") end),
	(.layers | typed("array"; "layers") | range(length) as $i | .[$i] | layer("layers[\($i)]"));

typed("object"; "it")
| kind as $kind
| {$kind},
  if $kind == "index" then if $layout == "" then index elif $layout == "list" then listed else layout end
  elif $layout == "" then image
  else error("not an index") end
