"""python3 deploy/make_secrets.py [FOLDER]: make the secrets that docker-compose.yml names.

Needs the standard library alone, so it runs on a host without Livery.
"""

import base64
import secrets
import sys
from pathlib import Path

DEFAULT = Path(__file__).resolve().parents[1] / ".data" / "secrets"


def make_secrets(folder: Path) -> bool:
    """Write the secrets into `folder`, one file each; False when they are there already.

    Raises SystemExit when only some are there: passwords appear in several files and would no longer agree.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The folder keeps other people of this host out. The files themselves must be readable for the containers'
    # accounts, into which they are mounted one by one.
    folder.chmod(0o700)
    values = fresh_values()
    missing = [name for name in values if not (folder / name).exists()]
    if not missing:
        return False
    if len(missing) < len(values):
        raise SystemExit(f"{folder} lacks {', '.join(missing)}. Bring them back, or empty the folder for a new start.")
    for name, value in values.items():
        (folder / name).write_text(value)
        (folder / name).chmod(0o444)
    return True


def fresh_values() -> dict[str, str]:
    """A value for each secret; passwords appear in every file that has to name them."""
    superuser, owner, application, queue = (secrets.token_urlsafe(32) for _ in range(4))
    server = "postgres:5432"
    return {
        "postgres_password": superuser,
        "valkey_users": f"user default on >{queue} ~* &* +@all\n",
        "database_admin_url": f"postgres://postgres:{superuser}@{server}/postgres",
        "database_owner_url": f"postgres://livery_owner:{owner}@{server}/livery",
        "database_url": f"postgres://livery_app:{application}@{server}/livery",
        "redis_url": f"redis://:{queue}@valkey:6379/0",
        "secret_key": secrets.token_urlsafe(64),
        "encryption_keys": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "metrics_token": secrets.token_urlsafe(32),
        "email_url": "smtp+tls://user:password@mail.example:587",
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    print(f"The secrets are made, in {folder}" if make_secrets(folder) else f"Nothing to do: {folder} has them all")
