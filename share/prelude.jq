# What comes before every filter (and "| record" after it): the document is one, and not
# made to mislead or exhaust who reads it.
#
#	jq -n -r --stream --slurpfile doc FILE "$(cat share/prelude.jq share/NAME.jq) | record" <FILE
#
# jq reads it twice: whole, as $doc, and piece by piece. Every value is one piece; if there
# are more pieces than values, a key came twice in an object.

def pieces:
	reduce inputs as $piece (0;
		if ($piece[0] | length) > 32 then error("nested more than 32 deep")
		elif . == 50000 then error("more than 50000 values")
		else . + 1 end);

def document:
	pieces as $pieces
	| if ($doc | length) == 1 then $doc[0] else error("not JSON: \($doc | length) documents, not one") end
	| if $pieces == (reduce .. as $value (0; . + 1)) then . else error("a key comes twice in an object") end;

# ($type would hide the function `type`.)
def typed($wanted; $name):
	if type == $wanted then . else error("\($name): is \(type), not \($wanted)") end;

# The same of what may be absent: then nothing is printed.
def maybe($type; $name):
	if . == null then empty else typed($type; $name) end;

# join would be slow for a long string that is nothing but these.
def replaced($old; $new):
	split($old) | if length < 2 then .[0] // "" else .[0] + (.[1:] | map($new + .) | add) end;

# What a filter gives is objects: {key: VALUE}, {key: [VALUE, ...]}. They become lines of a record.
def record:
	to_entries[] | .key as $key | .value | if type == "array" then .[] else . end | select(. != null)
	| tostring | replaced("\\"; "\\\\") | replaced("\n"; "\\n") | "\($key)=\(.)";

document |
