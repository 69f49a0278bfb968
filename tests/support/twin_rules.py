"""What holds of every answer, whoever asked for whatever wherever."""

from collections.abc import Iterator, Sequence

from tests.support.twin_browser import REQUEST_ID, Answer, Plain
from tests.support.twin_world import Site


def complaints_about(answer: Answer, sites: Sequence[Site], at: Site | None, *, alive: bool) -> Iterator[str]:
    """What is wrong with an answer of the host of `at`, or of no site's; `alive` says that the asker belongs there."""
    if answer.status >= 500:
        yield f"it answered {answer.status}\n{''.join(answer.faults)}"
    if answer.headers.get("x-request-id") != REQUEST_ID:
        yield "the answer has no request id"
    if "default-src 'none'" not in answer.headers.get("content-security-policy", ""):
        yield "the answer has no Content-Security-Policy"
    for name, cookie in answer.cookies.items():
        if cookie["domain"]:
            yield f"the cookie {name} is for the whole domain {cookie['domain']}"
    text = answer.text
    for site in sites:
        yield from _told_of(site, text, at, alive)


def _told_of(site: Site, text: str, at: Site | None, alive: bool) -> Iterator[str]:
    if site.mark in text and not (alive and site is at):
        yield f"it shows what {site.name} keeps: {_around(text, site.mark)}"
    # The platform's people see which tenants there are; whoever visits a tenant's host sees whose it is.
    if site is at or (alive and at is not None and at.ref is None):
        return
    for word in site.identity:
        if word in text:
            yield f"it names {site.name}: {_around(text, word)}"


def difference(here: Plain, there: Plain) -> str:
    """The first thing that tells two answers apart."""
    if here[0] != there[0]:
        return f"status {here[0]} and {there[0]}"
    if here[1] != there[1]:
        return f"headers {sorted(set(here[1].items()) ^ set(there[1].items()))}"
    first, second = here[2], there[2]
    place = next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    around = slice(max(0, place - 80), place + 80)
    return f"{first[around]!r} and {second[around]!r}"


def _around(text: str, word: str) -> str:
    place = text.index(word)
    return repr(text[max(0, place - 60) : place + len(word) + 20])
