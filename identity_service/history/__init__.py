"""What happened to one's account, as the audit log has it."""
