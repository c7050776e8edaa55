"""A Parquet file with one row an episode, as NumPy arrays. The one place of the evaluation that knows Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import atomic_write

if TYPE_CHECKING:
    import pyarrow as pa


class Lists(NamedTuple):
    """A column of lists: values (ΣL, ...) of all rows one after the other, and lengths (N,) of the rows' lists.

    What is nested deeper is rectangular and stands in the further axes of ``values``.
    """

    values: NDArray[Any]
    lengths: NDArray[np.int64]


def write_table(path: Path, columns: Mapping[str, NDArray[Any]], words: Mapping[str, str]) -> None:
    """Write columns (N, ...), further axes as nested lists, and ``words`` into the metadata; equal input, equal bytes.

    Pages carry checksums, so that damage is found when they are read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: _nested(array) for name, array in columns.items()}
    schema = pa.schema([(name, array.type) for name, array in arrays.items()], metadata=dict(words))
    with atomic_write(path) as file:
        pq.write_table(pa.table(arrays, schema=schema), file, compression="zstd", write_page_checksum=True)


def read_table(path: Path, known: Iterable[str]) -> tuple[dict[str, NDArray[Any] | Lists], dict[str, str]]:
    """Those columns of a file that are ``known``, and its metadata; UserError if it is missing, damaged or no Parquet.

    Columns of lists, whatever their kind, come as ``Lists``.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = set(known)
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        present = [name for name in file.schema_arrow.names if name in known]
        table = file.read(columns=present)
        words = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()}
    except FileNotFoundError:
        raise UserError(f"no trajectory log {path}: check the path.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, not a trajectory log: name a file in it.") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(". ")
        raise unreadable(
            path, f"it is damaged or no Parquet file ({reason}); delete it and run what wrote it again"
        ) from None
    return {name: _plain(path, name, table[name].combine_chunks()) for name in present}, words


def unreadable(path: Path, reason: str) -> UserError:
    return UserError(
        f"cannot read {path} as a trajectory log: {reason}; docs/trajectory_log.md says what it must hold."
    )


def _nested(array: NDArray[Any]) -> pa.Array:
    import pyarrow as pa

    values = pa.array(array.reshape(-1))
    for axis in range(array.ndim - 1, 0, -1):
        lists = int(np.prod(array.shape[:axis]))
        values = pa.ListArray.from_arrays(np.arange(lists + 1, dtype=np.int32) * array.shape[axis], values)
    return values


def _plain(path: Path, name: str, array: pa.Array) -> NDArray[Any] | Lists:
    import pyarrow as pa
    import pyarrow.compute as pc

    sizes: list[int] = []
    lengths: NDArray[np.int64] | None = None
    while _is_list(array.type):
        _refuse_nulls(path, name, array)
        counts = pc.list_value_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
        array = array.flatten()
        if lengths is None:
            lengths = counts
            continue
        if len(set(counts.tolist())) > 1:
            raise unreadable(path, f"the lists of one view in column {name!r} have different lengths")
        sizes.append(int(counts[0]) if len(counts) else 0)
    _refuse_nulls(path, name, array)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    values = array.to_numpy(zero_copy_only=False)
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        values = values.astype(np.str_)
    if values.dtype.kind not in "Uiufb":
        raise unreadable(path, f"column {name!r} has type {array.type}")
    if lengths is None:
        return values
    return Lists(values.reshape(int(lengths.sum()), *sizes), lengths)


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _refuse_nulls(path: Path, name: str, array: pa.Array) -> None:
    if array.null_count:
        raise unreadable(path, f"column {name!r} has empty cells")
