"""A copy of everything that is kept about one person."""
