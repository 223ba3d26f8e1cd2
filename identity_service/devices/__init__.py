"""Browsers in which somebody signed in before."""
