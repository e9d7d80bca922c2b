"""`ETag` and `If-Match`: a change may say which revision it is meant for. Must never be needed: without it all pass.

Two people may edit the same thing; whoever was slower, and said what it had seen, is told instead of overwriting.
"""

import re
from typing import Annotated

from fastapi import Depends, Request

from shared.web.problems import WebProblem

_TAG = re.compile(r'"([0-9]{1,15})"')


def etag(revision: int) -> dict[str, str]:
    """Return the header that names a resource's revision."""
    return {"ETag": f'"{revision}"'}


async def if_match(request: Request) -> int | None:
    """Return the revision that `If-Match` names; None for none and for `*`; WebProblem 412 where it matches nothing."""
    tags = request.headers.getlist("If-Match")
    if not tags or tags == ["*"]:
        return None
    found = _TAG.fullmatch(tags[0].strip()) if len(tags) == 1 else None
    if found is None:
        raise WebProblem(412, "REVISION_CHANGED", "If-Match takes one ETag that this API has given out")
    return int(found.group(1))


IfMatchDep = Annotated[int | None, Depends(if_match)]
"""A changing route's parameter: `revision: IfMatchDep`."""
