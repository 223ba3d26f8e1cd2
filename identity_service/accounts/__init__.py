"""Accounts, their passwords, and the proofs of their e-mail addresses."""
