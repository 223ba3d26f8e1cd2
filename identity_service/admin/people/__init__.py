"""People of both realms, seen by an administrator."""
