"""Clients, seen by an administrator."""
