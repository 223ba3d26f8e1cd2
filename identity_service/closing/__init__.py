"""Closing one's account: shut at once, erased two weeks later, unless its person comes back."""
