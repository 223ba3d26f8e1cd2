"""Print a `.env` for docker-compose.yml with fresh secrets: `python deploy/make_env.py example.com > .env`.

It holds all secrets of the installation: keep it readable for its owner only, and in the backup. Run it with
the project's environment, which has joserfc.
"""

import json
import secrets
import sys

from joserfc.jwk import ECKey

DATABASES = {
    "identity": ("app", "owner"),
    "employee": ("app", "owner"),
    "customer": ("app", "owner", "bridge"),
}
PLACES = {"identity": "id", "employee": "inside", "customer": "community", "bridge": "bridge"}


def settings(domain: str) -> dict[str, str]:
    """Every variable that docker-compose.yml insists on."""
    made = {f"{name.upper()}_PUBLIC_URL": f"https://{place}.{domain}" for name, place in PLACES.items()}
    made["MAIL_FROM"] = f"Narrowbridge <no-reply@{domain}>"
    for name in PLACES:
        made[f"{name.upper()}_SECRET_KEY"] = secrets.token_urlsafe(32)
    for name in ("employee", "customer"):
        made[f"{name.upper()}_CLIENT_SECRET"] = secrets.token_urlsafe(32)
    for name, roles in DATABASES.items():
        made[f"{name.upper()}_ADMIN_PASSWORD"] = secrets.token_urlsafe(24)
        for role in roles:
            variable = {"app": f"{name}_database_url", "owner": f"{name}_database_owner_url"}.get(
                role, f"{role}_database_url"
            )
            password = secrets.token_urlsafe(24)
            made[variable.upper()] = f"postgresql://{name}_{role}:{password}@{name}-db:5432/{name}"
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    made["EMPLOYEE_SIGNING_KEY"] = json.dumps(key.as_dict(private=True))
    made["IDENTITY_EMPLOYEE_JWKS"] = json.dumps({"keys": [key.as_dict(private=False)]})
    return made


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Say the domain: python deploy/make_env.py example.com > .env")
    for name, value in settings(sys.argv[1]).items():
        sys.stdout.write(f"{name}='{value}'\n")


if __name__ == "__main__":
    main()
