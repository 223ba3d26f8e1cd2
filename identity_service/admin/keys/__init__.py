"""Signing keys, seen by an administrator."""
