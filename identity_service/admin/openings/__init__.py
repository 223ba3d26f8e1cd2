"""Initial access tokens, seen by an administrator."""
