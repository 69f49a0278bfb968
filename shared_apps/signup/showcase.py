"""The three organisations that the landing page draws: the same product in their liveries, with invented figures."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

# Translated when it is shown.
Text = Any


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a drawn list; `kind` is the badge's meaning."""

    name: str
    status: Text
    kind: str
    amount: str


@dataclass(frozen=True, slots=True)
class Livery:
    """One look: `slug` chooses its tokens in landing.css."""

    slug: str
    name: str
    line: Text
    icon: str
    label: Text
    amount: str
    cents: str
    change: str
    verb: Text
    rows: tuple[Row, ...]


LIVERIES = (
    Livery(
        "harbour",
        "Harbour Capital",
        _("Investment firm"),
        "landmark",
        _("Assets under care"),
        "€4,182,600",
        ".00",
        "2.1%",
        _("New statement"),
        (
            Row("Atlantic Fund II", _("Settled"), "ok", "€120,000"),
            Row("Marta Lopes", _("To sign"), "warn", "€15,000"),
            Row("Escrow, Pier 9", _("Held"), "info", "€68,400"),
        ),
    ),
    Livery(
        "riverbank",
        "Riverbank Trust",
        _("Community foundation"),
        "sprout",
        _("Campaign funds"),
        "€76,240",
        ".50",
        "12.6%",
        _("New campaign"),
        (
            Row("Vascão river", _("Funded"), "ok", "€76,240"),
            Row("School garden", _("In review"), "info", "€8,950"),
            Row("Repair café", _("Needs you"), "warn", "€2,750"),
        ),
    ),
    Livery(
        "kiln",
        "Kiln Studio",
        _("Ceramics, made to order"),
        "package",
        _("Invoiced this month"),
        "€18,204",
        ".10",
        "4.2%",
        _("New invoice"),
        (
            Row("INV-2048 Caravela", _("Paid"), "ok", "€1,368"),
            Row("INV-2049 Ribeira", _("Overdue"), "bad", "€12,400"),
            Row("INV-2050 Odelouca", _("Sent"), "info", "€860"),
        ),
    ),
)
