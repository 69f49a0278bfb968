import csv
import io
import re
from html import unescape

import openpyxl
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.core.web.views.conftest import KEEPER, READER

HTMX = {"HX-Request": "true", "HX-Target": "results"}


def shown(response):
    return re.findall(r'<b class="truncate">([^<]*)</b>', response.content.decode())


def link(response, rel):
    found = re.search(rf'href="(\?[^"]+)" rel="{rel}"', response.content.decode())
    return found and unescape(found[1])


def test_nobody_is_sent_to_sign_in(tenant, browse):
    response = browse(tenant, "/books/", who="")
    assert response.status_code == 302
    assert "next=/books/" in response["Location"]


def test_somebody_without_the_right_is_told(tenant, browse, add):
    add(tenant, "Emma")
    response = browse(tenant, "/books/", who="eve:shelf.add")
    assert response.status_code == 403
    assert b"Emma" not in response.content


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["g", "f", "e", "d", "c", "b", "a"]),
        ("sort=title", ["a", "b", "c", "d", "e", "f", "g"]),
        ("sort=-price", ["g", "f", "e", "d", "c", "b", "a"]),
        ("sort=rating", ["a", "b", "c", "d", "e", "f", "g"]),
        ("sort=owner", ["g", "f", "e", "d", "c", "b", "a"]),
    ],
)
def test_pages_lead_through_all_rows_and_back_in_any_order(tenant, browse, add, sort, expected):
    add(tenant, "a", "b", "c", "d", "e", "f", "g")
    response = browse(tenant, f"/books/?{sort}")
    pages = [shown(response)]
    while onward := link(response, "next"):
        response = browse(tenant, f"/books/{onward}")
        pages.append(shown(response))
    assert pages == [expected[:3], expected[3:6], expected[6:]]
    while back := link(response, "prev"):
        response = browse(tenant, f"/books/{back}")
    assert shown(response) == expected[:3]


def test_the_cursor_of_another_order_begins_anew(tenant, browse, add):
    add(tenant, "a", "b", "c", "d")
    cursor = link(browse(tenant, "/books/"), "next")
    assert shown(browse(tenant, f"/books/{cursor}&sort=title")) == ["a", "b", "c"]


def test_a_page_costs_the_same_with_many_rows(tenant, browse, add):
    def statements():
        with CaptureQueriesContext(connections[tenant.cell]) as captured:
            browse(tenant, "/books/?q=o")
        return [each["sql"] for each in captured if "shelf_book" in each["sql"]]

    add(tenant, "one")
    few = statements()
    add(tenant, *["more"] * 40)
    assert len(statements()) == len(few) == 2


def test_a_list_shows_only_what_the_actor_may_see(tenant, browse, add):
    add(tenant, "Mine", owner="ana")
    add(tenant, "Theirs", owner="bob")
    assert shown(browse(tenant, "/books/")) == ["Mine"]


def test_search_filter_and_chips(tenant, browse, add):
    add(tenant, "Emma", "Persuasion")
    add(tenant, "Kokoro", currency="JPY")
    response = browse(tenant, "/books/?currency=JPY&title=&sort=title")
    html = response.content.decode()
    assert shown(response) == ["Kokoro"]
    assert "Currency: Yen" in html
    assert 'href="?sort=title"' in html
    assert 'href="?sort=-title&amp;currency=JPY"' in html.replace(
        "currency=JPY&amp;sort=-title", "sort=-title&amp;currency=JPY"
    )
    assert shown(browse(tenant, "/books/?q=MM")) == ["Emma"]
    assert "Nothing fits this search" in browse(tenant, "/books/?q=zebra").content.decode()


def test_an_empty_list_offers_its_first_task(tenant, browse):
    html = browse(tenant, "/books/", who=KEEPER).content.decode()
    assert "No books yet" in html
    assert html.count('href="/books/new/"') == 2


def test_what_somebody_may_not_do_says_who_can(tenant, browse):
    html = browse(tenant, "/books/").content.decode()
    assert 'class="locked"' in html
    assert "Your role does not allow you to add books. Ask an administrator." in html


def test_a_filter_that_is_none_is_said_and_changes_nothing(tenant, browse, add):
    add(tenant, "Emma")
    response = browse(tenant, "/books/?printed_after=yesterday")
    assert response.status_code == 422
    assert "Enter a valid date" in response.content.decode()


def test_htmx_gets_the_results_and_the_chips_from_the_same_address(tenant, browse, add):
    add(tenant, "Emma")
    response = browse(tenant, "/books/?q=Emma&title=", **HTMX)
    html = response.content.decode()
    assert shown(response) == ["Emma"]
    assert "<html" not in html
    assert 'id="chips" hx-swap-oob="true"' in html
    assert response["HX-Push-Url"] == "/books/?q=Emma"
    assert "HX-Request" in response["Vary"]
    assert "hx-swap-oob" not in browse(tenant, "/books/").content.decode()


def test_a_csv_file_holds_all_rows_and_no_formula(tenant, browse, add):
    add(tenant, "=1+1", "+2", "-3", "@x", "\tx", "\rx", "Plain, “quoted”")
    response = browse(tenant, "/books/?export=csv&sort=price")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"), newline="")))
    assert rows[0] == ["Title", "Rating", "Printed", "Currency", "Cost", "Currency"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+2", "'-3", "'@x", "'\tx", "'\rx", "Plain, “quoted”"]
    assert rows[1][3:] == ["Euro", "0.00000000", "EUR"]
    assert response["Content-Disposition"].startswith('attachment; filename="books-')


def test_an_excel_file_has_typed_cells_and_no_formula(tenant, browse, add):
    add(tenant, "=1+1", "Emma")
    content = b"".join(browse(tenant, "/books/?export=xlsx&sort=price").streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    first, second = sheet.iter_rows(min_row=2)
    assert (first[0].value, first[0].data_type) == ("'=1+1", "s")
    assert (second[4].value, second[4].data_type) == (1, "n")


def test_a_file_needs_its_right(tenant, browse, monkeypatch):
    monkeypatch.setattr("tests.core.web.views.bookshop.BookList.export_action", "shelf.burn")
    assert browse(tenant, "/books/?export=csv").status_code == 403
    assert browse(tenant, "/books/?export=pdf", who=KEEPER).status_code == 404


def test_a_file_that_would_be_too_long_is_refused(tenant, browse, add, monkeypatch):
    monkeypatch.setattr("core.web.views.lists.MOST_EXPORTED", 1)
    add(tenant, "a", "b")
    assert browse(tenant, "/books/?export=csv").status_code == 422


def test_bulk_asks_first_and_then_does_it_once(committed, browse, add, titles_of):
    tenant = committed.first
    books = add(tenant, "Emma", "Persuasion", "Sanditon")
    chosen = {"do": "burn", "chosen": [str(book.pk) for book in books[:2]]}
    asked = browse(tenant, "/books/?q=a", chosen, who=KEEPER, method="post")
    assert "2 books are gone for ever." in asked.content.decode()
    assert len(titles_of(tenant)) == 3
    submission = re.search(r'name="submission" value="([^"]+)"', asked.content.decode())[1]
    sent = {**chosen, "confirmed": "yes", "submission": submission}
    answers = [browse(tenant, "/books/?q=a", sent, who=KEEPER, method="post") for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, "/books/?q=a")] * 2
    assert titles_of(tenant) == ["Sanditon"]


def test_bulk_needs_its_right_and_rows_of_ones_own(tenant, browse, add, titles_of):
    [book] = add(tenant, "Emma")
    [other] = add(tenant, "Theirs", owner="bob")
    sent = {"do": "burn", "chosen": [str(book.pk)], "confirmed": "yes"}
    assert browse(tenant, "/books/", sent, who=READER, method="post").status_code == 403
    browse(tenant, "/books/", {**sent, "chosen": [str(other.pk)]}, who=KEEPER, method="post")
    assert browse(tenant, "/books/", {**sent, "chosen": ["x"]}, who=KEEPER, method="post").status_code == 404
    assert browse(tenant, "/books/", {"do": "drop"}, who=KEEPER, method="post").status_code == 404
    assert titles_of(tenant) == ["Emma", "Theirs"]


def test_a_view_is_saved_shown_and_forgotten(tenant, client_for, shelves):
    client, headers = client_for(tenant), {"X-Actor": READER}
    saved = client.post("/books/?currency=JPY&cursor=x", {"do": "save_view", "name": " Yen  only "}, headers=headers)
    assert saved["Location"] == "/books/?currency=JPY"
    html = client.get("/books/?currency=JPY", headers=headers).content.decode()
    assert '<a href="?currency=JPY" aria-current="page">Yen only</a>' in html
    assert client.post("/books/", {"do": "save_view", "name": " "}, headers=headers).status_code == 422
    client.post("/books/", {"do": "delete_view", "name": "Yen only"}, headers=headers)
    assert "Yen only" not in client.get("/books/", headers=headers).content.decode()
