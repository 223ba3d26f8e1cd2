"""The roles that an installation knows."""
