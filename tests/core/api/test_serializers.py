import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import QueryDict
from rest_framework import serializers

from core.api.fields import ExactDecimalField, ExactIntegerField
from core.api.filters import StrictFilterSet
from core.api.serializers import StrictModelSerializer, StrictSerializer
from tests.core.api.shelf import Book, BookInput, BookSerializer


class Line(StrictSerializer):
    text = serializers.CharField()


class Letter(StrictSerializer):
    number = serializers.CharField(read_only=True)
    subject = serializers.CharField()
    lines = Line(many=True, required=False)
    first = Line(required=False)


def codes_of(serializer):
    assert not serializer.is_valid()
    return {
        name: [getattr(each, "code", each) for each in (found if isinstance(found, list) else [found])]
        for name, found in serializer.errors.items()
    }


def test_listed_fields_are_taken():
    serializer = Letter(data={"subject": "Hello", "lines": [{"text": "a"}]})
    assert serializer.is_valid()
    assert serializer.validated_data == {"subject": "Hello", "lines": [{"text": "a"}]}


@pytest.mark.parametrize("name", ["tenant", "is_staff", "subject ", "Subject", "", "__class__"])
def test_a_field_that_is_not_there_is_refused_by_name(name):
    assert codes_of(Letter(data={"subject": "Hello", name: "x"})) == {name: ["unknown_field"]}


def test_what_the_server_sets_is_refused():
    assert codes_of(Letter(data={"subject": "Hello", "number": "2026-1"})) == {"number": ["read_only"]}


def test_all_mistakes_are_named_at_once():
    found = codes_of(Letter(data={"number": "1", "colour": "red"}))
    assert found == {"subject": ["required"], "number": ["read_only"], "colour": ["unknown_field"]}


def test_nested_objects_are_as_strict():
    serializer = Letter(data={"subject": "a", "lines": [{"text": "a"}, {"text": "b", "amount": 1}], "first": {"x": 1}})
    assert not serializer.is_valid()
    assert serializer.errors["lines"][1]["amount"][0].code == "unknown_field"
    assert serializer.errors["first"]["x"][0].code == "unknown_field"


@pytest.mark.parametrize("data", ["text", 5, [], [{"subject": "a"}], None])
def test_only_an_object_is_taken(data):
    assert not Letter(data=data).is_valid()


def test_a_form_may_name_nested_fields():
    form = QueryDict("subject=a&lines[0]text=b&first.text=c")
    assert Letter(data=form).is_valid()
    assert codes_of(Letter(data=QueryDict("subject=a&other.text=c"))) == {"other.text": ["unknown_field"]}


def test_serializers_do_not_write():
    serializer = Letter(data={"subject": "Hello"})
    serializer.is_valid()
    with pytest.raises(TypeError, match="call a service"):
        serializer.save()


@pytest.mark.parametrize("options", [{"fields": "__all__"}, {"exclude": ("pages",)}, {}])
def test_a_model_serializer_lists_its_fields(options):
    with pytest.raises(ImproperlyConfigured, match="must list its fields"):
        type("Lazy", (StrictModelSerializer,), {"Meta": type("Meta", (), {"model": Book, **options})})


@pytest.mark.parametrize("options", [{"fields": "__all__"}, {"exclude": ("pages",)}])
def test_a_filter_set_lists_its_fields(options):
    with pytest.raises(ImproperlyConfigured, match="must list its fields"):
        type("Lazy", (StrictFilterSet,), {"Meta": type("Meta", (), {"model": Book, **options})})


def test_numbers_of_a_model_are_exact():
    fields = BookSerializer().fields
    assert isinstance(fields["rating"], ExactDecimalField)
    assert isinstance(fields["pages"], ExactIntegerField)


def test_keys_and_relations_of_a_model_can_only_be_read():
    fields = BookSerializer().fields
    assert fields["id"].read_only and fields["sequel_of"].read_only and fields["added"].read_only
    assert not fields["title"].read_only
    assert set(BookInput().fields) == {"title", "pages", "cost", "sequel_of"}


def test_many_to_many_relations_can_only_be_read_too():
    from shared_apps.users.models import User

    class People(StrictModelSerializer):
        class Meta:
            model = User
            fields = ("id", "roles")

    roles = People().fields["roles"]
    assert roles.read_only and isinstance(roles, serializers.ManyRelatedField)
