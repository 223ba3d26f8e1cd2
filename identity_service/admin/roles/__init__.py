"""Roles, seen by an administrator."""
