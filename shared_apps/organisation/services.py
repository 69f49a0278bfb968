from collections.abc import Callable, Mapping
from typing import Any

from core.actor import Actor
from core.clock import now
from core.errors import FieldError, LiveryError
from core.events import emit
from core.tenancy import atomic, current_tenant, on_commit
from shared_apps.organisation.errors import CurrencyFixed, OrganisationRefused
from shared_apps.organisation.models import ONLY, Organisation
from shared_apps.organisation.selectors import details_of, organisation_refresh
from shared_apps.organisation.values import FIELDS, Details, changed
from shared_apps.tenants.services.region import REGION_FIELDS, region_checked, tenant_region_change
from shared_apps.trail.services import trail_record

# Says why the base currency can no longer change, or nothing while it can; asked in the changing transaction.
CurrencyGuard = Callable[[], str]
_currency_guards: list[CurrencyGuard] = []


def currency_guard_register(guard: CurrencyGuard) -> None:
    """Let a room that keeps books say when the base currency is fixed, from its AppConfig.ready."""
    if guard not in _currency_guards:
        _currency_guards.append(guard)


def organisation_update(*, actor: Actor, changes: Mapping[str, Any]) -> Details:
    """Change some of the organisation's details; `locale` and `time_zone` are written to the registry, and only there.

    The registry's row is another transaction, so call this outside of any. Doing it again changes nothing. Raises
    OrganisationRefused, which names every field that is not valid, and CurrencyFixed.
    """
    place = {name: value for name, value in changes.items() if name in REGION_FIELDS}
    own = {name: value for name, value in changes.items() if name not in REGION_FIELDS}
    _require_known(own)
    _require_valid(own, place)
    after = _change(own, actor)
    if place:
        tenant_region_change(tenant=current_tenant(), changes=place, actor=actor)
    return after


def _require_known(changes: Mapping[str, Any]) -> None:
    unknown = [name for name in changes if name not in FIELDS]
    if unknown:
        errors = [FieldError(field=name, code="unknown_field", message="There is no such detail.") for name in unknown]
        raise OrganisationRefused(errors=errors)


def _require_valid(own: Mapping[str, Any], place: Mapping[str, Any]) -> None:
    """Name everything that is not valid at once, before anything is written."""
    errors: list[FieldError] = []
    for look in (lambda: changed(details_of(Organisation.objects.first()), own), lambda: region_checked(place)):
        try:
            look()
        except LiveryError as refusal:
            errors += refusal.errors
    if errors:
        raise OrganisationRefused(errors[0]["message"] if len(errors) == 1 else "", errors=errors)


@atomic()
def _change(changes: Mapping[str, Any], actor: Actor) -> Details:
    row = _locked()
    before = details_of(row)
    after = changed(before, changes)
    old, new = before.stored(), after.stored()
    found = {name: {"from": old[name], "to": new[name]} for name in FIELDS if old[name] != new[name]}
    if "currency" in found:
        _require_free_currency()
    if found:
        for name in found:
            setattr(row, name, new[name])
        row.changed_at = now()
        row.save()
        trail_record(actor=actor, action="organisation.edit", obj=row, changes=found)
        emit(kind="organisation.changed", subject_id=current_tenant().uuid, payload={"fields": sorted(found)})
        on_commit(organisation_refresh)
    return after


def _locked() -> Organisation:
    """The one row, made where it is missing, held until the transaction ends."""
    Organisation.objects.bulk_create([Organisation(id=ONLY, **Details().stored())], ignore_conflicts=True)
    return Organisation.objects.select_for_update().get(pk=ONLY)


def _require_free_currency() -> None:
    for guard in _currency_guards:
        why = guard()
        if why:
            raise CurrencyFixed(why, errors=[FieldError(field="currency", code=CurrencyFixed.code, message=why)])
