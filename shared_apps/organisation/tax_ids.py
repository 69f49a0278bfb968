from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import get_cc_module
from stdnum.ch import vat as swiss
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError as Malformed
from stdnum.gb import vat as british
from stdnum.us import ein as american

LONGEST = 40
# Northern Ireland's numbers follow the British rules and stand beside the British ones.
_EUROPEAN = frozenset(state.upper() for state in european.MEMBER_STATES) - {"XI"}


def tax_id(value: str, country: str) -> str:
    """A tax id as it is written in a country, checked by that country's rules where they are known.

    In the European Union that is the VAT number with its prefix, in the United Kingdom and Switzerland the VAT number,
    in the United States the EIN. Raises ValidationError.
    """
    text = " ".join(value.split())
    if not text:
        return ""
    try:
        written = _written(text, country)
    except Malformed as error:
        names = {"US": "EIN", "CH": "CHE-123.456.788 MWST", "GB": "GB 123 4567 82"}
        hint = names.get(country, _("a VAT number of %(country)s") % {"country": country})
        raise ValidationError(
            _("This is no valid tax id: expected %(hint)s. Check each digit.") % {"hint": hint}, "invalid_tax_id"
        ) from error
    if len(written) > LONGEST or not written.isprintable():
        raise ValidationError(_("Give at most %(most)s visible characters.") % {"most": LONGEST}, "invalid_tax_id")
    return written


def _written(text: str, country: str) -> str:
    if country in _EUROPEAN:
        prefix = "EL" if country == "GR" else country
        return str(european.validate(text if text[:2].upper() in (prefix, country) else f"{prefix}{text}"))
    if country == "GB":
        bare = text[2:] if text[:2].upper() in ("GB", "XI") else text
        return f"{'XI' if text[:2].upper() == 'XI' else 'GB'}{british.validate(bare)}"
    if country == "CH":
        return str(swiss.format(swiss.validate(text)))
    if country == "US":
        return str(american.format(american.validate(text)))
    rules: Any = get_cc_module(country.lower(), "vat") if country else None
    return str(rules.validate(text)) if rules is not None else text
