import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import StringIO
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet takes for the beginning of a formula, also in full width and behind a break.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
# A spreadsheet's numbers are doubles: beyond this many digits they would silently change.
_EXACT_DIGITS = 15
_LONGEST_CELL = 32_000


def csv_response(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV file (RFC 4180, UTF-8 with a byte order mark for spreadsheets), sent while it is written."""
    response = StreamingHttpResponse(_csv_chunks(heads, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def xlsx_response(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileResponse:
    """An Excel file with typed cells, written to disk row by row and sent from there."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title=name[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    sheet.append([_cell(sheet, head, font=bold) for head in heads])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    file = TemporaryFile()  # noqa: SIM115  the response closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def safe_text(value: str) -> str:
    """Text that no spreadsheet runs: a quote in front of what begins like a formula, and no NUL."""
    guarded = f"'{value}" if value.startswith(_FORMULA) else value
    return guarded.replace("\0", "")


def _csv_chunks(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(_with_heads(heads, rows), start=1):
        writer.writerow([_csv_value(value) for value in row])
        if number % 200 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _with_heads(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield heads
    yield from rows


def _taken(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date | time) else safe_text(str(value))


def _cell(sheet: Any, value: Any, *, font: Font | None = None) -> Any:
    cell = WriteOnlyCell(sheet, value=_typed(value))
    if isinstance(cell.value, str):
        # Never a formula, whatever the text is.
        cell.data_type = "s"
    elif isinstance(cell.value, Decimal) and cell.value != cell.value.to_integral_value():
        cell.number_format = "#,##0." + "0" * max(2, min(8, -int(cell.value.normalize().as_tuple().exponent)))
    if font is not None:
        cell.font = font
    return cell


def _typed(value: Any) -> Any:
    if isinstance(value, datetime):
        # Excel knows no time zones: the person's own clock.
        return timezone.localtime(value).replace(tzinfo=None)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        exact = Decimal(value)
        return value if len(exact.normalize().as_tuple().digits) <= _EXACT_DIGITS else format(exact, "f")
    if value is None or isinstance(value, bool | date | time):
        return value
    text = str(value) if isinstance(value, UUID) else safe_text(str(value))
    return ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST_CELL]
