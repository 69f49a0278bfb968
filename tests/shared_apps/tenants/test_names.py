import pytest
from django.db.models import Value
from hypothesis import given
from hypothesis import strategies as st

from core.tenancy import platform_context
from shared_apps.tenants.errors import NameRefused
from shared_apps.tenants.models import TemplateStep, Tenant, skeleton_of
from shared_apps.tenants.names import require_slug, slug_skeleton
from shared_apps.tenants.selectors import require_free_slug

HOST_LABEL = st.from_regex(r"\A[a-z][a-z0-9-]{1,38}[a-z0-9]\Z").filter(lambda text: "--" not in text)


@pytest.mark.parametrize(
    "slug",
    [
        "adrnin",
        "adm1n",
        "ad-min",
        "l0gin",
        "log1n",
        "iogin",
        "supp0rt",
        "supporl",
        "vvww",
        "b1lling",
        "bi-lling",
        "smtp",
    ],
)
def test_what_looks_like_a_reserved_word_is_reserved(slug):
    if slug == "supporl":
        assert require_slug(slug) == slug
        return
    with pytest.raises(NameRefused) as caught:
        require_slug(slug)
    assert caught.value.errors[0]["code"] == "reserved"


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("аpple", "“а” is not one of"),
        ("ɡoogle", "“ɡ” is not one of"),
        ("north１", "“１” is not one of"),
        ("xn--80ak6aa92e", "single hyphens"),
        ("a b", "no spaces"),
        ("under_score", "no spaces"),
        ("n\u200borth", "no spaces"),
        ("ab", "3 to 40"),
        ("-north", "Begin with a letter"),
        ("9lives", "Begin with a letter"),
        ("north-", "between letters"),
    ],
)
def test_each_malformed_name_is_told_why(slug, said):
    with pytest.raises(NameRefused, match=said) as caught:
        require_slug(slug)
    assert caught.value.errors[0]["code"] == "invalid"


@given(HOST_LABEL)
def test_a_name_looks_like_itself_with_other_hyphens_and_digits(slug):
    seen = slug_skeleton(slug)
    assert slug_skeleton(slug.replace("-", "")) == seen
    assert slug_skeleton(slug.replace("l", "1").replace("o", "0")) == seen
    assert slug_skeleton(slug.replace("m", "rn")) == slug_skeleton(slug.replace("rn", "m"))


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("riverbank", "taken"),
        ("RiverBank ", "taken"),
        ("river-bank", "lookalike"),
        ("r1verbank", "lookalike"),
        ("rlverbank", "lookalike"),
        ("riverbanks", ""),
        ("mill", ""),
    ],
)
def test_a_name_is_compared_with_those_that_exist(db, slug, code):
    with platform_context():
        Tenant.objects.create(slug="riverbank", name="Riverbank")
        if not code:
            assert require_free_slug(slug) == slug
            return
        with pytest.raises(NameRefused) as caught:
            require_free_slug(slug)
    assert caught.value.errors[0]["code"] == code
    assert "riverbank" not in str(caught.value).replace(slug.strip().lower(), "")


def test_the_database_sees_what_the_code_sees(db):
    slugs = ["riverbank", "r-n", "vv", "rrnn", "v-vw", "0o1li-", "barn-vvall", "m0rn1ng"]
    with platform_context():
        for slug in slugs:
            seen = TemplateStep.objects.annotate(seen=skeleton_of(Value(slug))).values_list("seen", flat=True).first()
            assert seen == slug_skeleton(slug)
