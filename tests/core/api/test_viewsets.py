import json
from decimal import Decimal
from uuid import uuid4

import pytest

from core.errors import NotFound
from core.tenancy import tenant_context
from tests.core.api.shelf import Book, BookViewSet, announced

BOOKS = "/api/v1/shelf/books/"
READER = {"X-Actor": "user:ada:shelf.view"}
LIBRARIAN = {"X-Actor": "user:grace:shelf.view,shelf.add,shelf.change,shelf.burn"}
EMMA = {"title": "Emma", "cost": {"amount": "12.50", "currency": "EUR"}, "pages": 474}


@pytest.fixture
def emma(library):
    return Book.objects.create(title="Emma", pages=474, price=Decimal("12.50"))


def post(client, path, data, **headers):
    return client.post(path, data, content_type="application/json", headers={**LIBRARIAN, **headers})


def test_an_object_is_answered_as_the_resource_writes_it(library, emma):
    response = library.get(f"{BOOKS}{emma.pk}/", headers=READER)
    assert response.status_code == 200
    assert response.json() == {
        "id": str(emma.pk),
        "title": "Emma",
        "pages": 474,
        "rating": None,
        "printed": None,
        "added": emma.added.isoformat().replace("+00:00", "Z"),
        "cost": {"amount": "12.50", "currency": "EUR"},
        "sequel_of": None,
    }


def test_creating_answers_201_and_says_where(library):
    response = post(library, BOOKS, EMMA)
    book = Book.objects.get()
    assert (response.status_code, response["Location"]) == (201, f"{BOOKS}{book.pk}/")
    assert (book.title, book.cost.text) == ("Emma", "12.50")
    assert library.get(response["Location"], headers=READER).json() == response.json()


def test_a_resource_without_detail_says_no_place(library, monkeypatch):
    monkeypatch.delattr("core.api.viewsets.RetrieveMixin.retrieve")
    assert "Location" not in post(library, BOOKS, EMMA)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"title": ""}, "title", "blank"),
        ({"cost": {"amount": 12.5, "currency": "EUR"}}, "cost.amount", "invalid_amount"),
        ({"cost": {"amount": "1", "currency": "EUR", "tax": "1"}}, "cost.tax", "unknown_field"),
        ({"id": str(uuid4())}, "id", "unknown_field"),
        ({"owner": "ada"}, "owner", "unknown_field"),
        ({"pages": "٤٧٤"}, "pages", "invalid"),
        ({"pages": 2**31}, "pages", "max_value"),
        ({"sequel_of": str(uuid4())}, "sequel_of", "unknown_reference"),
    ],
)
def test_what_is_not_valid_is_named_and_nothing_is_created(library, change, field, code):
    response = post(library, BOOKS, {**EMMA, **change})
    assert response.status_code == 400
    assert [(each["field"], each["code"]) for each in response.json()["errors"]] == [(field, code)]
    assert not Book.objects.exists()


def test_a_reference_must_be_visible_to_the_actor(library, emma):
    hidden = Book.objects.create(title="Diary", owner="ada")
    assert post(library, BOOKS, {**EMMA, "sequel_of": str(hidden.pk)}).status_code == 400
    response = post(library, BOOKS, {**EMMA, "sequel_of": str(emma.pk)})
    assert (response.status_code, response.json()["sequel_of"]) == (201, str(emma.pk))


def test_a_refusing_service_leaves_nothing(library, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        response = post(library, BOOKS, {**EMMA, "title": "Refused"})
    assert (response.status_code, response.json()["detail"]) == (409, "There is such a book already.")
    assert not Book.objects.exists() and announced == []


def test_changing_all_or_some_fields(library, emma):
    url = f"{BOOKS}{emma.pk}/"
    response = library.put(url, {"title": "Persuasion"}, content_type="application/json", headers=LIBRARIAN)
    assert (response.status_code, response.json()["title"]) == (200, "Persuasion")
    response = library.patch(url, {"pages": 5}, content_type="application/json", headers=LIBRARIAN)
    assert (response.status_code, response.json()["pages"], response.json()["title"]) == (200, 5, "Persuasion")
    response = library.patch(url, {"cost": EMMA["cost"]}, content_type="application/json", headers=LIBRARIAN)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "read_only")


def test_deleting_answers_204(library, emma):
    response = library.delete(f"{BOOKS}{emma.pk}/", headers=LIBRARIAN)
    assert (response.status_code, response.content) == (204, b"")
    assert not Book.objects.exists()


@pytest.mark.parametrize("body", [{"force": True}, ["force"]])
def test_an_action_without_a_body_refuses_one(library, emma, body):
    for method, path in (("delete", f"{BOOKS}{emma.pk}/"), ("post", f"{BOOKS}{emma.pk}/lend/")):
        response = getattr(library, method)(path, body, content_type="application/json", headers=LIBRARIAN)
        assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "unknown_field")
    assert Book.objects.filter(pk=emma.pk).exists()


def test_an_action_is_a_sub_resource(library, emma):
    assert library.generic("POST", f"{BOOKS}{emma.pk}/lend/", headers=READER).json()["title"] == "Emma"


def test_an_object_can_be_refused_where_the_action_is_granted(library):
    locked = Book.objects.create(title="Locked")
    response = library.patch(
        f"{BOOKS}{locked.pk}/", {"title": "Open"}, content_type="application/json", headers=LIBRARIAN
    )
    assert (response.status_code, response.json()["detail"]) == (403, "This book is locked.")
    locked.refresh_from_db()
    assert locked.title == "Locked"


def test_missing_hidden_malformed_and_foreign_objects_are_one_answer(library, tenant, other_tenant):
    hidden = Book.objects.create(title="Diary", owner="grace")
    foreign = uuid4()
    ids = [uuid4(), hidden.pk, foreign, "1", "%00", str(hidden.pk).replace("-", ""), "0", "x" * 500]
    bodies, refusals = set(), {"get": READER, "patch": LIBRARIAN, "delete": LIBRARIAN}
    for key in ids:
        for method, headers in refusals.items():
            if key == hidden.pk and headers is LIBRARIAN:
                continue
            headers = {**headers, "X-Request-ID": "request-1234"}
            response = getattr(library, method)(f"{BOOKS}{key}/", headers=headers)
            assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
            bodies.add(response.content)
    assert len(bodies) == 1
    assert json.loads(bodies.pop())["detail"] == NotFound.message
    assert Book.objects.filter(pk=hidden.pk).exists()


def test_an_object_of_another_organisation_is_missing(library, tenant, other_tenant, settings):
    key = uuid4()
    Book.objects.create(pk=key, title="Ours")
    assert library.get(f"{BOOKS}{key}/", headers=READER).status_code == 200
    with tenant_context(other_tenant):
        assert library.get(f"{BOOKS}{key}/", headers=READER).status_code == 404
        response = library.delete(f"{BOOKS}{key}/", headers=LIBRARIAN)
        assert response.status_code == 404
    assert Book.objects.filter(pk=key).exists()


def test_the_parameters_of_lists_are_not_those_of_objects(library, emma):
    for parameter in ("cursor", "page_size", "search", "ordering", "title"):
        assert library.get(f"{BOOKS}{emma.pk}/?{parameter}=a", headers=READER).status_code == 400


def test_a_list_without_search_ordering_and_filters_takes_none(library, monkeypatch):
    for name, empty in (("search_fields", ()), ("ordering_fields", ()), ("filterset_class", None)):
        monkeypatch.setattr(BookViewSet, name, empty)
    assert library.get(f"{BOOKS}?page_size=5", headers=READER).status_code == 200
    for parameter in ("search", "ordering", "title"):
        assert library.get(f"{BOOKS}?{parameter}=a", headers=READER).status_code == 400
