"""The pages on which people sign in, register, set passwords and sign out."""
