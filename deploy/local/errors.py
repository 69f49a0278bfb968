from pathlib import Path


class LocalRunError(Exception):
    """Something of the local run failed; the message says what, and which file tells more."""


def with_log(message: str, log: Path) -> str:
    """`message` with the name of the log and its last lines."""
    if not log.exists():
        return message
    tail = log.read_text(errors="replace").splitlines()[-12:]
    return "\n".join([f"{message} The log is {log}; it ends with:", *(f"    {line}" for line in tail)])
