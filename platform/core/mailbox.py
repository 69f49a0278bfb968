"""Where development and the demo keep messages instead of sending them: a folder for each organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from email.utils import parsedate_to_datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from core.errors import NotFound
from core.ids import uuid7
from core.tenancy import scope_key

MOST = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as it would have left."""

    id: UUID
    at: datetime
    sender: str
    recipient: str
    reply_to: str
    subject: str
    text: str
    html: str


class MailboxBackend(BaseEmailBackend):
    """Files each message in the folder of the context that sends it; without a context it raises NoContext."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep the messages; returns how many."""
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{uuid7()}.eml"
            unfinished = folder / f".{name}"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(folder / name)
        return len(email_messages)


def kept_list() -> list[Kept]:
    """The newest messages of the current organisation, or of the platform, the newest first."""
    return [_read(path) for path in sorted(_folder().glob("*.eml"), reverse=True)[:MOST]]


def kept_get(message_id: UUID) -> Kept:
    """One of them; raises NotFound, also for a message of anybody else."""
    path = _folder() / f"{message_id}.eml"
    if not path.is_file():
        raise NotFound
    return _read(path)


def _folder() -> Path:
    if settings.MAILBOX_DIR is None:
        raise NotFound
    return Path(settings.MAILBOX_DIR) / scope_key().replace(":", "-")


def _read(path: Path) -> Kept:
    parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
    return Kept(
        id=UUID(path.stem),
        # "-0000", which Django writes, gives a time without a zone (RFC 5322, section 3.3).
        at=parsedate_to_datetime(str(parsed["Date"])).replace(tzinfo=UTC),
        sender=str(parsed["From"]),
        recipient=str(parsed["To"]),
        reply_to=str(parsed["Reply-To"] or ""),
        subject=str(parsed["Subject"]),
        text=_body(parsed, "plain"),
        html=_body(parsed, "html"),
    )


def _body(parsed: Parsed, kind: str) -> str:
    part = parsed.get_body((kind,))
    return "" if part is None else str(part.get_content())
