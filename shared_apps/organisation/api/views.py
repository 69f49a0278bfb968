from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.views import ApiView
from shared_apps.organisation.api.serializers import OrganisationSerializer
from shared_apps.organisation.selectors import organisation, region
from shared_apps.organisation.services import organisation_update
from shared_apps.organisation.values import Details


class OrganisationView(ApiView):
    """The organisation's own facts. A change is the registry's in part; repeating it is harmless."""

    takes_idempotency_key = False
    permission_actions = {"get": "organisation.view", "patch": "organisation.edit"}

    @extend_schema(responses=OrganisationSerializer)
    def get(self, request: ApiRequest) -> Response:
        """Read the details."""
        return Response(_written(organisation(), asdict(region())))

    @extend_schema(request=OrganisationSerializer, responses=OrganisationSerializer)
    def patch(self, request: ApiRequest) -> Response:
        """Change some of the details."""
        serializer = OrganisationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        details = organisation_update(actor=request.actor, changes=serializer.validated_data)
        place = asdict(region()) | {name: value for name, value in serializer.validated_data.items() if name in _PLACE}
        return Response(_written(details, place))


_PLACE = ("locale", "time_zone")


def _written(details: Details, place: dict[str, Any]) -> dict[str, Any]:
    return dict(OrganisationSerializer(details.stored() | place).data)
