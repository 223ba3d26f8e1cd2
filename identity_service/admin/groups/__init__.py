"""Groups of colleagues, seen by an administrator."""
