import pytest
from django.core.exceptions import ValidationError

from shared_apps.users.emails import normalise_email


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace@Example.ORG ", "ada.lovelace@example.org"),
        ("ada+books@example.org", "ada+books@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ＡＤＡ@example.org", "ada@example.org"),
    ],
)
def test_an_address_has_one_spelling(written: str, kept: str) -> None:
    assert normalise_email(written) == kept
    assert normalise_email(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@..org",
        "ada@-x-.org",
        "a da@example.org",
        "ada@exa mple.org",
        "ada\n@example.org",
        "ada@example.org\nBcc: bob@example.org",
        "a@b@c.org",
        f"ada@{'x' * 64}.org",
        "\u0430da@example.org",
    ],
)
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        normalise_email(written)
