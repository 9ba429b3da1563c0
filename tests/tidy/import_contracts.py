"""May this module be seen from there? The import contract that import-linter does not bring along.

A context is a package with a few public modules; the rest of it is nobody's business. `.importlinter`
names the contexts and what is public, and says why for each exception.
"""

from collections.abc import Iterator
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def _names(**options: set[str]) -> set[str]:
    """An option that lists names: import-linter puts its value where the field stands."""
    return cast("set[str]", fields.SetField(subfield=fields.StringField(), **options))


def _text() -> str:
    return cast("str", fields.StringField(default=""))


class OnlyPublicModules(Contract):
    """Outside a context only its public modules are imported; its own modules import it freely."""

    type_name = "only_public"

    contexts = _names()
    public = _names()
    also_public = _names(default=set())
    assembler = _text()
    assembled = _names(default=set())
    may_see_all = _names(default=set())
    broken_contract_guidance = _text()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001  the base says so
        """Look at every import that crosses the border of a context."""
        private = sorted(self._private_imports(graph))
        return ContractCheck(kept=not private, metadata={"private": private})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each importer, what it imported, and the line."""
        for importer, imported, line in check.metadata["private"]:
            output.print_error(f"- {importer} (l.{line}) imports {imported}, which is private", bold=False)
        output.print(f"\n{self.broken_contract_guidance}")

    def _private_imports(self, graph: ImportGraph) -> Iterator[tuple[str, str, int]]:
        for context in self.contexts:
            for imported in graph.find_descendants(context):
                for importer in graph.find_modules_that_directly_import(imported):
                    if not _is_within(importer, context) and not self._may_see(importer, imported, context):
                        details = graph.get_import_details(importer=importer, imported=imported)
                        yield importer, imported, details[0]["line_number"] if details else 0

    def _may_see(self, importer: str, imported: str, context: str) -> bool:
        name = imported.removeprefix(f"{context}.")
        return (
            name in self.public
            or any(_is_within(imported, module) for module in self.also_public)
            or (name in self.assembled and _is_within(importer, self.assembler))
            or any(_is_within(importer, package) for package in self.may_see_all)
        )


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
