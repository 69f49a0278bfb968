from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from core.clock import now

ONLY = 1


class Organisation(models.Model):
    """The facts of the organisation that this schema belongs to: one row, or none before somebody entered them.

    Its locale and time zone are the registry's alone, where each request needs them; see `selectors.organisation`.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=60, blank=True)
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=300, blank=True)
    district = models.CharField(_("district"), max_length=100, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    currency = models.CharField(_("base currency"), max_length=3)
    fiscal_year_month = models.PositiveSmallIntegerField(_("fiscal year begins in"), default=1)
    fiscal_year_day = models.PositiveSmallIntegerField(_("on day"), default=1)
    week_start = models.PositiveSmallIntegerField(_("the week begins on"), default=1)
    changed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("organisation")
        constraints = [
            CheckConstraint(condition=Q(id=ONLY), name="organisation_only_one"),
            CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="organisation_country_code"),
            CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="organisation_currency_code"),
            CheckConstraint(condition=Q(week_start__range=(1, 7)), name="organisation_week_start"),
            # A day that every year has: never 29 February.
            CheckConstraint(
                condition=Q(fiscal_year_day__gte=1)
                & (
                    Q(fiscal_year_month=2, fiscal_year_day__lte=28)
                    | Q(fiscal_year_month__in=(4, 6, 9, 11), fiscal_year_day__lte=30)
                    | Q(fiscal_year_month__in=(1, 3, 5, 7, 8, 10, 12), fiscal_year_day__lte=31)
                ),
                name="organisation_fiscal_year_start",
            ),
        ]

    def __str__(self) -> str:
        return self.legal_name
