"""Providers upstream, seen by an administrator."""
