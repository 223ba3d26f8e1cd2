"""The modules of the OpenID conformance suite as tests of our own, over real HTTP.

Each test has the name of its module (openid-certification/conformance-suite, `oidcc-…`).
"""
