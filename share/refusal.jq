# Why a registry or a token server says no, in its words: OCI distribution spec, "Error Codes",
# OAuth 2, and what Docker Hub does. Gives message.
[(try .errors[0].message catch null), (.message, .details, .error_description, .error)?] | map(strings)[0] // empty | {message: .}
