# The beginning of every filter, which "| record" follows. It checks that the input is a single document
# and not made to mislead or exhaust its reader.
#
#	jq -n -r --stream --slurpfile doc FILE "$(cat share/prelude.jq share/NAME.jq) | record" <FILE
#
# jq reads the document twice: whole, as $doc, and as a stream of pieces, one for each value. If there are
# more pieces than values, an object has the same key twice.

def pieces:
	reduce inputs as $piece (0;
		if ($piece[0] | length) > 32 then error("nested more than 32 deep")
		elif . == 50000 then error("more than 50000 values")
		else . + 1 end);

def document:
	pieces as $pieces
	| if ($doc | length) == 1 then $doc[0] else error("not JSON: \($doc | length) documents, not one") end
	| if $pieces == (reduce .. as $value (0; . + 1)) then . else error("an object has the same key twice") end;

# The parameter is not called $type, because that would hide the function `type`.
def typed($wanted; $name):
	if type == $wanted then . else error("\($name): is \(type), not \($wanted)") end;

# The same for a value that may be absent: then there is no output.
def maybe($type; $name):
	if . == null then empty else typed($type; $name) end;

# join would be slow for a long string that consists only of $old.
def replaced($old; $new):
	split($old) | if length < 2 then .[0] // "" else .[0] + (.[1:] | map($new + .) | add) end;

# A filter outputs objects {key: VALUE} or {key: [VALUE, ...]}. They become the lines of a record.
def record:
	to_entries[] | .key as $key | .value | if type == "array" then .[] else . end | select(. != null)
	| tostring | replaced("\\"; "\\\\") | replaced("\n"; "\\n") | "\($key)=\(.)";

document |
