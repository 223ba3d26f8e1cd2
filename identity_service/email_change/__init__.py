"""Changing the e-mail address: proved at the new one, told to the old one, which can take it back."""
