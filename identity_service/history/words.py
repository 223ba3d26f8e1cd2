"""Rows of the audit log in the words of the person they are about."""

from typing import Final

SAID: Final = {
    "account.changed": ("edit", "", "Your account was changed"),
    "account.closing": ("trash", "warning", "You closed your account"),
    "account.deactivated": ("lock", "warning", "Your account was shut"),
    "account.email_change_asked": ("edit", "", "You asked to change your e-mail address"),
    "account.email_changed": ("edit", "warning", "Your e-mail address was changed"),
    "account.email_restored": ("edit", "warning", "The change of your e-mail address was taken back"),
    "account.exported": ("copy", "", "You got a copy of your data"),
    "account.invited": ("plus", "", "Your account was opened by invitation"),
    "account.kept": ("check", "", "You took back closing your account"),
    "account.made_admin": ("key", "", "You were made an administrator"),
    "account.organisation_joined": ("people", "", "You joined an organisation"),
    "account.organisation_left": ("people", "", "You left your organisation"),
    "account.password_set": ("key", "warning", "A new password was set"),
    "account.picture_changed": ("person", "", "You changed your picture"),
    "account.picture_removed": ("person", "", "You removed your picture"),
    "account.profile_changed": ("person", "", "You changed your profile"),
    "account.reactivated": ("check", "", "Your account was opened again"),
    "account.registered": ("plus", "", "You opened your account"),
    "consent.given": ("link", "", "You allowed an application access"),
    "consent.revoked": ("close", "", "You took back an application's access"),
    "device.allowed": ("link", "", "You signed a device in"),
    "device.denied": ("close", "", "You refused to sign a device in"),
    "grant.revoked": ("close", "", "You took back an application's access"),
    "invitation.sent": ("plus", "", "You invited somebody"),
    "invitation.withdrawn": ("close", "", "You took back an invitation"),
    "organisation.domain_dropped": ("people", "", "You removed a domain of your organisation"),
    "organisation.domain_proof_asked": ("people", "", "You asked to confirm a domain of your organisation"),
    "session.all_ended": ("out", "", "Every browser was signed out"),
    "session.confirmed": ("check", "", "You proved again that it is you"),
    "session.ended": ("out", "", "A browser was signed out"),
    "session.started": ("person", "", "You signed in"),
    "sign_in.failed": ("warning", "warning", "Somebody tried to sign in, and failed"),
    "upstream.linked": ("link", "warning", "Your account was connected with another provider"),
    "upstream.offered": ("info", "", "You began to connect another provider"),
    "upstream.provisioned": ("plus", "", "Your account was opened by way of another provider"),
    "upstream.refused": ("warning", "warning", "A sign-in by way of another provider was refused"),
    "upstream.signed_in": ("person", "", "Another provider said that it is you"),
    "upstream.unlinked": ("close", "warning", "A connection with another provider was removed"),
}
"""Icon, tone and sentence of each event. What is not here is said by its own name."""


def said(event: str) -> tuple[str, str, str]:
    """Icon, tone and sentence; `some_area.new_thing` becomes `Some area: new thing`."""
    if event in SAID:
        return SAID[event]
    area, _, what = event.replace("_", " ").partition(".")
    return "info", "", f"{area.capitalize()}: {what}"
