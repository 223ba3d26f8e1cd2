"""What identity's mails say. Each has one `{link}`."""

CONFIRM = """Hello,

someone, probably you, wants to open an account with this address. To go on, open this link within an hour:

{link}

If it was not you, do nothing: no account will be made.
"""

ALREADY = """Hello,

someone, probably you, wanted to open an account with this address, but there is one already. Sign in here:

{link}

If you forgot your password, the page offers to set a new one. If it was not you, do nothing.
"""

RESET = """Hello,

to set a new password for your account, open this link within an hour:

{link}

It works once. If you did not ask for it, do nothing: your password stays as it is.
"""

CHANGED = """Hello,

the password of your account was just changed, and every browser was signed out.

If that was not you, set a new password at once, and tell the people who run this site:

{link}
"""
