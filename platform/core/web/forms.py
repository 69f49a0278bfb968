from typing import Any

from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Widget
from django.forms.renderers import TemplatesSetting


class LookedField(BoundField):
    """A field whose widget carries the classes of the look."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """Add the class; Django adds what a screen reader needs: aria-invalid and aria-describedby."""
        built = super().build_widget_attrs(attrs, widget)
        shown = widget or self.field.widget
        # A group of boxes is styled by the fieldset around it: its widget hands the class to a wrapper as well.
        if not isinstance(shown, CheckboxSelectMultiple | RadioSelect):
            own = built.get("class") or shown.attrs.get("class", "")
            built["class"] = f"{own} {'check' if isinstance(shown, CheckboxInput) else 'input'}".strip()
        return built


class FormRenderer(TemplatesSetting):
    """Renders every form and field of the project through the component templates."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = LookedField
