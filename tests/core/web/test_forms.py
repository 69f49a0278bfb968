import pytest
from django import forms


class Registration(forms.Form):
    name = forms.CharField(help_text="As on the deed.", max_length=40)
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"class": "wide"}))
    agreed = forms.BooleanField()
    kind = forms.ChoiceField(choices=[("a", "Trust"), ("b", "Firm")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        if self.data:
            raise forms.ValidationError("Registration is <closed>.")


@pytest.fixture
def invalid():
    return str(Registration({"token": ""}))


def summary_of(html):
    return html[: html.index('class="field"')]


def test_a_blank_form_has_labels_hints_and_no_errors():
    html = str(Registration())
    assert '<label for="id_name">Name</label>' in html
    assert 'aria-describedby="id_name_helptext"' in html
    assert 'id="id_name_helptext">As on the deed.' in html
    assert 'role="alert"' not in html
    assert "aria-invalid" not in html


def test_optional_fields_say_so():
    html = str(Registration())
    assert html.count("(optional)") == 1


def test_widgets_wear_the_look_and_keep_their_own_classes():
    html = str(Registration())
    assert 'class="wide input"' in html
    assert 'class="check"' in html
    assert "<fieldset" in html
    assert '<legend class="legend">Kind</legend>' in html


def test_each_error_is_described_to_its_field(invalid):
    assert 'aria-invalid="true" aria-describedby="id_name_helptext id_name_error"' in invalid
    assert '<div id="id_name_error"><p class="error">This field is required.</p></div>' in invalid


def test_the_summary_links_to_every_field_that_failed(invalid):
    summary = summary_of(invalid)
    assert 'role="alert"' in summary
    for target in ("#id_name", "#id_agreed", "#id_kind_0"):
        assert f'href="{target}"' in summary
        assert f'id="{target[1:]}"' in invalid
    assert "Registration is &lt;closed&gt;." in summary


def test_errors_of_hidden_fields_are_not_lost(invalid):
    assert "Token: This field is required." in summary_of(invalid)


def test_hidden_fields_have_no_label():
    html = str(Registration())
    assert 'name="token"' in html
    assert "id_token_" not in html
    assert ">Token<" not in html
