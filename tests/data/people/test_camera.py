"""The camera: what a z-buffer, a light and a lens must do, on meshes small enough to check by hand."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("numba")

from vtbr_data.people.camera import ground, light, raster, shading, sky
from vtbr_data.people.camera.lens import GREY, Optics, jpeg, take, weights
from vtbr_data.people.camera.mesh import joined, stand
from vtbr_data.people.camera.view import View, extent, looking
from vtbr_data.people.clothes import complexion
from vtbr_data.people.clothes import surface as surface_module
from vtbr_data.people.clothes.noise_cube import noise
from vtbr_data.people.clothes.prints import prints
from vtbr_data.people.clothes.surface import surface
from vtbr_data.people.figure import Column
from vtbr_data.people.world.solids import box, slab, tube, wheel

ONE_SIDED = np.zeros(1, bool)


def drawn(corners, *, size=16, two_sided=ONE_SIDED, faces=((0, 1, 2),)):
    """Index and nearness after drawing triangles given in samples and 1 / depth."""
    screen = np.array(corners, np.float32)
    triangles = np.array(faces, np.int32)
    samples = raster.Samples(
        np.zeros((size, size), np.float32),
        np.full((size, size), -1, np.int32),
        np.zeros((size, size, 2), np.float32),
    )
    material = np.zeros(len(triangles), np.uint8)
    left, top, right, bottom = raster.rasterise(screen, triangles, material, two_sided, 0, samples)
    outside = np.ones((size, size), bool)
    outside[top:bottom, left:right] = False
    assert (samples.triangle[outside] == -1).all()
    return samples.triangle, samples.nearness, samples.weight


def volume(mesh):
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    return float((a * np.cross(b, c)).sum()) / 6


def test_a_triangle_covers_the_samples_whose_middles_lie_in_it():
    index, _, _ = drawn([(0, 0, 1), (0, 16, 1), (16, 0, 1)])
    rows, columns = np.mgrid[:16, :16] + 0.5
    assert ((index == 0) == (rows + columns <= 16)).all()


def test_a_triangle_that_turns_its_back_is_left_out_unless_its_material_is_two_sided():
    back = [(0, 0, 1), (16, 0, 1), (0, 16, 1)]
    assert (drawn(back)[0] == -1).all()
    assert (drawn(back, two_sided=np.ones(1, bool))[0] == 0).any()


def test_the_nearer_of_two_triangles_is_seen_whatever_their_order():
    near = [(0, 0, 1.0), (0, 16, 1.0), (16, 0, 1.0)]
    far = [(0, 0, 0.5), (0, 16, 0.5), (16, 0, 0.5)]
    assert set(np.unique(drawn(near + far, faces=((0, 1, 2), (3, 4, 5)))[0])) == {-1, 0}
    assert set(np.unique(drawn(far + near, faces=((0, 1, 2), (3, 4, 5)))[0])) == {-1, 1}


def test_two_triangles_of_a_square_leave_no_gap_between_them():
    square = [(1, 1, 1), (1, 15, 1), (15, 15, 1), (15, 1, 1)]
    index, _, _ = drawn(square, faces=((0, 1, 2), (0, 2, 3)))
    assert (index[1:15, 1:15] >= 0).all()


def test_shares_of_the_corners_are_correct_in_perspective():
    # Half way between depth 1 and depth 3 on the screen is a quarter of the way in space.
    _, _, weight = drawn([(0, 8.5, 1.0), (16, 16.5, 1 / 3), (16, 0.5, 1 / 3)], two_sided=np.ones(1, bool))
    assert weight[8, 7, 0] == pytest.approx(1 - (7.5 / 16 / 3) / (1 - 7.5 / 16 + 7.5 / 16 / 3), abs=1e-4)


def test_projection_agrees_with_a_plain_formula():
    eye, target = np.array([0, 3, -8], np.float32), np.array([0, 1, 0], np.float32)
    axes = looking(eye, target)
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3)).astype(np.float32)
    view = View(eye, axes, -0.25, -0.25, 0.5, 0.5)
    found = view.samples(points, 100, 100)
    right, up, forward = ((points - eye) @ axes.T.astype(float)).T
    np.testing.assert_allclose(found[:, 0], (right / forward + 0.25) * 200, atol=1e-2)
    np.testing.assert_allclose(found[:, 1], (-up / forward + 0.25) * 200, atol=1e-2)
    np.testing.assert_allclose(found[:, 2], 1 / forward, atol=1e-5)
    left, right_, top, bottom = extent(points, eye, axes)
    assert (left, right_) == pytest.approx(((right / forward).min(), (right / forward).max()), abs=1e-4)
    assert top < bottom


def test_the_camera_sees_plus_x_on_its_left():
    eye = np.array([0, 1, -5], np.float32)
    axes = looking(eye, np.array([0, 1, 0], np.float32))
    np.testing.assert_allclose(axes, [[-1, 0, 0], [0, 1, 0], [0, 0, 1]], atol=1e-6)


@pytest.mark.parametrize(
    "solid",
    [
        box((0, 0, 0), (1, 1, 1), (1, 1, 1)),
        tube([(0, 0, 0), (0, 1, 0)], 0.1, (1, 1, 1)),
        slab([(0, 0), (0, 1), (1, 1), (1, 0)], 0, 1, (1, 1, 1)),
        wheel((0, 0, 0), 0.3, 0.05, (1, 1, 1)),
    ],
)
def test_solids_turn_their_faces_outwards(solid):
    assert volume(solid) > 0


def test_standing_somewhere_turns_moves_and_keeps_shape():
    mesh = box((0, 0, 0), (1, 2, 3), (1, 1, 1))
    moved = stand(mesh, 5.0, -2.0, np.pi / 2)
    assert volume(moved) == pytest.approx(6, rel=1e-5)
    # What faced +z faces +x.
    front = mesh.vertices[:, 2] == 3
    assert moved.vertices[front, 0] == pytest.approx(np.full(front.sum(), 8.0))
    assert joined([mesh, moved]).faces.max() == 2 * len(mesh.vertices) - 1


def test_a_thing_shades_what_lies_behind_it_in_the_light_and_nothing_else():
    direction = np.array([0, 1, 0], np.float32)
    table = box((-0.5, 1.0, -0.5), (0.5, 1.1, 0.5), (1, 1, 1))
    shadow = light.shadow_of([table], np.zeros(3, np.float32), direction)
    f = np.float32
    assert light.lit(shadow, f(0), f(0), f(0), f(0.01)) == 0
    assert light.lit(shadow, f(0.7), f(0), f(0), f(0.01)) == 1
    assert light.lit(shadow, f(0), f(1.2), f(0), f(0.01)) == 1
    assert light.lit(shadow, f(50), f(0), f(0), f(0.01)) == 1


def test_the_sky_is_darker_between_two_walls_than_on_them():
    walls = joined([box((x, 0, -0.5), (x + 0.1, 1.5, 0.5), (1, 1, 1)) for x in (-0.3, 0.2)])
    points = np.array([[0, 0.1, 0]], np.float32)
    vertices = np.concatenate([_grid(walls), points])
    normals = np.tile(np.array([0, 1, 0], np.float32), (len(vertices), 1))
    out, floor = np.empty((len(vertices), 4), np.float32), np.empty((sky.GRID, sky.GRID), np.float32)
    radiance = sky.sky_radiance(np.array([0, 1, 0], np.float32), 0.0)
    assert radiance @ sky.SKY[:, 1] == pytest.approx(1)
    sky.sky_light(vertices, normals, radiance, sky.SKY_FRAMES, np.zeros(3, np.float32), out, floor)
    above = out[:, 0] + out[:, 2]
    top = vertices[:, 1] > 1.49
    assert above[-1] < 0.8 * above[top].max()
    assert floor[sky.GRID // 2, sky.GRID // 2] < 0.9 * floor[0, 0]


def test_exposure_brings_a_grey_card_to_the_same_grey_in_dim_and_in_bright_light():
    still = Optics(
        metering=1.0, balancing=1.0, contrast=1.0, saturation=1.0, glow=0, blur=0, sharpening=0, noise=0
    )
    pixels = []
    for bright in (0.01, 1.0):
        card = np.full((32, 16, 3), bright, np.float32) * np.array([1.2, 1, 0.8], np.float32)
        pixels.append(np.asarray(take(card, still, np.random.default_rng(0))))
    expected = round(255 * (1.055 * GREY ** (1 / 2.4) - 0.055))
    assert np.abs(pixels[0].astype(int) - pixels[1]).max() <= 1
    assert np.abs(pixels[0].astype(int) - expected).max() <= 3


def test_blur_keeps_the_sum_and_spreads_a_point_as_its_weights_say():
    from vtbr_data.people.camera.lens import _blur

    image = np.zeros((31, 31, 3), np.float32)
    image[15, 15] = 1
    _blur(image, np.empty_like(image), weights(1.5))
    assert image.sum() == pytest.approx(3, rel=1e-5)
    middle = weights(1.5)
    np.testing.assert_allclose(image[15, :, 1][image[15, :, 1] > 0], middle * middle.max(), rtol=1e-5)


def test_more_noise_less_resolution_and_motion_do_what_they_say():
    scene = np.tile((np.arange(64) // 8 % 2).astype(np.float32)[None, :, None], (128, 1, 3)) * 0.5 + 0.05

    def steps(**changes):
        pixels = np.asarray(take(scene.copy(), replace(Optics(noise=0, sharpening=0), **changes),
                                 np.random.default_rng(1)), dtype=float)  # fmt: skip
        return np.abs(np.diff(pixels[..., 1], axis=1)).max(), pixels[..., 1].std(axis=0).mean()

    sharp = steps()
    assert steps(blur=2.0)[0] < sharp[0]
    assert steps(motion=(8.0, 0.0))[0] < sharp[0]
    assert steps(resolved=0.3)[0] < sharp[0]
    assert steps(noise=0.05)[1] > sharp[1] + 5


def test_jpeg_files_end_as_jpeg_files_do():
    content = jpeg(Image.new("RGB", (8, 8)), 80)
    assert content.endswith(b"\xff\xd9")
    assert Image.open(io.BytesIO(content)).size == (8, 8)


def test_kernels_compute_in_single_precision(monkeypatch, tmp_path):
    # A literal that is not written F(...) makes numba compute in doubles, at half the speed.
    import numba

    f = np.float32
    row, up, cube = np.ones((1, len(Column)), f), (f(0), f(1), f(0)), noise()
    kernels = [
        (ground.texture, (np.zeros((5, 256, 256), f), 0, f(1), f(1), f(1), f(1), f(1))),
        (ground._line, (f(1), f(1), f(1))),
        (light.pooled, (np.zeros(3, f), f(1), f(1))),
        (shading._highlights, (row, 0, up, up, np.zeros(3, f), f(1))),
        (surface, (row, 0, (f(0), f(0)), up, f(1), cube, prints())),
        (surface_module._cloth, (row, 0, 1, cube, (f(0), f(0)), up, f(0))),
        (surface_module._dyed, (row, 0, 1, cube, up, f(0))),
        (surface_module._details, (row, 0, prints(), f(0), up, up)),
        (complexion.face, (row, 0, f(0), f(0), f(0))),
        (complexion.hair, (row, 0, cube, f(0), f(0), f(0))),
    ]
    for kernel, arguments in kernels:
        function = kernel.py_func
        fresh = numba.njit(error_model="numpy")(function)
        fresh(*arguments)
        (code,) = fresh.inspect_llvm().values()
        assert not re.search(r"= f(add|sub|mul|div) double", code), function.__name__


def _grid(mesh):
    """Points all over the faces: visibility is read from vertices."""
    shares = [(i / 8, j / 8) for i in range(9) for j in range(9 - i)]
    corners = [mesh.vertices[mesh.faces[:, k]] for k in range(3)]
    points = [corners[0] * (1 - a - b) + corners[1] * a + corners[2] * b for a, b in shares]
    return np.concatenate(points).astype(np.float32)
