from asyncio import create_task
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import Context, copy_context
from functools import partial
from typing import Any

import psycopg2.errors
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import set_urlconf

from core.tenancy.context import TenantRef, current_scope, platform_context, tenant_context
from core.tenancy.directory import directory
from core.tenancy.errors import ReadOnlyTenant, TenancyError
from core.tenancy.hosts import normalise_host
from core.tenancy.lifecycle import TenantState, serves
from core.web.brand import THEME_PATH, held_stylesheet
from core.web.crawlers import ROBOTS_PATH, refusal
from core.web.errors import tenant_state_response, unknown_host_response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class TenantRequest(HttpRequest):
    """A request on a known host: `tenant` is None on the platform's."""

    tenant: TenantRef | None


class TenantMiddleware:
    """Chooses the platform, a tenant or nothing by the Host header, and enters that context for the request."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.platform_host = normalise_host(settings.PLATFORM_HOST)

    def __call__(self, request: TenantRequest) -> HttpResponse:
        if current_scope() is not None:
            raise TenancyError("The server still had a context when the request began.")
        host = normalise_host(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        if host is None:
            return unknown_host_response()
        if host == self.platform_host:
            request.tenant = None
            with platform_context():
                return self._answer(request, settings.PLATFORM_URLCONF)
        tenant = directory().by_host(host)
        if tenant is None or tenant.state == TenantState.PURGED:
            return unknown_host_response()
        return self._serve(request, tenant)

    def _serve(self, request: TenantRequest, tenant: TenantRef) -> HttpResponse:
        request.tenant = tenant
        if not serves(tenant.state):
            return self._refuse(request, tenant)
        required = directory().required_step()
        if required is None or tenant.template_step < required:
            return tenant_state_response(tenant, request, behind=True)
        with tenant_context(tenant):
            return self._answer(request, settings.TENANT_URLCONF)

    def _refuse(self, request: TenantRequest, tenant: TenantRef) -> HttpResponse:
        """Say why a host serves nothing, in the organisation's colours, and keep crawlers out."""
        if request.path_info == ROBOTS_PATH:
            return refusal()
        if request.path_info == THEME_PATH:
            return held_stylesheet(tenant)
        return tenant_state_response(tenant, request)

    def _answer(self, request: HttpRequest, urlconf: str) -> HttpResponse:
        request.urlconf = urlconf
        set_urlconf(urlconf)
        response = self.get_response(request)
        if response.streaming:
            _stream_in_context(response, copy_context())
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse writes of a tenant that is read-only with an explanation, before its database role refuses them."""
        tenant = getattr(request, "tenant", None)
        if tenant is None or tenant.state != TenantState.READ_ONLY or request.method in SAFE_METHODS:
            return None
        if request.resolver_match and request.resolver_match.view_name in settings.READ_ONLY_VIEWS:
            return None
        return tenant_state_response(tenant, request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A read that writes after all: say so, as the role's own refusal would be a mere server error."""
        scope = current_scope()
        refused = isinstance(error, DatabaseError) and isinstance(
            error.__cause__, psycopg2.errors.InsufficientPrivilege
        )
        if scope is None or scope.tenant is None or not scope.read_only:
            return None
        if refused or isinstance(error, ReadOnlyTenant):
            return tenant_state_response(scope.tenant, request)
        return None


def _stream_in_context(response: Any, context: Context) -> None:
    """Let what the server streams, and clears up, after the request's context was left still run in it."""
    response._resource_closers = [partial(context.run, close) for close in response._resource_closers]
    wrap = _awaited_in_context if response.is_async else _in_context
    response.streaming_content = wrap(context, response.streaming_content)


def _in_context(context: Context, chunks: Iterator[bytes]) -> Iterator[bytes]:
    while (chunk := context.run(next, chunks, None)) is not None:
        yield chunk


async def _awaited_in_context(context: Context, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async def following() -> bytes | None:
        return await anext(chunks, None)

    while (chunk := await create_task(following(), context=context)) is not None:
        yield chunk
