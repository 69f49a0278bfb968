"""A room declared on the generic views: books, with everything that a list and its forms can do."""

from django import forms
from django.urls import path, reverse
from django_filters import CharFilter, DateFromToRangeFilter, MultipleChoiceFilter

from core.actor import Actor
from core.api.filters import StrictFilterSet
from core.errors import Conflict, Unprocessable
from core.web import set_actor
from core.web.views import BulkAction, Column, DeleteView, DetailView, Fact, FormView, ListView, Section
from tests.core.api.shelf import Book, book_list

performed = []


class HeaderActorMiddleware:
    """Who the X-Actor header says, as `id:action,action`; nobody without one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        sent = request.headers.get("X-Actor")
        if sent:
            name, _, granted = sent.partition(":")
            set_actor(request, Actor(kind="user", id=name, label=name, permissions=frozenset(granted.split(","))))
        return self.get_response(request)


class BookFilter(StrictFilterSet):
    title = CharFilter(label="Title", lookup_expr="icontains")
    currency = MultipleChoiceFilter(label="Currency", choices=[("EUR", "Euro"), ("JPY", "Yen")])
    printed = DateFromToRangeFilter(label="Printed")

    class Meta:
        model = Book
        fields = ["title", "currency", "printed"]


def burn(actor, rows):
    performed.append((actor.id, [row.title for row in rows]))
    Book.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


class BookList(ListView):
    action = "shelf.view"
    title = "Books"
    columns = (
        Column("title", "Title", link=True, sort="title", note=lambda row: row.owner),
        Column("rating", "Rating", kind="number", sort="rating"),
        Column("printed", "Printed", kind="date", sort="printed"),
        Column("currency", "Currency", kind="badge", badges={"EUR": ("Euro", "ok")}),
        Column("cost", "Cost", kind="money", sort="price"),
    )
    search = ("title", "owner")
    filter_class = BookFilter
    ordering = ("-added",)
    page_size = 3
    bulk = (BulkAction("burn", "Burn", "shelf.burn", burn, confirm="%(count)d books are gone for ever."),)
    export_action = "shelf.view"
    empty_title = "No books yet"

    def rows(self):
        return book_list(actor=self.actor)

    def row_url(self, row):
        return reverse("book", args=[row.pk])

    def row_label(self, row):
        return row.title

    def offers(self):
        return [self.offer("New book", reverse("book_new"), action="shelf.add", primary=True)]


class BookDetail(DetailView):
    action = "shelf.view"

    def find(self, pk):
        return book_list(actor=self.actor).filter(pk=pk).first()

    def facts(self):
        return [Fact("Pages", self.obj.pages), Fact("Owner", self.obj.owner)]

    def offers(self):
        return [self.offer("Change", "change/", action="shelf.change", obj=self.obj)]


class BookForm(forms.Form):
    title = forms.CharField(max_length=20)
    pages = forms.IntegerField(min_value=1, help_text="Without the cover.")


class BookNew(FormView):
    action = "shelf.add"
    title = "New book"
    form_class = BookForm
    sections = (Section("What", [("title", 4), ("pages", 2)], "As it is printed."),)
    success_message = "The book is on the shelf."
    refreshes = "books"

    def perform(self, data):
        performed.append(data["title"])
        if data["title"] == "Taken":
            raise Unprocessable(errors=[{"field": "title", "code": "taken", "message": "There is one already."}])
        if data["title"] == "Closed":
            raise Conflict("The shop is closed.")
        return Book.objects.create(**data)

    def success_url(self, result):
        return reverse("book", args=[result.pk])


class BookDelete(DeleteView):
    action = "shelf.burn"
    title = "Burn the book?"

    def find(self, pk):
        return book_list(actor=self.actor).filter(pk=pk).first()

    def consequence(self):
        return "It is gone for ever."

    def word(self):
        return self.obj.title

    def perform(self, data):
        self.obj.delete()

    def success_url(self, result):
        return reverse("books")


urlpatterns = [
    path("sign-in/", lambda request: None, name="account_login"),
    path("books/", BookList.as_view(), name="books"),
    path("books/new/", BookNew.as_view(), name="book_new"),
    path("books/<uuid:pk>/", BookDetail.as_view(), name="book"),
    path("books/<uuid:pk>/burn/", BookDelete.as_view(), name="book_burn"),
]
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
