from core.tenancy import atomic, platform_context
from core.tenancy.context import PLATFORM_CELL
from shared_apps.tenants.fleet.locks import WARM, held
from shared_apps.tenants.fleet.names import new_schema_name
from shared_apps.tenants.fleet.replay import Pack, pack_get, schema_build
from shared_apps.tenants.models import WarmSchema

POOL_SIZE = 10


def warm_fill(*, size: int, cell: str = PLATFORM_CELL) -> int:
    """Build schemas until the cell has `size` of them ready at the newest step; returns how many were built.

    The row is written before the schema is built, at step 0, where nobody takes it: an interrupted build is found and
    finished by the next call. While another call is at work this one does nothing. Call it outside of any transaction,
    in a process with the owner's credentials.
    """
    pack = pack_get()
    built = 0
    with platform_context(), held(WARM, wait=False) as free:
        if not free:
            return 0
        for warm in WarmSchema.objects.filter(cell=cell, template_step=0):
            _build(warm, pack)
            built += 1
        while WarmSchema.objects.filter(cell=cell, template_step=pack.version).count() < size:
            _build(WarmSchema.objects.create(schema_name=new_schema_name(), cell=cell, template_step=0), pack)
            built += 1
    return built


def _build(warm: WarmSchema, pack: Pack) -> None:
    schema_build(cell=warm.cell, schema=warm.schema_name, pack=pack)
    with atomic():
        WarmSchema.objects.filter(pk=warm.pk).update(template_step=pack.version)
