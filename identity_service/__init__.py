"""Who you are: accounts in two realms, sign-in pages, OAuth 2.1 and OpenID Connect."""
