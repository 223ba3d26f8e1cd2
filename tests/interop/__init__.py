"""Relying parties by other people, signing in here: `make test-interop`."""
