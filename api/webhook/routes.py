"""Declares `/api/webhook`: receiving, the address probe, and what became of a delivery."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api.dependencies import SessionDep
from api.webhook import openapi
from api.webhook.endpoint import WebhookDoor
from api.webhook.security import SECRET_HEADER
from api.webhook.status import BriefStatus, RecordStatus, get_record_status, make_brief
from shared.altegio import SupportedResource

router = APIRouter(prefix="/api/webhook", tags=["webhook"])


@router.post("", summary="Receive a webhook", openapi_extra=openapi.RECEIVE, responses=openapi.ANSWERS)
@router.post(
    "/{secret}",
    summary="Receive a webhook, secret in the path",
    openapi_extra=openapi.RECEIVE_WITH_SECRET,
    responses=openapi.ANSWERS,
)
async def receive(request: Request) -> Response:
    """Takes one envelope or a list of them. 200 means stored and committed: it will be seen to, whatever happens next."""
    # Reached only where the application is mounted under another path: else the door takes webhooks before the framework.
    door: WebhookDoor = request.app.state.door
    answer = await door.take(
        request.path_params.get("secret"), dict(request.headers.raw), request.receive, request.state.request_id
    )
    response = Response(answer.body, answer.status, media_type="application/json")
    response.raw_headers.extend(answer.headers)
    return response


@router.get("", summary="Address probe")
@router.get("/{secret}", include_in_schema=False)
async def probe() -> dict[str, Any]:
    """Answers a look at the address: Altegio may take one with GET before it saves it."""
    return {"success": True, "message": "post Altegio's webhooks here"}


@router.get("/status/{id}", summary="What became of a delivery", responses=openapi.STATUS_ANSWERS)
def show_status(
    id: Annotated[int, Path(ge=1, le=2**63 - 1, description="`record_id` of our answer, or Altegio's `resource_id`")],
    request: Request,
    session: SessionDep,
    resource: Annotated[
        SupportedResource | None, Query(description="what the number is of, where Altegio uses it for several things")
    ] = None,
    proof: Annotated[
        str | None, Query(max_length=64, description="of the `status_url` in our answer to the webhook")
    ] = None,
    secret: Annotated[
        str | None, Header(alias=SECRET_HEADER, max_length=1000, description="a secret that may post for the salon")
    ] = None,
) -> RecordStatus | BriefStatus:
    """Shows id and state of a delivery; reason and receipt too, to whoever proves to have posted it. No personal data.

    For Altegio's own id the delivery that has the receipt answers, else the newest.
    """
    status, state = get_record_status(session, id, resource), request.app.state
    scope = state.doorman.find_scope(secret)
    is_poster = scope is not None and scope.company_id in (None, status.company_id)
    return status if is_poster or state.status_links.is_proof(status.id, proof) else make_brief(status)
