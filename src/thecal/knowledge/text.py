"""The knowledge's text files, read and compiled into one JSON.

The text is for people; the JSON beside it (compiled.json) loads in milliseconds and names the digest of its text.
Needs only the standard library and PyYAML, because the build runs it before thecal is installed.
"""

from __future__ import annotations

import csv
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDERS = {"evidence": (".yaml",), "judgement": (".yaml", ".json"), "protocols": (".yaml",), "articles": (".md",)}
FILES = (".yaml", ".csv")
COMPILED = "compiled.json"


def read_yaml(text: str) -> Any:
    """YAML as plain data; a key that stands twice is refused. PyYAML is loaded only here: compiled text does without."""
    import yaml

    return yaml.load(text, Loader=_strict_loader())


@cache
def _strict_loader() -> Any:
    import yaml

    class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads YAML and refuses a key that stands twice."""

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        pairs = [
            (loader.construct_object(key, deep=True), loader.construct_object(value, deep=True))
            for key, value in node.value
        ]
        keys = [key for key, _ in pairs]
        twice = next((key for key in keys if keys.count(key) > 1), None) if len(set(keys)) < len(keys) else None
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice!r} stands twice", node.start_mark)
        return dict(pairs)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    return Strict


def text_files(folder: Path) -> list[Path]:
    """The text files of the knowledge, in a fixed order."""
    found = sorted(path for path in folder.glob("*") if path.suffix in FILES)
    for room, suffixes in FOLDERS.items():
        found += sorted(path for path in (folder / room).glob("*") if path.suffix in suffixes)
    return found


class TextInvalid(ValueError):
    """A text file that cannot be read as what its name says."""


def digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of the text files."""
    sha = hashlib.sha256()
    for path in text_files(folder):
        content = path.read_bytes()
        sha.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        sha.update(content)
    return sha.hexdigest()


def parse(path: Path) -> Any:
    """One text file as plain data; articles come as front matter and body."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    if path.suffix == ".json":
        return json.loads(text)
    if path.suffix == ".md":
        _, front, body = text.split("---\n", 2)
        return {**read_yaml(front), "body": body}
    return read_yaml(text)


def compile_text(folder: Path) -> dict[str, Any]:
    """All text files as one dictionary: a key per file, a dictionary by file name per folder, and the digest."""
    from yaml import YAMLError

    compiled: dict[str, Any] = {room: {} for room in FOLDERS}
    for path in text_files(folder):
        place = compiled if path.parent == folder else compiled[path.parent.name]
        try:
            place[path.stem] = parse(path)
        except (ValueError, YAMLError) as error:
            raise TextInvalid(f"{path.relative_to(folder).as_posix()}: {error}") from error
    compiled["digest"] = digest(folder)
    return compiled


def write_compiled(folder: Path) -> Path:
    """Writes compiled.json beside the text; an unchanged one is left alone."""
    target = folder / COMPILED
    if not target.exists() or json.loads(target.read_bytes()).get("digest") != digest(folder):
        partial = target.with_suffix(".partial")
        partial.write_text(
            json.dumps(compile_text(folder), ensure_ascii=False, separators=(",", ":")), encoding="utf-8"
        )
        partial.replace(target)
    return target
