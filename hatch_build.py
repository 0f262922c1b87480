"""Compiles the knowledge's text files into one JSON, so that an installed thecal loads it in milliseconds."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KnowledgeHook(BuildHookInterface):
    """Writes knowledge/compiled.json before wheel and editable builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        folder = Path(self.root) / "src" / "thecal" / "knowledge"
        spec = importlib.util.spec_from_file_location("thecal_knowledge_text", folder / "text.py")
        assert spec is not None
        assert spec.loader is not None
        text = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = text
        spec.loader.exec_module(text)
        text.write_compiled(folder)
