# The manifest.json of `docker save`. Outputs config and layer (base first), which are files of the archive,
# and name. $image: "" for the only image, a Config for one of several, "list" for the Configs of all (image; ""
# for the only one).

def names: .RepoTags | maybe("array"; "RepoTags")[] | typed("string"; "RepoTags[]");

typed("array"; "it") | map(typed("object"; "it[]"))
| if length == 0 then error("no image") else . end
| if $image == "list" then reduce (.[].Config | typed("string"; "Config")) as $config ([]; if index($config) then . else . + [$config] end)
  | {image: (if length < 2 then [""] else . end)}
  else map(select($image == "" or .Config == $image))
| if (unique_by(.Config) | length) > 1 then error("several images (\([.[] | names] | unique | join(" ")))") else . end
| {config: .[0].Config | typed("string"; "Config"),
   layer: [.[0].Layers | typed("array"; "Layers")[] | typed("string"; "Layers[]")],
   name: [.[] | names] | unique} end
