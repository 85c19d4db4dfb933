"""An edit as generateContent reads it.

Field names from google-genai 3.4.0 (types.py) in the camel case of the REST API, observed on a local server.
"""

from retouch.domain.engine import EngineCall
from retouch.engines.gemini.models import model_of
from retouch.engines.upstream import Base64, Body, base64_json

#: `seed` is an int32 to Google.
_SEEDS = 2**31


def edit_body(call: EngineCall) -> Body:
    """One user turn: the images in their order, then the prompt."""
    images = [
        {"inlineData": {"mimeType": f"image/{image.format}", "data": Base64(image.data)}} for image in call.images
    ]
    return base64_json(
        {
            "contents": [{"role": "user", "parts": [*images, {"text": call.prompt}]}],
            "generationConfig": {
                "responseModalities": ["IMAGE"],
                "imageConfig": _image_config(call),
                # Google promises no repetition; it does tell the concurrent calls of one edit apart.
                "seed": call.seeds[0] % _SEEDS,
            },
        }
    )


def _image_config(call: EngineCall) -> dict[str, str]:
    """Ratio and tier of the size asked for. No ratio leaves it to Google: that of the input image."""
    if call.size is None:
        return {}
    spelling = model_of(call.model).shapes.spell(call.size)
    tier = {} if spelling.tier is None else {"imageSize": spelling.tier}
    return {"aspectRatio": spelling.ratio, **tier}
