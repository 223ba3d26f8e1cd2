"""Clients that register themselves (RFC 7591, RFC 7592), for whom an operator opened the door."""
