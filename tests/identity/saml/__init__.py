"""Signing in by way of a provider of SAML (OASIS SAML 2.0; identity.md, security 33)."""
