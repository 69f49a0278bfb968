from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, LiveryError, Unprocessable
from core.permissions import check, require
from core.web.views import FormView, Section
from shared_apps.organisation.forms import OrganisationForm
from shared_apps.organisation.selectors import organisation, region
from shared_apps.organisation.services import organisation_update


class OrganisationPage(FormView):
    """The organisation's own facts. Whoever may only see them gets the same page without its button."""

    action = "organisation.view"
    title = _("Organisation")
    template_name = "organisation/organisation.html"
    form_class = OrganisationForm
    success_message = _("The organisation's details are saved.")
    sections = (
        Section(
            _("Identity"),
            (("legal_name", 6), ("registration_number", 3), ("tax_id", 3)),
            _("As it stands in the register; documents carry it."),
        ),
        Section(
            _("Address"),
            (("country", 3), ("postal_code", 3), ("street", 6), ("district", 3), ("city", 3), ("region", 3)),
            _("Written as its country writes it."),
        ),
        Section(_("Contact"), (("email", 3), ("phone", 3))),
        Section(
            _("Books"),
            (("currency", 6), ("fiscal_year_month", 3), ("fiscal_year_day", 3)),
            _("What amounts are kept in, and when a year begins."),
        ),
        Section(
            _("Region"),
            (("time_zone", 3), ("locale", 3), ("week_start", 3)),
            _("For everybody who has not chosen their own."),
        ),
    )

    def initial(self) -> dict[str, Any]:
        place = region()
        return organisation().stored() | {"locale": place.locale, "time_zone": place.time_zone}

    def form_options(self) -> dict[str, Any]:
        return {"path": self.request.path}

    def success_url(self, result: Any) -> str:
        return reverse("organisation:organisation")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save, or with `do=look` show the form for another country.

        The registry's row is another transaction, so no answer is kept; saving the same again changes nothing.
        """
        require("organisation.edit", self.actor)
        if request.POST.get("do") == "look":
            return self._answer(OrganisationForm(initial=request.POST.dict(), path=request.path))
        form = OrganisationForm(request.POST, initial=self.initial(), path=request.path)
        if not form.is_valid():
            return self._answer(form, status=422)
        try:
            organisation_update(actor=self.actor, changes=form.cleaned_data)
        except (Conflict, Unprocessable) as refusal:
            return self._refused(form, refusal)
        return self._done(self.success_url(None))

    def _refused(self, form: OrganisationForm, refusal: LiveryError) -> HttpResponse:
        for error in refusal.errors:
            form.add_error(error["field"] if error["field"] in form.fields else None, error["message"])
        if not refusal.errors:
            form.add_error(None, str(refusal))
        return self._answer(form, status=422)

    def _parts(self, form: Any) -> list[dict[str, Any]]:
        """Without the parts of an address that its country does not have."""
        parts = super()._parts(form)
        for part in parts:
            part["fields"] = [(field, span) for field, span in part["fields"] if not field.is_hidden]
        return parts

    def more(self) -> dict[str, Any]:
        return {"submission": "", "may_edit": check("organisation.edit", cast(Any, self.actor))}
