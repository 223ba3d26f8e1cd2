"""What changes or ends an account, with all that hangs on it.

Every way in (console, API, SCIM, the person's own pages) comes through here, so that none forgets the
sessions, the audit row or the other services.
"""
