# The manifest.json of `docker save`. Outputs config and layer (base first), which are files of the archive,
# and name.

def names: .RepoTags | maybe("array"; "RepoTags")[] | typed("string"; "RepoTags[]");

typed("array"; "it") | map(typed("object"; "it[]"))
| if length == 0 then error("no image") else . end
| if (unique_by(.Config) | length) > 1 then error("several images (\([.[] | names] | unique | join(" ")))") else . end
| {config: .[0].Config | typed("string"; "Config"),
   layer: [.[0].Layers | typed("array"; "Layers")[] | typed("string"; "Layers[]")],
   name: [.[] | names] | unique}
