from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError

from core.tenancy import TenantRef, atomic, tenant_context
from tenant_apps.proofs.models import Leaf
from tenant_apps.proofs.selectors import leaves_of
from tenant_apps.proofs.services import canonical, commitment
from tests.support.databases import database
from tests.support.factories.books import make_books
from tests.support.twins import Twins


@pytest.mark.parametrize(
    ("value", "written"),
    [
        # RFC 8785, sections 3.2.2.2 and 3.2.3.
        ('\u20ac$\x0f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\x80":6,"ö":7,"€":1,"\U0001f600":5,"\ufb33":3}',
        ),
        ([None, True, False, -1, 2**53 - 1, []], "[null,true,false,-1,9007199254740991,[]]"),
    ],
    ids=["text", "names", "others"],
)
def test_a_value_has_one_spelling(value: Any, written: str) -> None:
    assert canonical(value) == written.encode()


@pytest.mark.parametrize("value", [1.5, 2**53, b"", {1: 2}, "\ud800"], ids=repr)
def test_what_has_no_exact_spelling_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        canonical(value)


def test_a_commitment_is_the_digest_of_scheme_salt_and_fact() -> None:
    digest = "4632d6b3a1b0a4fb1e028bc3b22a0f768797ad2f7c626181efcf6c3c3234b596"
    assert commitment(b"s" * 16, b"fact").hex() == digest
    assert commitment(b"t" * 16, b"fact").hex() != digest


def test_a_leaf_is_final_but_for_its_salt(inside: TenantRef, other_tenant: TenantRef) -> None:
    entry = make_books().post("bank", "sales", "1").entry
    for change in (
        lambda: Leaf.objects.update(commitment=b"x" * 32),
        lambda: Leaf.objects.create(fact_id=entry, commitment=b"x" * 32),
        lambda: Leaf.objects.update(salt=b"s" * 16),
    ):
        with pytest.raises(DatabaseError), atomic():
            change()
    before = leaves_of([entry])[entry]
    Leaf.objects.update(salt=None)
    after = leaves_of([entry])[entry]
    assert (after.salt, bytes(after.commitment)) == (None, bytes(before.commitment))


def test_the_owner_does_not_change_a_leaf_either(committed: Twins) -> None:
    with tenant_context(committed.first):
        make_books().post("bank", "sales", "1")
    with tenant_context(committed.second):
        assert not Leaf.objects.exists()
    with database() as opened:
        for statement in ("UPDATE {0} SET salt = sha256('')", "DELETE FROM {0}", "TRUNCATE {0}"):
            with pytest.raises(psycopg2.errors.RestrictViolation):
                opened.execute(statement.format(f"{committed.first.schema}.proofs_leaf"))
