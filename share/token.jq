# A token server's answer: docker's "token", OAuth 2's "access_token". Gives token.
typed("object"; "it") | .token // .access_token | typed("string"; "token") | {token: .}
