"""What a realm asks of people who sign in."""
