"""What every request shares: settings, catalogue, workbench."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from tileserver.catalog import Catalog
from tileserver.making import Allowance
from tileserver.marks import Marks
from tileserver.settings import Settings
from tileserver.work import Workbench


@dataclass(frozen=True, eq=False, slots=True)
class State:
    """One server's shared things."""

    settings: Settings
    catalog: Catalog
    work: Workbench
    marks: Marks
    allowance: Allowance


def state_of(request: Request) -> State:
    """Return the state of the app that a request came to."""
    state: State = request.app.state.atlasview
    return state
