import json

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from core.api import openapi
from core.api.examples import example_of
from core.tenancy import tenant_context

SCHEMA = "/api/schema/"
BOOKS = "/api/v1/shelf/books/"
BOOK = "/api/v1/shelf/books/{id}/"
NOTE = "/api/v1/notes/{word}/"


@pytest.fixture
def document(api):
    return api.get(SCHEMA).json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_openapi_31_and_describes_all_without_a_warning(document):
    assert document["openapi"] == "3.1.0"
    validate_schema(document)
    assert not GENERATOR_STATS
    assert set(document["paths"]) == {
        BOOKS,
        BOOK,
        f"{BOOK}lend/",
        f"{BOOK}forgotten/",
        "/api/v1/echo/",
        "/api/v1/echo/strict/",
        "/api/v1/auth/sign-in/",
        "/api/v1/archive/",
        NOTE,
    }


def test_every_operation_names_its_problems(document):
    for path, method, operation in operations(document):
        statuses = {status for status in operation["responses"] if status >= "400"}
        assert {"400", "429", "500", "503"} <= statuses
        assert ("404" in statuses) == ("{" in path)
        assert ({"409", "413", "415", "422"} <= statuses) == (method != "get")
        public = operation["security"] == [{}]
        assert ({"401", "403"} <= statuses) != public
        for status in statuses:
            name = operation["responses"][status]["$ref"].rpartition("/")[2]
            body = document["components"]["responses"][name]["content"]["application/problem+json"]
            assert body["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert body["example"]["status"] == int(status)


def test_security_comes_from_the_authentication_classes(document):
    assert document["components"]["securitySchemes"] == {"Name": {"type": "apiKey", "in": "header", "name": "X-Actor"}}
    assert document["paths"][BOOKS]["get"]["security"] == [{"Name": []}]
    assert document["paths"]["/api/v1/echo/"]["get"]["security"] == [{}]


def test_writes_take_an_idempotency_key(document):
    def keys(path, method):
        found = document["paths"][path][method].get("parameters", [])
        return [each.get("required", False) for each in found if each["name"] == "Idempotency-Key"]

    assert keys(BOOKS, "post") == keys(f"{BOOK}lend/", "post") == keys(BOOK, "delete") == [False]
    assert keys("/api/v1/echo/strict/", "post") == [True]
    assert keys("/api/v1/auth/sign-in/", "post") == keys(BOOKS, "get") == []


def test_money_is_one_component(document):
    money = document["components"]["schemas"]["Money"]
    assert money["required"] == ["amount", "currency"]
    assert money["properties"]["amount"]["type"] == "string"
    book, created = document["components"]["schemas"]["Book"], document["components"]["schemas"]["BookInputRequest"]
    assert "Money" in json.dumps(book["properties"]["cost"]) and "Money" in json.dumps(created["properties"]["cost"])
    assert created["properties"]["sequel_of"] == {"type": "string", "format": "uuid"}


def test_ids_are_uuids_and_lists_have_their_parameters(document):
    [key] = [each for each in document["paths"][BOOK]["get"]["parameters"] if each["in"] == "path"]
    assert (key["name"], key["schema"]) == ("id", {"type": "string", "format": "uuid"})
    names = {each["name"] for each in document["paths"][BOOKS]["get"]["parameters"]}
    assert names == {"cursor", "page_size", "search", "ordering", "title", "printed_after", "printed_before", "pages"}
    assert not [each for each in document["paths"][BOOK]["get"]["parameters"] if each["in"] == "query"]
    plain = {each["name"] for each in document["paths"]["/api/v1/archive/"]["get"]["parameters"]}
    assert plain == {"cursor", "page_size"}
    [word] = [each for each in document["paths"][NOTE]["put"]["parameters"] if each["in"] == "path"]
    assert "format" not in word["schema"]


def test_bodies_are_those_of_the_actions(document):
    def body(path, method):
        return document["paths"][path][method].get("requestBody", {}).get("content", {}).get("application/json", {})

    assert body(BOOKS, "post")["schema"] == {"$ref": "#/components/schemas/BookInputRequest"}
    assert body(BOOK, "put")["schema"] == {"$ref": "#/components/schemas/BookRequest"}
    assert body(BOOK, "patch")["schema"] == {"$ref": "#/components/schemas/PatchedBookRequest"}
    assert body(f"{BOOK}lend/", "post") == {}


def test_every_body_has_an_example_that_its_schema_allows(document):
    registry = Registry().with_resource("urn:api", Resource(contents=document, specification=DRAFT202012))
    checked = 0
    for _, _, operation in operations(document):
        bodies = list(operation.get("requestBody", {}).get("content", {}).values())
        for response in operation["responses"].values():
            bodies += response.get("content", {}).values()
        for body in bodies:
            schema = json.loads(json.dumps(body["schema"]).replace('"#/', '"urn:api#/'))
            examples = [body["example"]] if "example" in body else [each["value"] for each in body["examples"].values()]
            for example in examples:
                Draft202012Validator(schema, registry=registry).validate(example)
                checked += 1
    assert checked > 8


def test_an_example_of_the_views_own_is_kept(document):
    body = document["paths"][NOTE]["put"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/NoteInputRequest"}
    assert "example" not in body and body["examples"]["Thanks"]["value"] == {"title": "Thanks"}


def test_descriptions_speak_to_users_of_the_api(document):
    text = json.dumps(document)
    for programmers_words in ("Call the service", "A plain view of the API", "parse, ask the permission", "selector"):
        assert programmers_words not in text
    assert document["paths"][f"{BOOK}lend/"]["post"]["description"] == "Lend a book. It comes back."
    assert document["paths"][f"{BOOK}lend/"]["post"]["summary"] == "Lend a book"


def test_json_unless_yaml_is_asked_for(api):
    assert api.get(SCHEMA)["Content-Type"] == "application/json"
    response = api.get(SCHEMA, headers={"Accept": "application/yaml"})
    assert response["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(response.content)["openapi"] == "3.1.0"
    response = api.get(SCHEMA, headers={"Accept": "application/vnd.oai.openapi+json"})
    assert response["Content-Type"] == "application/vnd.oai.openapi+json"


def test_the_document_is_made_once_and_called_after_whoever_answers(api, ref, settings, monkeypatch):
    settings.PLATFORM_NAME = "The Platform"
    made = []
    make = openapi.SchemaGenerator.get_schema
    monkeypatch.setattr(openapi.SchemaGenerator, "get_schema", lambda self, **how: made.append(1) or make(self, **how))
    titles = [openapi.describe(title=title, language="en")["info"]["title"] for title in ("Riverbank API", "Kiln API")]
    assert (titles, len(made)) == (["Riverbank API", "Kiln API"], 1)


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "uuid"}, "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01"),
        ({"type": ["string", "null"], "format": "date"}, "2026-03-31"),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "minimum": -5}, 1),
        ({"type": "number"}, 1),
        ({"type": "string", "format": "decimal", "pattern": "^[0-9]+$"}, "1"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "EUR"),
        ({"type": "string", "pattern": "^§$"}, "text"),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "boolean"}, True),
        ({"enum": ["a", "b"], "type": "string"}, "a"),
        ({"type": "string", "default": "d"}, "d"),
        ({"const": 3}, 3),
        ({"oneOf": [{"type": "boolean"}, {"type": "string"}]}, True),
        ({"allOf": [{"$ref": "#/components/schemas/Tag"}]}, {"name": "text"}),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({}, {}),
    ],
)
def test_an_example_follows_its_schema(schema, example):
    tag = {"type": "object", "properties": {"name": {"type": "string"}, "id": {"type": "integer", "readOnly": True}}}
    assert example_of(schema, {"Tag": tag}, hidden="readOnly") == example


def test_an_example_of_a_schema_that_holds_itself_ends():
    tree = {
        "type": "object",
        "properties": {
            "child": {"$ref": "#/components/schemas/Tree"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
    }
    assert example_of({"$ref": "#/components/schemas/Tree"}, {"Tree": tree}, hidden="readOnly")


def test_a_tenants_document_is_called_after_the_tenant(api, ref, settings):
    settings.PLATFORM_NAME = "The Platform"
    settings.MIDDLEWARE = ["tests.core.api.hosts.TenantOfContext"]
    with tenant_context(ref()):
        response = api.get(SCHEMA)
    assert response.json()["info"]["title"] == "Riverbank Trust API"
    assert "The Platform" not in response.content.decode()
