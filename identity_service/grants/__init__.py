"""What people allowed clients: requests under way, codes, grants and refresh tokens."""
