"""Miniatures of the known datasets, in their real layouts with their real quirks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

QUIRKS = ("Thumbs.db", ".DS_Store", "readme.txt")


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def layumi(folder: Path) -> None:
    touch(
        folder,
        *(f"pytorch/{part}/0002/0002_c1s1_000451_03.jpg" for part in ("train_all", "train", "val")),
        "pytorch/query/0001/0001_c6s3_077467_00.jpg",
        "pytorch/gallery/-1/-1_c3s2_000001_04.jpg",
        "pytorch/gallery/0000/0000_c2s1_000151_01.jpg",
        "pytorch/gallery/0001/0001_c1s1_001051_00.jpg",
        "pytorch/multi-query/0001/0001_c1s1_001051_00.jpg",
    )


def market1501(folder: Path) -> None:
    touch(
        folder,
        "bounding_box_train/0002_c1s1_000451_03.jpg",
        "query/0001_c6s3_077467_00.jpg.jpg",
        "bounding_box_test/-1_c3s2_000001_04.jpg",
        "bounding_box_test/0000_c2s1_000151_01.jpg",
        "bounding_box_test/0001_c1s1_001051_00.jpg",
        "gt_query/0001_c1s1_001051_00_good.mat",
        *(f"bounding_box_test/{name}" for name in QUIRKS),
    )


def dukemtmc(folder: Path) -> None:
    touch(
        folder,
        "bounding_box_train/0001_c2_f0046182.jpg",
        "query/0005_c2_f0046985.jpg",
        "bounding_box_test/0005_c5_f0051781.jpg",
        "CITATION.txt",
    )


def cuhk03_np(folder: Path) -> None:
    for name in (
        "bounding_box_train/0001_c1_1.png",
        "query/0003_c1_21.png",
        "bounding_box_test/0003_c2_22.png",
    ):
        touch(folder, name)


def msmt17(folder: Path, places: tuple[str, str] = ("train", "test")) -> None:
    lists = {
        "list_train.txt": ["0000/0000_000_01_0303morning_0015_0.jpg 0"],
        "list_val.txt": ["0000/0000_001_14_0303noon_0002_1_ex.jpg 0"],
        "list_query.txt": ["0000/0000_005_11_0303morning_0093_2.jpg 0"],
        "list_gallery.txt": [
            "0000/0000_000_05_0303morning_0008_0.jpg 0",
            "0001/0001_000_05_0303noon_0008_0.jpg 1",
        ],
    }
    for name, lines in lists.items():
        place = places[name in ("list_query.txt", "list_gallery.txt")]
        touch(folder, *(f"{place}/{line.split()[0]}" for line in lines))
        (folder / name).write_text("".join(f"{line}\r\n" for line in lines), newline="")


def msmt17_v2(folder: Path) -> None:
    msmt17(folder, ("mask_train_v2", "mask_test_v2"))


def cuhk01(folder: Path) -> None:
    touch(folder, *(f"campus/{person:04}{image:03}.png" for person in range(1, 6) for image in range(1, 5)))


def cuhk02(folder: Path) -> None:
    for pair in range(1, 6):
        for side in (1, 2):
            touch(folder, *(f"P{pair}/cam{side}/{person:03}_{side}0001.png" for person in (1, 2)))


def viper(folder: Path, people: int = 9) -> None:
    for person in range(people):
        touch(folder, f"cam_a/{person:03}_0.bmp", f"cam_b/{person:03}_90.bmp")
    touch(folder, "cam_a/Thumbs.db")


def prid2011(folder: Path) -> None:
    touch(folder, *(f"single_shot/cam_a/person_{person:04}.png" for person in (1, 2, 3, 4, 201)))
    touch(folder, *(f"single_shot/cam_b/person_{person:04}.png" for person in (1, 2, 3, 4, 201, 749)))
    touch(folder, "multi_shot/cam_a/person_0001/0001.png")


def ilids(folder: Path) -> None:
    for person in range(1, 6):
        touch(folder, *(f"Persons/{person:04}{image:03}.jpg" for image in range(1, 3 + person % 3)))


def grid(folder: Path, *, has_splits: bool = False) -> None:
    touch(
        folder, *(f"probe/{person:04}_{person % 3 + 1}_25004_107_32_106_221.jpeg" for person in (1, 2, 3, 4))
    )
    touch(folder, *(f"gallery/{person:04}_5_25023_116_134_128_330.jpeg" for person in (1, 2, 3, 4)))
    touch(folder, "gallery/0000_1_25008_157_298_87_263.jpeg", "gallery/Thumbs.db")
    if has_splits:
        cells = np.empty((1, 2), dtype=object)
        for place, people in enumerate(([1, 3], [2, 4])):
            cells[0, place] = {"a": 0.0, "b": np.zeros((1, 9)), "idx": np.array([people])}
        savemat(folder / "features_and_partitions.mat", {"trainIdxAll": cells, "features": np.zeros((2, 2))})


def cuhk_sysu(folder: Path) -> None:
    touch(
        folder, "cropped_images/p1_s11_1.jpg", "cropped_images/p1_s12_1.jpg", "cropped_images/p11422_s1_2.jpg"
    )


def sensereid(folder: Path) -> None:
    touch(folder, "test_probe/00000_0.jpg", "test_gallery/00000_1.jpg", "test_gallery/00007_1.jpg")


def pku_reid(folder: Path) -> None:
    touch(folder, "PKUv1a_128x48/001_1_1.png", "PKUv1a_128x48/001_2_8.png", "PKUv1a_128x48/114_1_1.png")


def randperson(folder: Path) -> None:
    touch(folder, "000000_c00_s00_f000264.jpg", "007999_c18_s10_f001032.jpg", "list.txt")


def personx(folder: Path) -> None:
    for background in ("1", "2"):
        touch(
            folder / background,
            "bounding_box_train/0001_c1s1_10.jpg",
            "query/0002_c1s1_1.jpg",
            "bounding_box_test/0002_c6s1_36.jpg",
        )


def unrealperson(folder: Path, *, has_list: bool = True) -> None:
    touch(
        folder,
        "unreal_v1.1/images/0001_c001_100.jpg",
        "unreal_v2.1/images/0001_c001_200.jpg",
        "unreal_v1.2/images/0001_c002_300.jpg",
    )
    if has_list:
        lines = ["unreal_v1.1/images/0001_c001_100.jpg 0 3 \n", "unreal_v1.2/images/0001_c002_300.jpg 1 0 \n"]
        (folder / "list_unreal_train.txt").write_text("".join(lines))


def finegpr(folder: Path) -> None:
    touch(
        folder,
        "0001/0001_c28_w06_l02_p03.jpg",
        "0001/0001_c36_w01_l07_p01.jpg",
        "0002/0002_c01_w07_l01_p09.jpg",
        "0002/Thumbs.db",
    )


def entries(folder: Path, name: str, *rows: dict[str, object]) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(rows), encoding="utf-8-sig")
    touch(folder, *(f"imgs/{row.get('file_path') or row.get('img_path')}" for row in rows))


def cuhk_pedes(folder: Path) -> None:
    two = ["A man in a red coat. ", "He walks."]
    entries(
        folder,
        "reid_raw.json",
        {
            "id": 1,
            "file_path": "CUHK03/0001.png",
            "split": "train",
            "captions": two,
            "processed_tokens": [["a"]],
        },
        {"id": 2, "file_path": "test_query/p2.jpg", "split": "val", "captions": two},
        {"id": 3, "file_path": "Market/0003_c1s1_000451_03.jpg", "split": "test", "captions": two},
    )


def icfg_pedes(folder: Path) -> None:
    train, test = "train/0000/0000_000_01_0303morning_0015_0.jpg", "test/0001/0001_002_12_0303noon_0015_0.jpg"
    entries(
        folder,
        "ICFG-PEDES.json",
        {"id": 0, "file_path": train, "split": "train", "captions": ["A woman."], "processed_tokens": []},
        {"id": 1, "file_path": test, "split": "test", "captions": ["A man."]},
    )


def rstpreid(folder: Path) -> None:
    entries(
        folder,
        "data_captions.json",
        {"id": 0, "img_path": "0000_c14_0031.jpg", "split": "train", "captions": ["A man.", "A boy."]},
        {"id": 1, "img_path": "0001_c1_0002.jpg", "split": "val", "captions": ["A girl.", "A woman."]},
        {"id": 2, "img_path": "0002_c5_0004.jpg", "split": "test", "captions": ["An old man.", "A man."]},
    )


def coco(folder: Path) -> None:
    for part, image in (("train2017", 9), ("val2017", 139)):
        name = f"{image:012}.jpg"
        captions = [{"image_id": image, "id": place, "caption": f" Room {place}.\n"} for place in range(5)]
        content = {
            "info": {},
            "images": [{"id": image, "file_name": name, "height": 1}],
            "annotations": captions,
        }
        (folder / "annotations").mkdir(exist_ok=True)
        (folder / "annotations" / f"captions_{part}.json").write_text(json.dumps(content))
        touch(folder, f"{part}/{name}")


def cuhk03_mat(folder: Path) -> None:
    """Cells of cells in a MATLAB 7.3 file: two camera pairs, two people each, ten places of pictures."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "cuhk-03.mat", "w", userblock_size=512) as mat:
        refs = mat.create_group("#refs#")
        count = iter(range(10_000))

        def stored(array):
            return refs.create_dataset(str(next(count)), data=array).ref

        def cells(references, shape):
            array = np.empty(len(references), dtype=h5py.ref_dtype)
            array[:] = references
            return array.reshape(shape)

        def picture(place, person):
            if place in (4, 8, 9):  # places without a picture
                return stored(np.zeros(2, np.uint64))
            return stored(np.full((3, 20, 40), 10 * place + person, np.uint8))

        for kind in ("detected", "labeled"):
            pairs = [
                stored(cells([picture(place, person) for place in range(10) for person in range(2)], (10, 2)))
                for _ in range(2)
            ]
            mat.create_dataset(kind, data=cells(pairs, (2, 1)))
        tests = [stored(np.array([[pair], [person]], float)) for pair, person in ((1, 2), (2, 1))]
        mat.create_dataset("testsets", data=cells(tests, (1, 2)))
    with (folder / "cuhk-03.mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512))


MINIATURES = {
    "layumi": layumi,
    "market1501": market1501,
    "dukemtmc": dukemtmc,
    "msmt17": msmt17,
    "cuhk03-labeled": cuhk03_np,
    "cuhk03-detected": cuhk03_np,
    "cuhk03-classic-labeled": cuhk03_mat,
    "cuhk03-classic-detected": cuhk03_mat,
    "cuhk01": cuhk01,
    "cuhk02": cuhk02,
    "viper": viper,
    "grid": grid,
    "prid2011": prid2011,
    "ilids": ilids,
    "cuhk-sysu": cuhk_sysu,
    "sensereid": sensereid,
    "pku-reid": pku_reid,
    "randperson": randperson,
    "personx": personx,
    "unrealperson": unrealperson,
    "finegpr": finegpr,
    "cuhk-pedes": cuhk_pedes,
    "icfg-pedes": icfg_pedes,
    "rstpreid": rstpreid,
    "coco": coco,
}


@pytest.fixture
def miniature(tmp_path):
    """Write the miniature of a dataset and return its folder, which bears the name of the real one."""

    def make(name: str, **quirks: object) -> Path:
        folder = tmp_path / ("detected" if name == "cuhk03-detected" else name)
        folder.mkdir()
        MINIATURES[name](folder, **quirks)
        return folder

    return make
