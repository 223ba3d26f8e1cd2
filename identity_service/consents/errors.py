"""What may be wrong about a consent."""

from shared.kernel.errors import NotFound


class NoSuchConsent(NotFound):
    code = "consents.not_found"
    title = "You have not allowed this application anything"
