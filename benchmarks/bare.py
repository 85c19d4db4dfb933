"""The yardstick of the server: uvicorn and nothing else, reading a body and answering two megabytes."""

from starlette.types import Receive, Scope, Send

BODY = b'{"data":[{"b64_json":"' + b"A" * 2_000_000 + b'"}]}'


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Drop the request, answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})
