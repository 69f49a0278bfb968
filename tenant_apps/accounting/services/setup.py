from uuid import UUID

from core.actor import Actor
from core.currencies import currency_of
from core.permissions import require
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from tenant_apps.accounting.choices import AccountType, Floor, JournalKind, Numbering, Side, SubType
from tenant_apps.accounting.models import Account, Journal, LedgerSettings

_DEBIT_TYPES = frozenset({AccountType.ASSET, AccountType.EXPENSE})


def books_open(*, base_currency: str, actor: Actor) -> LedgerSettings:
    """Choose the currency of the books, which is final with the first entry; raises UnknownCurrency."""
    require("accounting.set_up", actor)
    with atomic():
        settings, _ = LedgerSettings.objects.update_or_create(
            id=1,
            defaults={"base_currency": base_currency, "base_exponent": currency_of(base_currency).exponent},
        )
        trail_record(actor=actor, action="accounting.books_open", obj=settings, changes={"currency": base_currency})
    return settings


def account_create(
    *,
    code: str,
    name: str,
    type: str,
    actor: Actor,
    sub_type: str = SubType.OTHER,
    normal_side: str = "",
    parent: UUID | None = None,
    is_group: bool = False,
    currency: str = "",
    control_room: str = "",
    floor: str = Floor.NONE,
    is_hot: bool = False,
) -> Account:
    """Add an account to the chart; its normal side is that of its type unless it is given."""
    require("accounting.set_up", actor)
    if currency:
        currency_of(currency)
    usual = Side.DEBIT if type in _DEBIT_TYPES else Side.CREDIT
    with atomic():
        account = Account.objects.create(
            code=code,
            name=name,
            type=type,
            sub_type=sub_type,
            normal_side=normal_side or usual,
            parent_id=parent,
            is_group=is_group,
            currency=currency,
            control_room=control_room,
            floor=floor,
            is_hot=is_hot,
        )
        trail_record(actor=actor, action="accounting.account_create", obj=account)
    return account


def journal_create(
    *,
    code: str,
    name: str,
    actor: Actor,
    kind: str = JournalKind.GENERAL,
    numbering: str = Numbering.POSTING,
    is_yearly: bool = True,
) -> Journal:
    """Add a journal; one that is written to all day takes its numbers when a period closes."""
    require("accounting.set_up", actor)
    with atomic():
        journal = Journal.objects.create(code=code, name=name, kind=kind, numbering=numbering, is_yearly=is_yearly)
        trail_record(actor=actor, action="accounting.journal_create", obj=journal)
    return journal
