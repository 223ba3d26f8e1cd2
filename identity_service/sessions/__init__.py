"""Server-side sessions, one per browser and realm."""
