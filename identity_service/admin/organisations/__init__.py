"""Organisations, seen by an administrator."""
