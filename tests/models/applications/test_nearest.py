from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner

from vtbr_models.applications.text_extraction import encode_captions
from vtbr_models.cli import main
from vtbr_models.inference.preprocessing import prepare

TEXTS = ["a person in red", "a person walks by the sea", "blue coat"]


@pytest.fixture
def described(people):
    """The people and a second manifest, whose images have captions, one of them two images."""
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    lines = [{**rows[place], "captions": [text]} for place, text in enumerate([*TEXTS, TEXTS[0]])]
    path = people.with_name("described.jsonl")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return people, path, rows


def nearest(*words, **options):
    return CliRunner().invoke(main, ["nearest", *map(str, words)], **options)


def test_captions_are_ordered_by_their_cosine_each_once(dual, described, tokenizer, preprocessing):
    checkpoint, model = dual
    people, captions, rows = described
    result = nearest(checkpoint, people, "--captions", captions, "--batch-size", 2)
    assert result.exit_code == 0, result.output
    assert result.stderr == "searched for 7 images\n"
    with torch.no_grad():
        texts = model.encode_text(encode_captions(tokenizer, TEXTS, 8))
    for line, row in zip(map(json.loads, result.stdout.splitlines()), rows, strict=True):
        image = prepare(people.with_name(row["path"]).read_bytes(), preprocessing)
        with torch.no_grad():
            cosines = (model.encode_image(image[None]) @ texts.T)[0].tolist()
        found = line["nearest"]
        assert [entry["rank"] for entry in found] == [1, 2, 3]
        assert [entry["caption"] for entry in found] == [
            text for _, text in sorted(zip(cosines, TEXTS, strict=True), reverse=True)
        ]
        assert [entry["cosine"] for entry in found] == pytest.approx(sorted(cosines, reverse=True), abs=1e-4)
        assert {entry["caption"]: entry["images"] for entry in found}[TEXTS[0]] == 2


def test_a_caption_is_right_for_its_images_and_their_people(dual, described):
    people, captions, rows = described
    result = nearest(dual[0], people, "--captions", captions, "--top", 3)
    for line, row in zip(map(json.loads, result.stdout.splitlines()), rows, strict=True):
        right = {entry["caption"]: entry["right"] for entry in line["nearest"]}
        for text in TEXTS:
            owners = [rows[place] for place, other in enumerate([*TEXTS, TEXTS[0]]) if other == text]
            same = [
                row["path"] == owner["path"] or row["identity"] == owner["identity"] > 0 for owner in owners
            ]
            assert right[text] == any(same)


def test_without_other_captions_the_manifests_own_are_searched(dual, described):
    _, captions, _ = described
    result = nearest(dual[0], captions, "--top", 1)
    assert result.exit_code == 0, result.output
    assert {json.loads(line)["nearest"][0]["caption"] for line in result.stdout.splitlines()} <= set(TEXTS)


def test_a_captioner_without_a_common_space_is_pointed_to_score(captions_checkpoint, described):
    people, captions, _ = described
    result = nearest(captions_checkpoint, people, "--captions", captions)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "it must have learnt contrastive (`vtbr-models score` compares" in result.stderr


def test_a_manifest_without_captions_is_refused_in_one_line(dual, people):
    result = nearest(dual[0], people)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {people} has no captions: make some with `vtbr-data caption`\n"


def test_standard_input_is_not_both(dual):
    assert nearest(dual[0], "-", "--captions", "-").exit_code == 2
