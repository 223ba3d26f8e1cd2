"""Sign-in policies, seen by an administrator."""
