"""Signing in with an account of another provider (OpenID Connect, SAML), linked to one of ours by proof."""
