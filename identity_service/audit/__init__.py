"""What happened to accounts, sessions and grants: rows that nobody changes."""
