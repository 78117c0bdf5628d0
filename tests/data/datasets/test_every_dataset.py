from __future__ import annotations

import os
from pathlib import Path

import pytest

from vtbr_data.datasets import DATASETS, IndexOptions
from vtbr_data.datasets.index import index_dataset
from vtbr_data.errors import InputError
from vtbr_data.manifest.manifest import read_manifest, write_manifest

OWN = {"table", "folders", "files", "video"}
KNOWN = sorted(set(DATASETS) - OWN)


def test_every_dataset_says_its_layout_source_and_counts():
    for name, dataset in DATASETS.items():
        assert name == dataset.name
        assert dataset.title
        assert dataset.layout
        assert dataset.source
        assert set(dataset.counts) <= {"train", "query", "gallery", "all"}
        assert bool(dataset.counts) == (name not in OWN)


def test_the_page_of_datasets_says_what_the_code_does():
    page = (Path(__file__).parents[3] / "docs/datasets.md").read_text()
    for name in KNOWN:
        dataset = DATASETS[name]
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` "))
        for said in (dataset.title, dataset.layout, dataset.source, dataset.note):
            assert said in row
        assert all(f"{number:,}" in row for part in dataset.counts.values() for number in part.values())


@pytest.mark.parametrize("name", KNOWN)
def test_every_row_of_a_miniature_is_a_file_and_survives_the_manifest(name, miniature, tmp_path):
    folder = miniature(name)
    rows = list(index_dataset(name, folder, options=IndexOptions(validation="gallery")))
    assert rows
    assert all((folder / row.path).is_file() for row in rows)
    assert len({row.path for row in rows}) == len(rows)
    write_manifest(rows, tmp_path / "m.jsonl")
    assert read_manifest(tmp_path / "m.jsonl").rows == rows


@pytest.mark.parametrize("name", KNOWN)
def test_a_folder_is_recognised(name, miniature):
    said = []
    folder = miniature(name)
    found = list(index_dataset("auto", folder, options=IndexOptions(say=said.append)))
    assert {row.path for row in found}
    expected = "cuhk03-classic-labeled" if name == "cuhk03-classic-detected" else name
    assert said[0] == f"{folder} looks like {DATASETS[expected].title}"


@pytest.mark.parametrize("name", KNOWN)
def test_a_wrong_folder_says_what_was_expected_what_was_found_and_what_it_looks_like(name, miniature):
    other = "viper" if name != "viper" else "grid"
    folder = miniature(other)
    with pytest.raises(InputError) as caught:
        list(index_dataset(name, folder))
    message = str(caught.value)
    assert "expected" in message
    assert f"looks like {DATASETS[other].title}: `vtbr-data index {other} {folder}`" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", KNOWN)
def test_a_folder_that_is_not_there_or_a_file_is_one_line(name, tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        list(index_dataset(name, tmp_path / "nowhere"))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file: give the folder"):
        list(index_dataset(name, tmp_path / "file"))


def test_the_parent_folder_is_answered_with_the_right_one(miniature):
    folder = miniature("market1501")
    with pytest.raises(InputError, match=rf"index market1501 {folder}`"):
        list(index_dataset("market1501", folder.parent))
    with pytest.raises(InputError, match=r"looks like no known dataset; found: market1501/; .*market1501`"):
        list(index_dataset("auto", folder.parent))


def test_an_unknown_dataset_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="there is no dataset imagenet: use one of market1501"):
        next(index_dataset("imagenet", tmp_path))


def test_paths_lead_from_the_root_to_the_pictures_even_behind_links(tmp_path, miniature):
    folder = miniature("viper")
    (tmp_path / "data" / "runs").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data" / "runs")
    for row in index_dataset("viper", folder, root=tmp_path / "link"):
        assert row.path.startswith("../../viper/cam_")
        assert (tmp_path / "link" / row.path).exists()


def test_a_name_that_is_not_utf8_is_named(miniature):
    folder = miniature("market1501")
    os.close(os.open(os.fsencode(folder) + b"/query/gar\xe7on.jpg", os.O_CREAT))
    with pytest.raises(InputError, match=r"query: the name gar\\xe7on.jpg is not UTF-8: rename it"):
        list(index_dataset("market1501", folder))


@pytest.mark.skipif(
    not Path(os.environ.get("VTBR_REAL_DATA", "nowhere"), "viper").is_dir(),
    reason="VTBR_REAL_DATA names no VIPeR",
)
def test_the_real_viper_is_whole():
    from vtbr_data.inspecting.check import check_manifest
    from vtbr_data.manifest.manifest import Manifest

    folder = Path(os.environ["VTBR_REAL_DATA"], "viper")
    rows = list(index_dataset("auto", folder))
    findings = check_manifest(Manifest(rows, folder, "", "viper"), dataset="viper", workers=2).findings
    assert [finding for finding in findings if finding.severity == "error"] == []
