from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from core.errors import Unprocessable

# Columns of money hold this many decimals, so no currency or unit may have more.
STORED_DECIMALS = 8


class UnknownCurrency(Unprocessable):
    """The code is neither an active ISO 4217 currency nor a wallet unit."""

    code = "unknown_currency"
    title = "There is no such currency"


@dataclass(frozen=True, slots=True)
class Currency:
    """What amounts may be in; `exponent` is how many decimals its smallest unit has."""

    code: str
    exponent: int
    kind: Literal["iso", "unit"]


# ISO 4217, list one, as of 2026: national currencies and funds codes. Metals, SDR and the other codes without a minor
# unit are left out. CLDR's digits are for display and differ (ALL, IDR, IQD, …), so babel is no source for these.
_ISO_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
        COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
        INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
        MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
        STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
# What wallets hold besides money. On-chain integers of 18 decimals live elsewhere, as base units.
_UNIT_EXPONENTS = {
    "BTC": 8,
    "CREDIT": 2,
    "ETH": 8,
    "EURC": 6,
    "POINT": 0,
    "USDC": 6,
    "USDT": 6,
}

CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {code: Currency(code, exponent, "iso") for exponent, codes in _ISO_CODES.items() for code in codes.split()}
    | {code: Currency(code, exponent, "unit") for code, exponent in _UNIT_EXPONENTS.items()}
)


def currency_of(code: str) -> Currency:
    """The currency or wallet unit with this code, in capitals; raises UnknownCurrency."""
    found = CURRENCIES.get(code)
    if found is None:
        raise UnknownCurrency(f"{code!r:.20} is no currency that can be used here. Use a code such as EUR.")
    return found
