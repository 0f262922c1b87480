"""The one JSON form of every record, its schema, and the way back.

Voxels do not stand in JSON: a Volume is told by its grid and its digest, and read back from a store of arrays by digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
_NOTHING: Mapping[str, NDArray[Any]] = MappingProxyType({})
_voxels: ContextVar[Mapping[str, NDArray[Any]]] = ContextVar("voxels", default=_NOTHING)


class MatrixForm:
    """A 4 × 4 affine as four rows of four numbers."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        row = core_schema.list_schema(core_schema.float_schema(), min_length=4, max_length=4)
        rows = core_schema.list_schema(row, min_length=4, max_length=4)
        return core_schema.no_info_before_validator_function(
            lambda value: np.asarray(value).tolist(),
            core_schema.no_info_after_validator_function(lambda value: np.array(value, dtype=np.float64), rows),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: [[float(x) for x in row] for row in value], return_schema=rows
            ),
        )


class VoxelForm:
    """An array of voxels as its shape, its type and the SHA-256 of its values."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        told = core_schema.typed_dict_schema(
            {
                "shape": core_schema.typed_dict_field(
                    core_schema.list_schema(core_schema.int_schema(ge=0), min_length=3, max_length=3)
                ),
                "dtype": core_schema.typed_dict_field(core_schema.str_schema()),
                "sha256": core_schema.typed_dict_field(core_schema.str_schema(pattern="^[0-9a-f]{64}$")),
            }
        )
        return core_schema.no_info_before_validator_function(
            lambda value: value if isinstance(value, Mapping) else _tell(value),
            core_schema.no_info_after_validator_function(_recall, told),
            serialization=core_schema.plain_serializer_function_ser_schema(_tell, return_schema=told),
        )


def voxel_digest(voxels: NDArray[Any]) -> str:
    """SHA-256 of an array's values, C order."""
    return hashlib.sha256(np.ascontiguousarray(voxels).tobytes()).hexdigest()


def _tell(voxels: NDArray[Any]) -> dict[str, Any]:
    return {"shape": list(voxels.shape), "dtype": voxels.dtype.str, "sha256": voxel_digest(voxels)}


def _recall(told: Mapping[str, Any]) -> NDArray[Any]:
    store = _voxels.get()
    if told["sha256"] not in store:
        raise ValueError(f"no voxels are stored under {told['sha256'][:12]}…")
    return store[told["sha256"]]


def _adapter(record_type: type[T]) -> Any:
    from pydantic import TypeAdapter

    if record_type not in _adapters:
        _adapters[record_type] = TypeAdapter(record_type)
    return _adapters[record_type]


_adapters: dict[type[Any], Any] = {}


def to_data(record: Any) -> Any:
    """A record as plain lists, dicts, numbers and strings, ready for JSON; NaN and infinities are refused."""
    data = _adapter(type(record)).dump_python(record, mode="json")
    json.dumps(data, allow_nan=False)
    return data


def from_data(record_type: type[T], data: Any, voxels: Mapping[str, NDArray[Any]] | None = None) -> T:
    """The record that `to_data` told, checked against its types.

    voxels maps the digests named in the data to arrays; needed only where a record holds a Volume.
    Raises KnowledgeInvalid with the place and the fault when the data do not fit.
    """
    from pydantic import ValidationError

    from thecal.records.errors import KnowledgeInvalid

    token = _voxels.set(voxels or _NOTHING)
    try:
        record: T = _adapter(record_type).validate_python(data)
        return record
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or record_type.__name__
        raise KnowledgeInvalid(
            f"{record_type.__name__}: {place}", expected=first["msg"], found=repr(first.get("input"))[:80]
        ) from error
    finally:
        _voxels.reset(token)


def schema(record_type: type[Any]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a record's JSON form."""
    told: dict[str, Any] = _adapter(record_type).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **told}
