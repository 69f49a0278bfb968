"""An import-linter contract: one app reaches into another through its doors only."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """Every app below `containers` is entered by its `doors`; `visitors` compose the apps and may enter anywhere."""

    containers: Any = fields.ListField(subfield=fields.StringField())
    doors: Any = fields.ListField(subfield=fields.StringField())
    visitors: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find imports of an app's inner modules from outside of it."""
        apps = {app for container in self.containers for app in graph.find_children(container)}
        intrusions = [
            (importer, imported)
            for app in sorted(apps)
            for imported in sorted(graph.find_descendants(app))
            if imported.removeprefix(f"{app}.").split(".")[0] not in self.doors
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if not self._may_enter(importer, app)
        ]
        return ContractCheck(kept=not intrusions, metadata={"intrusions": intrusions})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say who reached where."""
        for importer, imported in check.metadata["intrusions"]:
            output.print_error(f"{importer} imports {imported}; use one of its {', '.join(self.doors)}.", bold=False)

    def _may_enter(self, importer: str, app: str) -> bool:
        hosts: list[Any] = [app, *self.visitors]
        return any(importer == host or importer.startswith(f"{host}.") for host in hosts)
