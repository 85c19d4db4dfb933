"""What finishing costs: composite and encode, and the whole way from a PNG to a PNG, beside Pillow's.

    python benchmarks/finishing.py [--rounds N] [--sizes 1024 2048]

The yardstick is what most services do: Image.paste with the mask, then save (PNG at its default level 6). Both work
on one photo-like picture and one mask with soft edges; rounds are interleaved, the median counts. CPU is that of all
threads.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable, Mapping

import cv2
import numpy as np
from PIL import Image, ImageChops

from retouch.domain.edit import MaskSource
from retouch.domain.engine import MaskKind
from retouch.domain.picture import Format, Picture
from retouch.finishing import Finish, Kept, Prepared, finish, prepare, read_mask
from retouch.pixels import Bounds, Grey, Pixels, decode, encode, inspect, to_raw

_PILLOW = {Format.PNG: {}, Format.JPEG: {"quality": 90, "subsampling": 0}, Format.WEBP: {"quality": 90}}


def photo(edge: int, seed: int) -> Pixels:
    """Smooth shapes at every scale with sensor noise: packs about as well as a photo does."""
    rng = np.random.default_rng(seed)
    out = np.zeros((edge, edge, 3), np.float32)
    cells = 4
    while cells <= edge:
        layer = rng.normal(0, 90 * cells**-0.45, (cells, cells, 3)).astype(np.float32)
        out += cv2.resize(layer, (edge, edge), interpolation=cv2.INTER_CUBIC)
        cells *= 2
    return np.clip(128 + out, 0, 255).astype(np.uint8)


def soft_mask(edge: int) -> Grey:
    """An ellipse over a fifth of the picture, with an edge of about a fiftieth."""
    mask = np.zeros((edge, edge), np.uint8)
    cv2.ellipse(mask, (edge // 2, edge // 2), (edge // 3, edge // 5), 0, 0, 360, (255,), -1)
    return cv2.blur(mask, (edge // 50, edge // 50)).astype(np.uint8, copy=False)


def median_ms(jobs: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Median wall and CPU milliseconds of each job, taking turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(rounds + 1):
        for name, job in jobs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            job()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: (
            1000 * statistics.median(wall for wall, _ in times[1:]),
            1000 * statistics.median(cpu for _, cpu in times[1:]),
        )
        for name, times in taken.items()
    }


def report(name: str, figures: dict[str, tuple[float, float]]) -> None:
    """One line: ours, the yardstick, and the ratio of CPU."""
    (wall, cpu), (their_wall, their_cpu) = figures["retouch"], figures["pillow"]
    print(f"{name:38} {wall:8.1f} {cpu:8.1f}   {their_wall:8.1f} {their_cpu:8.1f}   {their_cpu / cpu:6.1f}x")


def pillow_composite(source: Image.Image, made: Image.Image, mask: Image.Image, kind: Format) -> bytes:
    """The yardstick."""
    out = source.copy()
    out.paste(made, (0, 0), mask)
    buffer = io.BytesIO()
    out.save(buffer, kind.value, **_PILLOW[kind])
    return buffer.getvalue()


def composite_and_encode(edge: int, kind: Format, rounds: int) -> None:
    """From raw pixels to a file."""
    source, made, mask = photo(edge, 1), photo(edge, 2), soft_mask(edge)
    picture = to_raw(made)
    kept = Kept(source=source, weights=mask, kind=MaskKind.LUMA)
    compression = 100 if kind is Format.PNG else 90
    plan = Finish(format=kind, compression=compression, prepared=Prepared(picture=picture, mask=None, kept=kept))
    images = Image.fromarray(source), Image.fromarray(made), Image.fromarray(mask)
    figures = median_ms(
        {"retouch": lambda: finish(picture, plan), "pillow": lambda: pillow_composite(*images, kind)}, rounds
    )
    report(f"composite, encode {kind.value} {edge}", figures)


def png_to_png(edge: int, rounds: int) -> None:
    """The engine's PNG decoded, composited and encoded as PNG."""
    source, mask = photo(edge, 1), soft_mask(edge)
    data = encode(photo(edge, 2), Format.PNG)
    made: Picture = inspect(data, param="image", bounds=Bounds())
    kept = Kept(source=source, weights=mask, kind=MaskKind.LUMA)
    plan = Finish(format=Format.PNG, prepared=Prepared(picture=made, mask=None, kept=kept))
    images = Image.fromarray(source), Image.fromarray(mask)

    def pillow() -> bytes:
        return pillow_composite(images[0], Image.open(io.BytesIO(data)), images[1], Format.PNG)

    report(
        f"decode png, composite, png {edge}",
        median_ms({"retouch": lambda: finish(made, plan), "pillow": pillow}, rounds),
    )
    decoding = {
        "retouch": lambda: decode(made, param="image"),
        "pillow": lambda: np.asarray(Image.open(io.BytesIO(data))),
    }
    report(f"decode png {edge}", median_ms(decoding, rounds))


def masked_edit(edge: int, rounds: int) -> None:
    """All the pixel work of an edit with a mask: source, mask and answer decoded, composited, encoded."""
    clear = np.dstack([np.zeros((edge, edge, 3), np.uint8), 255 - soft_mask(edge)])
    files = [encode(pixels, Format.PNG) for pixels in (photo(edge, 1), photo(edge, 2), clear)]
    source, made, mask = (inspect(data, param="image", bounds=Bounds()) for data in files)

    def ours() -> object:
        area = read_mask(source, mask, MaskSource.AUTO, alpha_as_mask=False, image_param="image")
        prepared = prepare(source, area, size=None, formats=frozenset({"png"}))
        return finish(made, Finish(format=Format.PNG, prepared=prepared))

    def pillow() -> bytes:
        first, second, third = (Image.open(io.BytesIO(data)) for data in files)
        area = ImageChops.invert(third.getchannel("A"))
        return pillow_composite(first, second, area, Format.PNG)

    report(f"decode three png, composite, png {edge}", median_ms({"retouch": ours, "pillow": pillow}, rounds))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048])
    asked = parser.parse_args()
    print(f"{'median ms':38} {'retouch':>8} {'CPU':>8}   {'pillow':>8} {'CPU':>8}   CPU ratio")
    for edge in asked.sizes:
        for kind in Format:
            composite_and_encode(edge, kind, asked.rounds)
        png_to_png(edge, asked.rounds)
        masked_edit(edge, asked.rounds)


if __name__ == "__main__":
    main()
