from core.errors import Conflict, Unprocessable


class OrganisationRefused(Unprocessable):
    """Some of the details are not valid; the errors name them."""

    code = "organisation_refused"
    title = "Some of the details are not valid"


class CurrencyFixed(Conflict):
    """Something was posted in the base currency, so it can no longer be another."""

    code = "currency_fixed"
    title = "The base currency is fixed"
    message = "Something has been posted in the base currency, so it cannot be changed any more."
