"""Signing in with an account of another provider (OpenID Connect), linked to one of ours by proof only."""
