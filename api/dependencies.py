"""Gives routes what they ask for, as annotated aliases. Everything lives on `app.state`, filled when the process starts.

Those that only look something up are `async`, since anything else costs a hop to a thread and back.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from shared.config import Settings


async def get_settings(request: Request) -> Settings:
    """Returns the settings of the process."""
    settings: Settings = request.app.state.settings
    return settings


def get_session(request: Request) -> Iterator[Session]:
    """Opens a session for reading only: nothing is committed, since that would happen after the answer has left."""
    with request.app.state.sessions() as session:
        yield session


async def get_request_id(request: Request) -> str:
    """Returns the number of the request."""
    request_id: str = request.state.request_id
    return request_id


SettingsDep = Annotated[Settings, Depends(get_settings)]
SessionDep = Annotated[Session, Depends(get_session)]
RequestIdDep = Annotated[str, Depends(get_request_id)]
