"""The programs that identity knows, and what each may ask for."""
