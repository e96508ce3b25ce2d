# A token server's answer: docker's "token", OAuth 2's "access_token", either of which may be empty beside
# the other (distribution spec, "Token Response Fields"). Gives token.
typed("object"; "it") | [.token, .access_token | select(. != null and . != "")][0] | typed("string"; "token") | {token: .}
