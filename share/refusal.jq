# The reason that a registry or a token server gives for an error, in its own words (OCI distribution spec,
# "Error Codes"; OAuth 2; Docker Hub's own form). Outputs message.
[(try .errors[0].message catch null), (.message, .details, .error_description, .error)?] | map(strings)[0] // empty | {message: .}
