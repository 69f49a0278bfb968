from typing import Any, cast

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.api.authentication import ApiRequest
from core.api.limiter import Spending, spend, spender_of


class ActorThrottle(BaseThrottle):
    """Counts a request against its actor, by the view's `rate_class` and `rate_cost`."""

    def __init__(self) -> None:
        self.spending: Spending | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the actor has points left; what is left goes onto the request for the answer's headers."""
        asked = cast(ApiRequest, request)
        self.spending = spend(view.get_rate_class(), spender_of(asked.actor), cost=view.get_rate_cost())
        asked.spending = self.spending
        return self.spending is None or self.spending.allowed

    def wait(self) -> float | None:
        """Seconds until the same request would pass."""
        return self.spending.retry_after if self.spending else None
