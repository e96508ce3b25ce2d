# The answer of a token server: docker's "token" or OAuth 2's "access_token". One of them may be empty beside
# the other (distribution spec, "Token Response Fields"). Outputs token.
typed("object"; "it") | [.token, .access_token | select(. != null and . != "")][0] | typed("string"; "token") | {token: .}
