"""A room of its own for the kernel's tests: books on a shelf."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django_filters import CharFilter as TextFilter
from django_filters import DateFromToRangeFilter, MultipleChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response
from rest_framework.serializers import CharField

from core.actor import Actor
from core.api.authentication import ActorAuthentication, ApiRequest, Credential
from core.api.fields import MoneyField, ReferenceField
from core.api.filters import StrictFilterSet
from core.api.parsers import StrictJSONParser, StrictMultiPartParser
from core.api.permissions import PUBLIC, SIGNED_IN
from core.api.routes import Registration
from core.api.serializers import StrictModelSerializer, StrictSerializer
from core.api.views import ApiView
from core.api.viewsets import CreateMixin, DeleteMixin, ListMixin, RetrieveMixin, RoomViewSet, UpdateMixin, action
from core.clock import now
from core.errors import Conflict
from core.ids import uuid7
from core.money import Money, amount_constraints, amount_field
from core.permissions import Decision, granted
from core.permissions import action as registered
from core.tenancy import atomic, on_commit


class Book(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7)
    title = models.CharField(max_length=80)
    pages = models.IntegerField(default=1)
    rating = models.DecimalField(max_digits=3, decimal_places=1, null=True)
    printed = models.DateField(null=True)
    added = models.DateTimeField(default=now)
    price = amount_field(default=0)
    currency = models.CharField(max_length=6, default="EUR")
    owner = models.CharField(max_length=20, default="")
    sequel_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT)

    class Meta:
        app_label = "shelf"
        constraints = amount_constraints("price")

    @property
    def cost(self) -> Money:
        return Money(self.price, self.currency)


def register_actions() -> None:
    granted("shelf.view", "See books")
    granted("shelf.add", "Add books")
    granted("shelf.burn", "Burn books")

    @registered("shelf.change", "Change books")
    def may_change(actor: Actor, obj: Any) -> Decision:
        if not actor.may("shelf.change"):
            return Decision(False, "Ask a librarian.")
        return Decision(obj is None or obj.title != "Locked", "This book is locked.")


def book_list(*, actor: Actor) -> models.QuerySet[Book]:
    """What an actor sees: books of nobody, and the actor's own."""
    return Book.objects.filter(owner__in=["", actor.id])


def book_create(*, actor: Actor, title: str, cost: Money, pages: int = 1, sequel_of: Book | None = None) -> Book:
    with atomic():
        book = Book.objects.create(
            title=title, price=cost.amount, currency=cost.currency, pages=pages, sequel_of=sequel_of
        )
        if title == "Refused":
            raise Conflict("There is such a book already.")
        on_commit(lambda: announced.append(title))
    return book


announced: list[str] = []


class NameAuthentication(ActorAuthentication):
    """`X-Actor: user:ada:shelf.view,shelf.add` is ada with two permissions; what has no colon is a wrong credential."""

    scheme_name = "Name"
    scheme = {"type": "apiKey", "in": "header", "name": "X-Actor"}

    def identify(self, request: HttpRequest) -> Credential | None:
        sent = request.headers.get("X-Actor")
        if sent is None:
            return None
        if ":" not in sent:
            raise AuthenticationFailed
        kind, name, codes = sent.split(":")
        actor = Actor(kind=kind, id=name, label=name, permissions=frozenset(codes.split(",")))
        return Credential(actor, "token", detail=sent)


class BookSerializer(StrictModelSerializer):
    cost = MoneyField(read_only=True)

    class Meta:
        model = Book
        fields = ("id", "title", "pages", "rating", "printed", "added", "cost", "sequel_of")
        read_only_fields = ("added",)


class BookInput(StrictSerializer):
    title = BookSerializer().fields["title"]
    pages = BookSerializer().fields["pages"]
    cost = MoneyField()
    sequel_of = ReferenceField(selector=book_list, required=False)


class NoteInput(StrictSerializer):
    title = CharField()


class BookFilter(StrictFilterSet):
    title = TextFilter(lookup_expr="iexact")
    printed = DateFromToRangeFilter()
    pages = MultipleChoiceFilter(choices=[(1, "one"), (2, "two")])

    class Meta:
        model = Book
        fields = ("title", "printed", "pages")


class BookViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DeleteMixin, RoomViewSet):
    """Books on the shelf."""

    authentication_classes = (NameAuthentication,)
    serializer_class = BookSerializer
    input_serializers = {"create": BookInput}
    filterset_class = BookFilter
    search_fields = ("title",)
    ordering_fields = ("title", "rating", "printed", "added", "pages")
    ordering = ("title",)
    permission_actions = {
        "list": "shelf.view",
        "retrieve": "shelf.view",
        "create": "shelf.add",
        "update": "shelf.change",
        "partial_update": "shelf.change",
        "destroy": "shelf.burn",
        "lend": SIGNED_IN,
    }

    def get_queryset(self) -> models.QuerySet[Book]:
        return book_list(actor=self.request.actor)

    def perform_create(self, data: dict[str, Any]) -> Book:
        return book_create(actor=self.request.actor, **data)

    def perform_update(self, obj: Book, data: dict[str, Any]) -> Book:
        for name, value in data.items():
            setattr(obj, name, value)
        obj.save()
        return obj

    def perform_delete(self, obj: Book) -> None:
        obj.delete()

    @action(detail=True, methods=["post"])
    def lend(self, request: ApiRequest, id: str) -> Response:
        """Lend a book. It comes back."""
        self.parsed()
        return self.answered(self.get_object())

    @action(detail=True, methods=["post"])
    def forgotten(self, request: ApiRequest, id: str) -> Response:
        """Nobody said who may do this."""
        return self.answered(self.get_object())


class EchoView(ApiView):
    """Answers what it was sent."""

    authentication_classes = (NameAuthentication,)
    parser_classes = (StrictJSONParser, StrictMultiPartParser)
    permission_actions = {"get": PUBLIC, "post": PUBLIC, "put": "shelf.view"}
    query_parameters = ("colour",)
    calls: list[Any] = []
    outcome: Any = None

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: ApiRequest) -> Response:
        return self._answer_with(request.query_params.get("colour"))

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: ApiRequest) -> Response:
        return self._answer_with(request.data)

    put = post

    def _answer_with(self, data: Any) -> Response:
        type(self).calls.append(data)
        outcome = type(self).outcome
        if isinstance(outcome, Exception):
            raise outcome
        return outcome() if outcome else Response({"sent": data, "actor": self.request.actor.kind})


class StrictEchoView(EchoView):
    """Money moves here."""

    idempotency_required = True


class SignInView(EchoView):
    """Answers that hold a secret are not kept."""

    takes_idempotency_key = False
    rate_class = "auth"
    rate_cost = {"post": 3}


@extend_schema(examples=[OpenApiExample("Thanks", {"title": "Thanks"})])
class NoteView(ApiView):
    """Notes on a word."""

    authentication_classes = (NameAuthentication,)
    permission_actions = {"put": SIGNED_IN, "delete": SIGNED_IN}
    serializer_class = NoteInput

    def put(self, request: ApiRequest, word: str) -> Response:
        return Response({"title": word})

    def delete(self, request: ApiRequest, word: str) -> Response:
        """Reads no body."""
        return Response(status=204)


class ArchiveViewSet(ListMixin, RoomViewSet):
    """Books that are only listed."""

    authentication_classes = (NameAuthentication,)
    serializer_class = BookSerializer
    permission_actions = {"list": "shelf.view"}

    def get_queryset(self) -> models.QuerySet[Book]:
        return book_list(actor=self.request.actor)


REGISTRATIONS = [
    Registration("archive", ArchiveViewSet),
    Registration("notes/<slug:word>", NoteView, name="note"),
    Registration("shelf/books", BookViewSet),
    Registration("echo", EchoView),
    Registration("echo/strict", StrictEchoView),
    Registration("auth/sign-in", SignInView, name="sign-in"),
]
