"""Arrays that compiled loops pass on for nothing."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils
from numba.extending import intrinsic


def _without_counter(_: Any, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        struct = context.make_array(signature.return_type)(context, builder, values[0])
        struct.meminfo = cgutils.get_null_value(struct.meminfo.type)
        struct.parent = cgutils.get_null_value(struct.parent.type)
        return struct._getvalue()

    return array(array), generate


uncounted: Any = intrinsic(_without_counter)
"""``uncounted(array)``: the same array without its reference counter, inside a compiled loop.

Numba counts a reference up and down whenever an array goes to another function, inlined or not. In a loop that calls
several for every packet of rays that is a tenth of the time. Only for a compiled function's own arguments:
whoever calls it holds these, where an array that it made itself would be freed under its hands.
"""
