"""Open invitations of both realms, seen by an administrator."""
