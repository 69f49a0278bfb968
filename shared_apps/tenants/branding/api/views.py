from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from core.api.authentication import ApiRequest
from core.api.parsers import StrictMultiPartParser
from core.api.views import ApiView
from core.tenancy import current_tenant
from shared_apps.tenants.branding.api.serializers import (
    BrandInput,
    BrandOutput,
    BrandVersionOutput,
    DraftOutput,
    HistoryOutput,
    PictureInput,
    PictureRemovalInput,
    RollBackInput,
    VersionInput,
    contrast_of,
    look,
)
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import Draft, draft_of, published_of, published_values, version_list
from shared_apps.tenants.branding.services import (
    asset_put,
    asset_remove,
    brand_publish,
    brand_roll_back,
    draft_change,
    draft_discard,
)
from shared_apps.tenants.branding.uploads import LARGEST_BYTES


class BrandApiView(ApiView):
    """A view of the brand. Its writes are the registry's, so no answer is kept in the organisation's transaction; the
    draft's version makes a repeated write harmless.
    """

    takes_idempotency_key = False

    def parsed(self, serializer_class: type[BaseSerializer]) -> dict[str, Any]:
        """The validated body; raises ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class BrandView(BrandApiView):
    """The organisation's brand."""

    permission_actions = {"get": "brand.view", "patch": "brand.edit"}

    @extend_schema(responses=BrandOutput)
    def get(self, request: ApiRequest) -> Response:
        """Read what is published and the draft."""
        tenant = current_tenant()
        published = published_of(tenant)
        shown = look(published_values(tenant), published.assets, number=published.number)
        return Response(BrandOutput({"published": shown, "draft": _draft(draft_of(tenant))}).data)

    @extend_schema(request=BrandInput, responses=DraftOutput)
    def patch(self, request: ApiRequest) -> Response:
        """Change settings of the draft."""
        data = self.parsed(BrandInput)
        version = data.pop("version")
        draft = draft_change(tenant=current_tenant(), changes=data, version=version, actor=request.actor)
        return Response(DraftOutput(_draft(draft)).data)


class PublishView(BrandApiView):
    """The act of publishing."""

    permission_actions = {"post": "brand.publish"}

    @extend_schema(request=VersionInput, responses=BrandVersionOutput)
    def post(self, request: ApiRequest) -> Response:
        """Show the draft to everybody."""
        version = brand_publish(tenant=current_tenant(), actor=request.actor, **self.parsed(VersionInput))
        return Response(BrandVersionOutput(version).data)


class RollBackView(BrandApiView):
    """The way back."""

    permission_actions = {"post": "brand.publish"}

    @extend_schema(request=RollBackInput, responses=BrandVersionOutput)
    def post(self, request: ApiRequest) -> Response:
        """Publish an earlier version again."""
        version = brand_roll_back(tenant=current_tenant(), actor=request.actor, **self.parsed(RollBackInput))
        return Response(BrandVersionOutput(version).data)


class DiscardView(BrandApiView):
    """The end of a draft."""

    permission_actions = {"post": "brand.edit"}

    @extend_schema(request=VersionInput, responses=DraftOutput)
    def post(self, request: ApiRequest) -> Response:
        """Make the draft what is published."""
        draft = draft_discard(tenant=current_tenant(), actor=request.actor, **self.parsed(VersionInput))
        return Response(DraftOutput(_draft(draft)).data)


class HistoryView(BrandApiView):
    """What was published before."""

    permission_actions = {"get": "brand.view"}

    @extend_schema(responses=HistoryOutput)
    def get(self, request: ApiRequest) -> Response:
        """List the versions, the newest first."""
        return Response(HistoryOutput({"results": version_list(current_tenant())}).data)


class PictureView(BrandApiView):
    """The draft's pictures."""

    permission_actions = {"post": "brand.edit"}
    parser_classes = (StrictMultiPartParser,)

    @extend_schema(request=PictureInput, responses=DraftOutput)
    def post(self, request: ApiRequest) -> Response:
        """Put a picture into the draft."""
        data = self.parsed(PictureInput)
        draft = asset_put(
            tenant=current_tenant(),
            kind=AssetKind(data["kind"]),
            # One byte more than allowed says that it is too large.
            content=data["file"].read(LARGEST_BYTES + 1),
            version=data["version"],
            actor=request.actor,
        )
        return Response(DraftOutput(_draft(draft)).data)


class PictureRemovalView(BrandApiView):
    """The end of a picture."""

    permission_actions = {"post": "brand.edit"}

    @extend_schema(request=PictureRemovalInput, responses=DraftOutput)
    def post(self, request: ApiRequest) -> Response:
        """Take a picture out of the draft."""
        data = self.parsed(PictureRemovalInput)
        draft = asset_remove(
            tenant=current_tenant(), kind=AssetKind(data["kind"]), version=data["version"], actor=request.actor
        )
        return Response(DraftOutput(_draft(draft)).data)


def _draft(draft: Draft) -> dict[str, Any]:
    return look(
        draft.values,
        draft.assets,
        version=draft.version,
        changed_by=draft.changed_by,
        contrast=contrast_of(draft.values),
    )
