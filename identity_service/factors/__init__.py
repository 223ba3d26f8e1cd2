"""What proves who somebody is, beside a password: one-time codes, passkeys, recovery codes."""
