"""What administrators do: the API under /api/v1/admin and the pages under /admin, over the same use cases."""
