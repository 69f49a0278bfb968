import json
import re

import pytest

from tests.core.web.views import bookshop
from tests.core.web.views.conftest import KEEPER, READER

EMMA = {"title": "Emma", "pages": "300"}
DIALOG = {"HX-Request": "true", "HX-Target": "dialog"}


def submission_of(response):
    return re.search(r'name="submission" value="([^"]+)"', response.content.decode())[1]


def test_a_form_has_sections_hints_and_a_way_back(tenant, browse):
    html = browse(tenant, "/books/new/", who=KEEPER).content.decode()
    assert '<section class="form-section"><div><h2>What</h2><p>As it is printed.</p></div>' in html
    assert 'class="field span-4"' in html
    assert 'aria-describedby="id_pages_helptext"' in html


def test_without_the_right_no_form_is_shown_or_taken(committed, browse, titles_of):
    assert browse(committed.first, "/books/new/", who=READER).status_code == 403
    assert browse(committed.first, "/books/new/", EMMA, who=READER, method="post").status_code == 403
    assert titles_of(committed.first) == []


def test_what_is_wrong_is_said_with_what_was_typed(tenant, browse, titles_of):
    response = browse(tenant, "/books/new/", {"title": "Emma", "pages": "0"}, who=KEEPER, method="post")
    html = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in html
    assert '<a href="#id_pages">Pages</a>' in html
    assert 'value="Emma"' in html
    assert 'aria-invalid="true"' in html
    assert titles_of(tenant) == []


@pytest.mark.parametrize(("title", "message"), [("Taken", "There is one already."), ("Closed", "The shop is closed.")])
def test_what_the_service_refuses_stands_in_the_form(committed, browse, titles_of, title, message):
    sent = {"title": title, "pages": "1", "submission": "one"}
    response = browse(committed.first, "/books/new/", sent, who=KEEPER, method="post")
    assert response.status_code == 422
    assert message in response.content.decode()
    assert f'value="{title}"' in response.content.decode()
    assert titles_of(committed.first) == []


def test_a_form_sent_twice_is_done_once(committed, browse, titles_of):
    tenant = committed.first
    sent = {**EMMA, "submission": submission_of(browse(tenant, "/books/new/", who=KEEPER))}
    answers = [browse(tenant, "/books/new/", sent, who=KEEPER, method="post") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer["Location"] for answer in answers}) == 1
    assert titles_of(tenant) == ["Emma"]
    assert bookshop.performed == ["Emma"]


def test_a_sent_form_that_was_changed_is_not_taken_again(committed, browse, titles_of):
    tenant = committed.first
    sent = {**EMMA, "submission": "page-1"}
    browse(tenant, "/books/new/", sent, who=KEEPER, method="post")
    again = browse(tenant, "/books/new/", {**sent, "title": "Sanditon"}, who=KEEPER, method="post")
    assert again.status_code == 422
    assert "Open the form again" in again.content.decode()
    assert titles_of(tenant) == ["Emma"]


def test_a_corrected_form_is_taken(committed, browse, titles_of):
    tenant = committed.first
    sent = {"title": "Taken", "pages": "1", "submission": "page-1"}
    assert browse(tenant, "/books/new/", sent, who=KEEPER, method="post").status_code == 422
    assert browse(tenant, "/books/new/", {**sent, "title": "Free"}, who=KEEPER, method="post").status_code == 303
    assert titles_of(tenant) == ["Free"]


def test_the_same_field_of_another_tenant_or_person_is_another(committed, browse, titles_of):
    sent = {**EMMA, "submission": "page-1"}
    for tenant in (committed.first, committed.second):
        for who in (KEEPER, KEEPER.replace("kim", "lea")):
            assert browse(tenant, "/books/new/", sent, who=who, method="post").status_code == 303
    assert titles_of(committed.first) == titles_of(committed.second) == ["Emma", "Emma"]


def test_a_form_in_a_dialog_closes_it_and_refreshes_the_list(committed, browse):
    tenant = committed.first
    opened = browse(tenant, "/books/new/", who=KEEPER, **DIALOG)
    assert "<html" not in opened.content.decode()
    assert "data-close-dialog" in opened.content.decode()
    sent = {**EMMA, "submission": submission_of(opened)}
    answers = [browse(tenant, "/books/new/", sent, who=KEEPER, method="post", **DIALOG) for _ in range(2)]
    for answer in answers:
        events = json.loads(answer["HX-Trigger"])
        assert answer.status_code == 204
        assert {"closeDialog", "refresh:books", "toast"} == set(events)
    assert bookshop.performed == ["Emma"]
    invalid = browse(tenant, "/books/new/", {}, who=KEEPER, method="post", **DIALOG)
    assert (invalid.status_code, "<html" in invalid.content.decode()) == (422, False)


def test_htmx_is_sent_on_as_a_page(committed, browse):
    headers = {"HX-Request": "true", "HX-Target": "form"}
    answer = browse(committed.first, "/books/new/", EMMA, who=KEEPER, method="post", **headers)
    assert (answer.status_code, answer["HX-Redirect"].startswith("/books/")) == (200, True)


def test_deleting_asks_for_the_name(committed, browse, add, titles_of):
    tenant = committed.first
    [book] = add(tenant, "Emma")
    url = f"/books/{book.pk}/burn/"
    assert "It is gone for ever." in browse(tenant, url, who=KEEPER).content.decode()
    assert browse(tenant, url, {"word": "emma"}, who=KEEPER, method="post").status_code == 422
    assert titles_of(tenant) == ["Emma"]
    assert browse(tenant, url, {"word": "Emma"}, who=KEEPER, method="post")["Location"] == "/books/"
    assert titles_of(tenant) == []


def test_what_one_may_not_see_is_not_there(tenant, browse, add, titles_of):
    [book] = add(tenant, "Theirs", owner="bob")
    for url in (f"/books/{book.pk}/", f"/books/{book.pk}/burn/"):
        assert browse(tenant, url, who=KEEPER).status_code == 404
    assert browse(tenant, f"/books/{book.pk}/burn/", {"word": "Theirs"}, who=KEEPER, method="post").status_code == 404
    assert titles_of(tenant) == ["Theirs"]


def test_a_detail_page_shows_facts_and_what_is_locked(tenant, browse, add):
    [book] = add(tenant, "Locked")
    html = browse(tenant, f"/books/{book.pk}/", who=KEEPER).content.decode()
    assert "<dt>Pages</dt>" in html
    assert "<dt>Owner</dt>" not in html
    assert "This book is locked." in html
