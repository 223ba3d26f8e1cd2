"""SAML 2.0 (OASIS, March 2005): the Web Browser SSO Profile as a service provider, on pysaml2 and xmlsec1.

Both are optional: what imports pysaml2 is imported late, by `equipment`.
"""
