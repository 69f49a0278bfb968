"""What the home page shows of the trail."""

from datetime import date, timedelta
from typing import Any

from django.core.cache import caches
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.charts import Series, bar_chart, sparkline
from core.tenancy import require_scope
from core.web import dashboard
from core.web.components.blocks import Happening, Stat
from core.web.components.leaves import number
from core.web.context_processors import HostKind
from core.web.formats import date_text
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import action_name, entry_list

DAYS = 30
_SHOWN = 8
# Counting a month of a large trail takes a while, and nobody needs it to the minute.
_KEPT_SECONDS = 300
_ICONS = {"users": "users", "api_keys": "key-round", "brand": "palette", "jobs": "list-checks", "roles": "shield"}


def register() -> None:
    """Offer figure and cards to the home page."""
    both: tuple[HostKind, ...] = ("tenant", "platform")
    dashboard.register_figure("sign_ins", _sign_ins, action="trail.view", on=both, order=40)
    dashboard.register_card("activity", _activity, action="trail.view", on=both, order=10)


def _sign_ins(request: HttpRequest) -> Stat:
    per_day = [signed_in for _day, _entries, signed_in in _days()]
    return Stat(
        _("Sign-ins"),
        number(sum(per_day)),
        href=f"{reverse('trail:entry_list')}?action=users.sign_in",
        note=_("last 30 days"),
        spark=sparkline(per_day),
    )


def _activity(request: HttpRequest) -> dashboard.Card:
    days = _days()
    total = sum(entries for _day, entries, _signed_in in days)
    sentence = ngettext(
        "%(count)d entry of the trail in the last 30 days.",
        "%(count)d entries of the trail in the last 30 days.",
        total,
    ) % {"count": total}
    chart = bar_chart(
        sentence=sentence,
        labels=[date_text(day, "day") for day, _entries, _signed_in in days],
        series=[Series(_("Entries"), [entries for _day, entries, _signed_in in days], total=str(total))],
    )
    happenings = [_happening(entry) for entry in entry_list()[:_SHOWN]]
    context = {"chart": chart, "happenings": happenings, "url": reverse("trail:entry_list")}
    return dashboard.Card("home/activity.html", context)


def _happening(entry: TrailEntry) -> Happening:
    return Happening(
        title=action_name(entry.action),
        at=entry.at,
        text=" · ".join(filter(None, [entry.actor_label or entry.get_actor_kind_display(), _other_than_actor(entry)])),
        icon=_ICONS.get(entry.action.partition(".")[0], "history"),
    )


def _other_than_actor(entry: TrailEntry) -> str:
    """What it was done to, where that says more than who did it."""
    return "" if entry.object_label == entry.actor_label else entry.object_label


def _days() -> list[tuple[date, int, int]]:
    """Each of the last thirty days on the person's calendar, its entries, and how many of them are sign-ins."""
    zone = timezone.get_current_timezone()
    today = timezone.localdate(clock.now())
    cache = caches["platform" if require_scope().is_platform else "tenant"]
    key = f"home:activity:{zone}:{today}"
    counted: dict[date, tuple[int, int]] | None = cache.get(key)
    if counted is None:
        counted = _counted(zone)
        cache.set(key, counted, _KEPT_SECONDS)
    days = [today - timedelta(days=distance) for distance in reversed(range(DAYS))]
    return [(day, *counted.get(day, (0, 0))) for day in days]


def _counted(zone: Any) -> dict[date, tuple[int, int]]:
    rows = (
        TrailEntry.objects.filter(at__gte=clock.now() - timedelta(days=DAYS))
        .annotate(day=TruncDate("at", tzinfo=zone))
        .order_by()
        .values("day")
        .annotate(entries=Count("pk"), signed_in=Count("pk", filter=Q(action="users.sign_in")))
    )
    return {row["day"]: (row["entries"], row["signed_in"]) for row in rows}
