"""What a change of an organisation's state will do, said before it is made."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from core.tenancy import directory
from core.tenancy.lifecycle import TenantState
from core.web.formats import number_text
from shared_apps.console.changes import Change
from shared_apps.console.words import size_text, state_text
from shared_apps.tenants.selectors import Effects, tenant_effects

if TYPE_CHECKING:
    from shared_apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class DryRun:
    """A change that was not made: whether it could be, whom and what it touches, and that in sentences."""

    change: Change
    is_possible: bool
    effects: Effects
    sentences: list[str]


def dry_run(*, change: Change, tenant: "Tenant") -> DryRun:
    """Look at what a change would touch; writes nothing. Call it outside of any transaction."""
    effects = tenant_effects(directory().by_uuid(tenant.pk))
    fits = change.fits(tenant)
    said = _SENTENCES[change.code](tenant, effects) if fits else [_refusal(tenant)]
    if fits and not effects.is_counted:
        said.insert(0, _("Its tables cannot be asked at the moment: nobody and nothing in them was counted."))
    return DryRun(change, fits, effects, said)


def _refusal(tenant: "Tenant") -> str:
    return _("Nothing would happen: the state “%(state)s” does not allow it.") % {"state": state_text(tenant.state)}


def _cut_off(tenant: "Tenant", effects: Effects) -> list[str]:
    return [
        _("People who can no longer sign in: %(people)s.") % _access(effects),
        _("Refused from then on: signed-in browsers %(browsers)s, programs %(programs)s, API keys %(keys)s.")
        % _access(effects),
    ]


def _kept(effects: Effects) -> str:
    return _("%(size)s in %(tables)s tables and %(files)s files (%(bytes)s) stay where they are.") % _sizes(effects)


def _access(effects: Effects) -> dict[str, str]:
    access = effects.access
    return {
        "people": number_text(access.people),
        "browsers": number_text(access.browsers),
        "programs": number_text(access.programs),
        "keys": number_text(access.api_keys),
    }


def _sizes(effects: Effects) -> dict[str, str]:
    return {
        "size": size_text(effects.size_bytes),
        "tables": number_text(effects.table_count),
        "files": number_text(effects.file_count),
        "bytes": size_text(effects.file_bytes),
    }


def _suspend(tenant: "Tenant", effects: Effects) -> list[str]:
    return [*_cut_off(tenant, effects), _kept(effects), _("Resuming lets all of them in again.")]


def _archive(tenant: "Tenant", effects: Effects) -> list[str]:
    return [*_cut_off(tenant, effects), _kept(effects), _("Only an archived organisation can be deleted.")]


def _read_only(tenant: "Tenant", effects: Effects) -> list[str]:
    return [
        _("Go on reading and exporting: people %(people)s, API keys %(keys)s. What they write is refused.")
        % _access(effects),
        _("Nobody is signed out. Work that waits goes on after it was resumed."),
    ]


def _resume(tenant: "Tenant", effects: Effects) -> list[str]:
    to = state_text(tenant.resume_state or TenantState.ACTIVE)
    return [
        _("It becomes “%(state)s”, as it was before.") % {"state": to},
        _("Can get in and write again: people %(people)s, API keys %(keys)s. Sessions work as before.")
        % _access(effects),
    ]


def _delete(tenant: "Tenant", effects: Effects) -> list[str]:
    return [
        *_cut_off(tenant, effects),
        _("Its host answers “closed” at once."),
        _(
            "Within minutes a worker drops its %(tables)s tables (%(size)s), eight at a time, and then removes its"
            " roles and %(files)s files (%(bytes)s)."
        )
        % _sizes(effects),
        _("After that the subdomain “%(slug)s” is free again.") % {"slug": tenant.slug},
        _("Its id, its name and the history of its states stay. Nothing else can be brought back."),
    ]


_SENTENCES = {
    "suspend": _suspend,
    "archive": _archive,
    "read-only": _read_only,
    "resume": _resume,
    "delete": _delete,
}
