"""What people agreed that other people's programs may have."""
