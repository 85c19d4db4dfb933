"""Each step of finishing, and what an engine is sent."""

import io

import numpy as np
import pytest
from PIL import Image

from retouch.domain.edit import Background, Fit
from retouch.domain.engine import MaskKind
from retouch.domain.errors import Accepted, Code, RetouchError, UpstreamFailure
from retouch.domain.picture import RAW, Format, Picture, Size
from retouch.finishing import Finish, Kept, MaskReading, Prepared, finish, prepare, read_mask, readable
from retouch.finishing.composite import composite
from retouch.pixels import Bounds, Grey, Pixels, decode, encode, frame, from_raw, inspect, to_raw

RNG = np.random.default_rng(6)


def noise(width: int = 60, height: int = 40, channels: int = 3) -> Pixels:
    return RNG.integers(0, 256, (height, width, channels), dtype=np.uint8)


def picture(pixels: Pixels, kind: Format = Format.PNG, compression: int = 100) -> Picture:
    return inspect(encode(pixels, kind, compression), param="image", bounds=Bounds())


def kept(source: Pixels, weights: Grey, kind: MaskKind = MaskKind.LUMA) -> Prepared:
    return Prepared(picture=to_raw(source), kept=Kept(source=source, weights=weights, kind=kind))


def pixels_of(data: bytes) -> Pixels:
    return decode(inspect(data, param="image", bounds=Bounds()), param="image")


class TestComposite:
    """Outside the mask the source, inside the engine's, in between in proportion."""

    @pytest.mark.parametrize("made_channels", [3, 4])
    @pytest.mark.parametrize("source_channels", [3, 4])
    def test_it_blends_in_proportion(self, source_channels: int, made_channels: int) -> None:
        """Beside the textbook formula in floating point, premultiplied."""
        source, made = noise(channels=source_channels), noise(channels=made_channels)
        weights = RNG.choice(np.array([0, 1, 77, 128, 254, 255], np.uint8), (40, 60))
        out = composite(made, Finish(format=Format.PNG, prepared=kept(source, weights)))
        share = weights[:, :, None] / 255
        ours, theirs = (np.dstack([p, np.full((40, 60), 255)])[:, :, :4].astype(float) for p in (source, made))
        alpha = ours[:, :, 3:] * (1 - share) + theirs[:, :, 3:] * share
        colour = ours[:, :, :3] * ours[:, :, 3:] * (1 - share) + theirs[:, :, :3] * theirs[:, :, 3:] * share
        expected = colour / np.maximum(alpha, 1e-9)
        seen = alpha[:, :, 0] > 0.5
        assert np.abs(out[:, :, :3] - expected)[seen].max() <= 0.51
        if out.shape[2] == 4:
            assert np.abs(out[:, :, 3] - alpha[:, :, 0]).max() <= 0.51

    @pytest.mark.parametrize("channels", [3, 4])
    def test_weights_of_nothing_and_all_are_copies(self, channels: int) -> None:
        source, made = noise(channels=channels), noise(channels=channels)
        weights = RNG.integers(0, 256, (40, 60)).astype(np.uint8)
        weights[:20] = np.where(weights[:20] > 128, 255, 0)
        out = composite(made, Finish(format=Format.PNG, prepared=kept(source, weights)))
        assert np.array_equal(out[weights == 0], source[weights == 0])
        assert np.array_equal(out[weights == 255], made[weights == 255])

    def test_the_source_is_not_written_to(self) -> None:
        source = noise()
        before = source.copy()
        composite(noise(), Finish(format=Format.PNG, prepared=kept(source, np.full((40, 60), 200, np.uint8))))
        assert np.array_equal(source, before)

    def test_one_pixel(self) -> None:
        source, made, weights = noise(), noise(), np.zeros((40, 60), np.uint8)
        weights[39, 59] = 255
        out = composite(made, Finish(format=Format.PNG, prepared=kept(source, weights)))
        assert np.array_equal(out[39, 59], made[39, 59])
        assert (out != source).any(axis=2).sum() <= 1

    def test_the_images_own_alpha_is_filled_and_opaque(self) -> None:
        """Partly transparent pixels lie over the engine's; nothing stays see-through."""
        source, made = noise(channels=4), noise()
        source[:, :, 3] = RNG.choice(np.array([0, 60, 200, 255], np.uint8), (40, 60))
        plan = Finish(format=Format.PNG, prepared=kept(source, 255 - source[:, :, 3], MaskKind.IMAGE_ALPHA))
        out = composite(made, plan)
        share = source[:, :, 3:] / 255
        assert (out[:, :, 3] == 255).all()
        assert np.abs(out[:, :, :3] - (source[:, :, :3] * share + made * (1 - share))).max() <= 0.51
        finished = finish(to_raw(made), plan)
        assert finished.background == "opaque"


class TestBackground:
    """Opaque lays on white; transparent and auto keep what there is; a mask keeps the rest as it was."""

    @pytest.mark.parametrize(
        ("background", "kind", "said"),
        [
            (Background.AUTO, Format.PNG, "transparent"),
            (Background.TRANSPARENT, Format.PNG, "transparent"),
            (Background.OPAQUE, Format.PNG, "opaque"),
            (Background.AUTO, Format.WEBP, "transparent"),
            (Background.AUTO, Format.JPEG, "opaque"),
            (Background.TRANSPARENT, Format.JPEG, "opaque"),
        ],
    )
    def test_a_clear_picture(self, background: Background, kind: Format, said: str) -> None:
        made = np.zeros((40, 60, 4), np.uint8)
        finished = finish(to_raw(made), Finish(format=kind, background=background))
        out = pixels_of(finished.data)
        assert finished.background == said
        assert out.shape[2] == (4 if said == "transparent" else 3)
        assert (out == (0 if said == "transparent" else 255)).all()

    def test_an_alpha_channel_that_says_nothing_is_dropped(self) -> None:
        made = np.dstack([noise(), np.full((40, 60), 255, np.uint8)])
        finished = finish(to_raw(made), Finish(format=Format.PNG))
        assert finished.background == "opaque"
        assert np.array_equal(pixels_of(finished.data), made[:, :, :3])

    def test_only_the_masked_area_becomes_transparent(self) -> None:
        source, weights = noise(), np.zeros((40, 60), np.uint8)
        weights[10:20, 10:20] = 255
        plan = Finish(format=Format.PNG, background=Background.TRANSPARENT, prepared=kept(source, weights))
        out = pixels_of(finish(to_raw(np.zeros((40, 60, 4), np.uint8)), plan).data)
        assert (out[10:20, 10:20, 3] == 0).all()
        assert (out[:, :, 3] == 0).sum() == 100
        assert np.array_equal(out[weights == 0][:, :3], source[weights == 0])


class TestSize:
    """The size is exact, whatever the engine made."""

    @pytest.mark.parametrize("fit", list(Fit))
    @pytest.mark.parametrize("made", [Size(60, 40), Size(64, 64), Size(3, 90), Size(1, 1)])
    def test_the_target_is_reached(self, made: Size, fit: Fit) -> None:
        for size in (Size(60, 40), Size(33, 99)):
            finished = finish(to_raw(noise(made.width, made.height)), Finish(format=Format.PNG, size=size, fit=fit))
            assert finished.size == size == inspect(finished.data, param="image", bounds=Bounds()).size

    def test_without_a_size_it_is_the_engines(self) -> None:
        assert finish(to_raw(noise(33, 21)), Finish(format=Format.PNG)).size == Size(33, 21)

    def test_under_a_mask_it_is_the_sources(self) -> None:
        plan = Finish(format=Format.PNG, prepared=kept(noise(), np.full((40, 60), 9, np.uint8)))
        assert finish(to_raw(noise(99, 7)), plan).size == Size(60, 40)

    def test_under_a_mask_contain_pads_no_second_time(self) -> None:
        source, weights = np.zeros((60, 60, 3), np.uint8), np.full((60, 60), 255, np.uint8)
        plan = Finish(format=Format.PNG, fit=Fit.CONTAIN, prepared=kept(source, weights))
        assert not pixels_of(finish(to_raw(np.zeros((40, 60, 3), np.uint8)), plan).data).any()


class TestPassthrough:
    """Where nothing has to change the engine's bytes are the caller's; in doubt they are decoded."""

    MADE = picture(noise(channels=4))

    @pytest.mark.parametrize("size", [None, Size(60, 40)])
    def test_untouched(self, size: Size | None) -> None:
        finished = finish(self.MADE, Finish(format=Format.PNG, size=size, passthrough=True))
        assert finished.data is self.MADE.data
        assert (finished.size, finished.background) == (Size(60, 40), "transparent")

    @pytest.mark.parametrize(
        "plan",
        [
            Finish(format=Format.PNG),
            Finish(format=Format.WEBP, passthrough=True),
            Finish(format=Format.PNG, size=Size(61, 40), passthrough=True),
            Finish(format=Format.PNG, background=Background.OPAQUE, passthrough=True),
            Finish(format=Format.PNG, prepared=kept(noise(), np.full((40, 60), 1, np.uint8)), passthrough=True),
        ],
    )
    def test_touched(self, plan: Finish) -> None:
        finished = finish(self.MADE, plan)
        assert finished.data is not self.MADE.data
        seen = inspect(finished.data, param="image", bounds=Bounds())
        assert (seen.format, seen.size) == (plan.format.value, plan.target or Size(60, 40))

    def test_what_the_engine_says_of_its_bytes_is_not_believed(self) -> None:
        jpeg = picture(noise(), Format.JPEG)
        lie = Picture(jpeg.data, "png", Size(1, 1))
        finished = finish(lie, Finish(format=Format.PNG, passthrough=True))
        assert inspect(finished.data, param="image", bounds=Bounds()).format == "png"
        assert finished.size == Size(60, 40)

    def test_a_picture_that_wants_turning_is_turned(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        Image.fromarray(noise()).save(buffer, "PNG", exif=exif)
        finished = finish(Picture(buffer.getvalue(), "png", Size(60, 40)), Finish(format=Format.PNG, passthrough=True))
        assert finished.size == Size(40, 60)
        assert np.asarray(Image.open(io.BytesIO(finished.data))).shape[:2] == (60, 40)


@pytest.mark.parametrize("data", [b"", b"<html>502 Bad Gateway</html>", bytes(picture(noise()).data)[:900]])
@pytest.mark.parametrize("passthrough", [False, True])
def test_an_engines_broken_picture_is_the_engines_fault_and_another_route_may_do_better(
    data: bytes, passthrough: bool
) -> None:
    with pytest.raises(UpstreamFailure) as caught:
        finish(Picture(data, "png", Size(60, 40)), Finish(format=Format.PNG, passthrough=passthrough))
    assert caught.value.code is Code.UPSTREAM_ERROR
    assert (caught.value.accepted, caught.value.elsewhere) == (Accepted.YES, True)
    assert caught.value.param is None


class TestPrepare:
    """What an engine is sent: the caller's bytes where they will do, else pixels it can read."""

    WHOLE = MaskReading.whole(Size(60, 40))

    def test_bytes_go_on_untouched(self) -> None:
        first = picture(noise())
        for size in (None, Size(60, 40)):
            prepared = prepare(first, self.WHOLE, size=size, formats={"png"})
            assert prepared.picture is first
            assert prepared.kept is None
            assert prepared.mask is None

    @pytest.mark.parametrize(
        ("formats", "sent"),
        [
            ({"png"}, "png"),
            ({RAW, "png"}, RAW),
            ({"jpeg"}, "jpeg"),
            ({"webp", "jpeg"}, "webp"),
            ({"png", "jpeg"}, "png"),
        ],
    )
    def test_a_format_the_engine_cannot_read_is_changed(self, formats: set[str], sent: str) -> None:
        buffer = io.BytesIO()
        pixels = noise()
        Image.fromarray(pixels).save(buffer, "TIFF")
        first = inspect(buffer.getvalue(), param="image", bounds=Bounds())
        for made in (
            prepare(first, self.WHOLE, size=None, formats=formats).picture,
            readable(first, formats, param="image"),
        ):
            assert (made.format, made.size) == (sent, Size(60, 40))
            if sent == RAW:
                assert np.array_equal(from_raw(made), pixels)
            elif sent != "jpeg":
                assert np.array_equal(decode(made, param="image"), pixels)

    def test_another_size_is_framed(self) -> None:
        prepared = prepare(picture(noise()), self.WHOLE, size=Size(32, 32), formats={"png"})
        assert (prepared.picture.format, prepared.picture.size) == ("png", Size(32, 32))

    def test_an_area_brings_source_mask_and_weights_of_one_size(self) -> None:
        first = picture(noise())
        mask = np.zeros((40, 60), np.uint8)
        mask[10:30, 20:40] = 255
        reading = read_mask(first, picture(np.dstack([mask] * 3)), alpha_as_mask=False)
        for size in (None, Size(60, 40), Size(50, 50), Size(200, 20)):
            prepared = prepare(first, reading, size=size, formats={RAW, "png"})
            assert prepared.kept is not None
            assert prepared.mask is not None
            assert prepared.picture.size == prepared.mask.size == prepared.kept.size == (size or first.size)
            assert np.array_equal(from_raw(prepared.mask), prepared.kept.weights)
            assert (prepared.picture is first) == (prepared.kept.size == first.size)

    def test_an_area_that_the_crop_cuts_away_is_refused(self) -> None:
        first = picture(noise(200, 40))
        mask = np.zeros((40, 200), np.uint8)
        mask[:, :10] = 255
        reading = read_mask(first, picture(np.dstack([mask] * 3)), alpha_as_mask=False)
        with pytest.raises(RetouchError) as caught:
            prepare(first, reading, size=Size(40, 40), formats={"png"}, mask_param="mask[]")
        assert (caught.value.code, caught.value.param) == (Code.INVALID_MASK, "mask[]")
        assert prepare(first, reading, size=Size(40, 40), fit=Fit.CONTAIN, formats={"png"}).kept is not None

    @pytest.mark.parametrize(
        ("background", "channels", "padded"),
        [
            (Background.AUTO, 3, (255, 255, 255)),
            (Background.AUTO, 4, (255, 255, 255, 0)),
            (Background.TRANSPARENT, 3, (255, 255, 255, 0)),
            (Background.OPAQUE, 4, (255, 255, 255, 255)),
        ],
    )
    def test_padding(self, background: Background, channels: int, padded: tuple[int, ...]) -> None:
        first = picture(noise(channels=channels))
        prepared = prepare(first, self.WHOLE, size=Size(60, 60), fit=Fit.CONTAIN, background=background, formats={RAW})
        assert tuple(from_raw(prepared.picture)[0, 0]) == padded

    def test_what_came_out_clear_lends_no_colour(self) -> None:
        """Green opaque beside clear pixels, scaled: no black may creep in from under them."""
        source = np.zeros((64, 64, 4), np.uint8)
        source[:, 20:] = (0, 255, 0, 255)
        first = picture(source)
        reading = read_mask(first, None, alpha_as_mask=True)
        for edge in (23, 41, 150):
            prepared = prepare(first, reading, size=Size(edge, edge), formats={RAW})
            made = np.full((edge, edge, 3), (0, 255, 0), np.uint8)
            out = pixels_of(finish(to_raw(made), Finish(format=Format.PNG, prepared=prepared)).data)
            assert (out[:, :, 1] >= 250).all()


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("size", [Size(96, 64), Size(100, 37), Size(31, 50), Size(200, 200)])
def test_an_images_own_hole_is_filled_without_a_seam_at_any_size(size: Size, fit: Fit) -> None:
    """Colours and masks are scaled by different kernels; padding alone stays clear."""
    hole = noise(channels=4)
    hole[:, :, 3] = 255
    hole[:, :17, 3] = 0
    first = picture(hole)
    prepared = prepare(first, read_mask(first, None, alpha_as_mask=True), size=size, fit=fit, formats={"png"})
    assert prepared.kept is not None
    opaque = picture(noise(size.width, size.height))
    filled = pixels_of(finish(opaque, Finish(format=Format.PNG, fit=fit, prepared=prepared)).data)
    padded = frame(np.full((40, 60, 3), 255, np.uint8), size, fit, pad="transparent")
    assert filled.shape == padded.shape
    assert np.array_equal(filled[:, :, 3:], padded[:, :, 3:])


def test_every_call_is_the_same_bytes() -> None:
    source, made = noise(), noise(70, 70)
    plan = Finish(format=Format.PNG, prepared=kept(source, np.full((40, 60), 100, np.uint8)))
    assert len({finish(to_raw(made), plan).data for _ in range(3)}) == 1
