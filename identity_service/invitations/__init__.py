"""Inviting people to have an account: colleagues by administrators, customers by their organisation."""
