"""How much a page fetches, compressed as the server sends it."""

import gzip
from pathlib import Path

import brotli
import django_htmx
import pytest
from django.conf import settings

from core.templatetags.components import PUBLIC_STYLESHEETS, SCRIPTS, STYLESHEETS

STATIC = Path(settings.BASE_DIR) / "static"
STYLES = [STATIC / f"css/{name}.css" for name in STYLESHEETS]
PUBLIC_STYLES = [STATIC / f"css/{name}.css" for name in PUBLIC_STYLESHEETS]
HTMX = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
MODULES = [HTMX, STATIC / "js/mode.js", *(STATIC / f"js/{name}.js" for name in SCRIPTS)]


@pytest.mark.parametrize(
    ("files", "most"),
    [(STYLES, 15_000), (PUBLIC_STYLES, 15_000), (MODULES, 30_000)],
    ids=["styles", "styles of a public page", "scripts"],
)
def test_a_page_is_light(files, most):
    brotlied = sum(len(brotli.compress(file.read_bytes())) for file in files)
    gzipped = sum(len(gzip.compress(file.read_bytes())) for file in files)
    print(f"{len(files)} files: {brotlied} bytes with brotli, {gzipped} with gzip")  # noqa: T201  the figure is the point
    assert brotlied < most
