from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.forms import BaseForm, Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django_htmx.http import trigger_client_event

from core.errors import LiveryError
from core.web.htmx import SeeOther, details, redirect_after_post, render_page
from core.web.submissions import new_submission, once
from core.web.views.base import RoomView


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a form: a heading, a sentence, and fields with their width in six columns."""

    title: Any
    fields: Sequence[tuple[str, int]]
    text: Any = ""


class FormView(RoomView):
    """A form of a room that calls one service; in a dialog, on a page and without JavaScript alike.

    What the service refuses stands in the form with everything that was typed.
    """

    template_name: ClassVar[str] = "generic/form.html"
    form_class: ClassVar[type[BaseForm]]
    sections: ClassVar[Sequence[Section]] = ()
    submit_label: ClassVar[Any] = _("Save")
    success_message: ClassVar[Any] = _("Saved.")
    refreshes: ClassVar[str] = ""
    obj: Any = None

    def find(self, **kwargs: Any) -> Any:
        """The object that is changed, from a selector that takes the actor; nothing for a form that makes one."""
        return None

    def initial(self) -> dict[str, Any]:
        """What the fields hold at first."""
        return {}

    def form_options(self) -> dict[str, Any]:
        """Further arguments of the form."""
        return {}

    def perform(self, data: dict[str, Any]) -> Any:
        """Call the service; raises the room's named errors."""
        raise NotImplementedError

    def success_url(self, result: Any) -> str:
        """Where to go with what the service returned."""
        raise NotImplementedError

    def cancel_url(self) -> str:
        """Where the way back leads, empty for none."""
        crumbs = self.crumbs()
        return crumbs[-1].url if crumbs else ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The empty form, or the object's; raises NotFound, PermissionRefused."""
        self._look(kwargs)
        return self._answer(self.form_class(initial=self.initial(), **self.form_options()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it once, or show the form again with what was typed: 422, or the status of the service's refusal."""
        self._look(kwargs)
        form = self.form_class(request.POST, request.FILES, initial=self.initial(), **self.form_options())
        if not form.is_valid():
            return self._answer(form, status=422)
        try:
            response = once(request, lambda: SeeOther(self.success_url(self.perform(form.cleaned_data))))
        except LiveryError as refusal:
            if refusal.status in (403, 404) or refusal.status >= 500:
                raise
            _show(refusal, form)
            # The form must come back into its place, whatever exactly the refusal is.
            return self._answer(form, status=422)
        return self._done(response["Location"])

    def _look(self, kwargs: dict[str, Any]) -> None:
        if type(self).find is not FormView.find:
            self.obj = self.permitted(self.find(**kwargs))

    def _done(self, url: str) -> HttpResponse:
        if self._is_dialog:
            response = HttpResponse(status=204)
            trigger_client_event(response, "closeDialog", {})
            toast = {"level": "success", "title": str(self.success_message)}
            trigger_client_event(response, "toast", {"messages": [toast]})
            if self.refreshes:
                trigger_client_event(response, f"refresh:{self.refreshes}", {})
            return response
        messages.success(self.request, str(self.success_message))
        return redirect_after_post(self.request, url)

    @property
    def _is_dialog(self) -> bool:
        return bool(details(self.request)) and details(self.request).target == "dialog"

    def _answer(self, form: BaseForm, *, status: int = 200) -> HttpResponse:
        context = {
            **self.page_context(),
            "form": form,
            "object": self.obj,
            "parts": self._parts(form),
            "submit_label": self.submit_label,
            "cancel_url": self.cancel_url(),
            "submission": new_submission(),
            **self.more(),
        }
        fragment = "dialog" if self._is_dialog else "form"
        return render_page(self.request, self.template_name, context, fragment=fragment, status=status)

    def more(self) -> dict[str, Any]:
        """What the room's own template needs besides."""
        return {}

    def _parts(self, form: BaseForm) -> list[dict[str, Any]]:
        if not self.sections:
            fields = [(field, 6) for field in form.visible_fields()]
            return [{"title": "", "text": "", "fields": fields}]
        return [
            {"title": part.title, "text": part.text, "fields": [(form[name], span) for name, span in part.fields]}
            for part in self.sections
        ]


class DeleteView(FormView):
    """Ask before something goes, say what happens with it, and for what cannot be undone let its name be typed."""

    template_name: ClassVar[str] = "generic/delete.html"
    form_class: ClassVar[type[BaseForm]] = Form
    submit_label: ClassVar[Any] = _("Delete")
    success_message: ClassVar[Any] = _("Deleted.")

    def consequence(self) -> Any:
        """What happens, also in the ledger, and what stays."""
        raise NotImplementedError

    def word(self) -> str:
        """What must be typed, empty where a click is enough."""
        return ""

    def more(self) -> dict[str, Any]:
        """The question's parts."""
        return {"consequence": self.consequence(), "word": self.word()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it, if the word was typed; raises NotFound, PermissionRefused."""
        self._look(kwargs)
        if self.word() and request.POST.get("word", "").strip() != self.word():
            form = self.form_class(request.POST)
            form.add_error(None, _("Type the name exactly as it is written here."))
            return self._answer(form, status=422)
        return super().post(request, *args, **kwargs)


def _show(refusal: LiveryError, form: BaseForm) -> None:
    shown = False
    for error in refusal.errors:
        known = error["field"] in form.fields
        form.add_error(error["field"] if known else None, error["message"])
        shown = True
    if not shown:
        form.add_error(None, str(refusal))
