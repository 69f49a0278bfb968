"""What the home page shows of the people."""

from collections.abc import Iterator
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, F, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import now
from core.web import dashboard
from core.web.components.blocks import Stat
from core.web.components.leaves import number
from core.web.context_processors import HostKind
from shared_apps.users.models import Invitation, User

_SHOWN = 5
_SOON = timedelta(days=2)


def register() -> None:
    """Offer figures, a card and what waits to the home page."""
    both: tuple[HostKind, ...] = ("tenant", "platform")
    dashboard.register_figure("people", _people, action="users.view", on=both, order=10)
    dashboard.register_figure("second_factors", _second_factors, action="users.view", on=both, order=20)
    dashboard.register_card("people", _seen_last, place="side", action="users.view", on=both, order=30)
    dashboard.register_attention("invitations", _invitations, action="users.invite", on=both, order=30)


def _people(request: HttpRequest) -> Stat:
    invited = Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now()).count()
    badge = ngettext("%(count)d invited", "%(count)d invited", invited) % {"count": invited}
    return Stat(
        _("People"),
        number(User.objects.filter(is_active=True).count()),
        href=reverse("users:person_list"),
        badge=(badge, "info") if invited else None,
        note="" if invited else _("everybody has accepted"),
    )


def _second_factors(request: HttpRequest) -> Stat:
    protected = Exists(
        Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    )
    counted = User.objects.filter(is_active=True).aggregate(people=Count("pk"), protected=Count("pk", filter=protected))
    share = counted["protected"] * 100 // max(counted["people"], 1)
    of_all = _("of %(count)d people") % {"count": counted["people"]}
    return Stat(_("With two-factor"), number(counted["protected"]), progress=(share, of_all))


def _seen_last(request: HttpRequest) -> dashboard.Card:
    people = User.objects.filter(is_active=True).order_by(F("last_login").desc(nulls_last=True), "-id")[:_SHOWN]
    rows = [
        {"name": str(person), "url": reverse("users:person_detail", args=[person.pk]), "seen_at": person.last_login}
        for person in people
    ]
    return dashboard.Card("home/people.html", {"people": rows})


def _invitations(request: HttpRequest) -> Iterator[dashboard.Attention]:
    ending = Invitation.objects.filter(
        accepted_at=None, revoked_at=None, expires_at__gt=now(), expires_at__lt=now() + _SOON
    )
    waiting = ending.count()
    if waiting:
        yield dashboard.Attention(
            ngettext("%(count)d invitation ends soon", "%(count)d invitations end soon", waiting) % {"count": waiting},
            _("Nobody has accepted yet."),
            reverse("users:person_list"),
            _("See the people"),
            icon="mail",
        )
