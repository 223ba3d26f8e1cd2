"""Security events: what the other services must hear about sessions and accounts, and soon."""
