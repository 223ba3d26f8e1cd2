"""What others see of an account: name, picture; and how its person wants pages: language and time zone."""
