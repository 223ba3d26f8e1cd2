"""Conventions as programs. Each check says why it is there; an exception is a named comment on its line."""
