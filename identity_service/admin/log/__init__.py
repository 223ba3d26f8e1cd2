"""The audit log, seen by an administrator."""
