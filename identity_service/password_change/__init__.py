"""Choosing another password while one is signed in."""
