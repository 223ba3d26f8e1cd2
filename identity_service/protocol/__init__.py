"""OAuth 2.1 and OpenID Connect. Authlib is known to this package alone."""
