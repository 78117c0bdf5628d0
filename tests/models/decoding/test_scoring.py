from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from vtbr_models.captioner.captioner import reverse
from vtbr_models.captioner.textual import EOS, SOS
from vtbr_models.checkpoint.architecture import build_model
from vtbr_models.checkpoint.checkpoint import save_checkpoint
from vtbr_models.cli import main
from vtbr_models.decoding.caption_tree import trees
from vtbr_models.decoding.scoring import score, score_each
from vtbr_models.inference.preprocessing import prepare

CAPTIONS = [[5, 6, 7, 8], [5, 6, 7, 9, 10], [5, 6], [], [5, 6, 7, 8], [14] * 30, [9, 8, 10]]
LISTS = st.lists(st.lists(st.integers(5, 8), max_size=5), min_size=1, max_size=12)


@pytest.fixture
def images():
    return torch.randn(3, 3, 64, 32, generator=torch.Generator().manual_seed(1))


def slow_score(model, image, words, backward=False):
    """One caption of one image, as training would see it."""
    tokens = torch.tensor([[SOS, *words[: model.textual.max_tokens - 2], EOS]])
    tokens = reverse(tokens) if backward else tokens
    scores = model.logits(model.memory(image[None]), tokens[:, :-1], backward=backward)
    return scores.log_softmax(dim=2).gather(2, tokens[:, 1:, None]).sum().item()


@torch.inference_mode()
@pytest.mark.parametrize("backward", [False, True])
def test_shared_reading_gives_the_scores_of_captions_read_one_by_one(captioner, images, backward):
    found = score(captioner, images, CAPTIONS, backward=backward)
    slow = [[slow_score(captioner, image, words, backward) for words in CAPTIONS] for image in images]
    torch.testing.assert_close(found, torch.tensor(slow), rtol=1e-4, atol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("backward", [False, True])
def test_images_with_captions_of_their_own_are_read_together(captioner, images, backward):
    own = [CAPTIONS[:1], CAPTIONS[1:6], CAPTIONS[5:]]
    found = score_each(captioner.textual, captioner.memory(images), own, backward=backward)
    for image, group, scores in zip(images, own, found, strict=True):
        slow = [slow_score(captioner, image, words, backward) for words in group]
        assert scores == pytest.approx(slow, rel=1e-4)


def test_both_directions_are_the_losses_of_training(captioner, images):
    words = CAPTIONS[1]
    losses = captioner(images[:1], torch.tensor([[SOS, *words, EOS]]))
    for direction in ("forward", "backward"):
        found = score(captioner, images[:1], [words], backward=direction == "backward")
        assert found.item() == pytest.approx(-losses[f"{direction}_loss"].item() * (len(words) + 1), rel=1e-4)


@given(LISTS, st.integers(1, 12))
@settings(max_examples=50)
def test_every_caption_is_one_path_through_one_tree(lists, max_nodes):
    captions = [[SOS, *words, EOS] for words in lists]
    seen = []
    for tree in trees(captions, max_nodes):
        assert len(tree.tokens) <= max_nodes or len(set(map(str, (captions[n] for n in tree.captions)))) == 1
        for number, path in zip(tree.captions, tree.paths, strict=True):
            edges = path[path < len(tree.edge_node)]
            assert [SOS, *tree.edge_token[edges]] == captions[number]
            nodes = tree.edge_node[edges]
            assert tree.tokens[nodes].tolist() == captions[number][:-1]
            assert tree.positions[nodes].tolist() == list(range(len(nodes)))
            for depth, node in enumerate(nodes):
                assert sorted(np.flatnonzero(tree.is_seen[node])) == sorted(nodes[: depth + 1])
        seen += tree.captions
    assert sorted(seen) == list(range(len(captions)))


def run(*arguments, **options):
    return CliRunner().invoke(main, ["score", *map(str, arguments)], **options)


def lines_of(*arguments, **options):
    result = run(*arguments, **options)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def captioned_people(people):
    rows = [json.loads(line) for line in people.read_text("utf-8").splitlines()]
    for number, row in enumerate(rows):
        row["captions"] = ["a person in red", "the blue coat walks by the sea"][: 1 + number % 2]
    people.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return people


def test_an_images_own_captions_are_scored(captioned_people, captions_checkpoint, captioner, preprocessing):
    found = lines_of(captions_checkpoint, captioned_people, "--batch-size", 3)
    rows = [json.loads(line) for line in captioned_people.read_text("utf-8").splitlines()]
    ids = {"a person in red": [5, 6, 7, 8], "the blue coat walks by the sea": [13, 9, 10, 11, 12, 13, 14]}
    for line, row in zip(found, rows, strict=True):
        assert {key: line[key] for key in line if key != "scores"} == {
            key: row[key] for key in row if key != "captions"
        }
        image = prepare((captioned_people.parent / row["path"]).read_bytes(), preprocessing)
        assert [part["caption"] for part in line["scores"]] == row["captions"]
        for part in line["scores"]:
            words = ids[part["caption"]]
            assert part["forward"] == pytest.approx(slow_score(captioner, image, words), rel=1e-4)
            assert part["backward"] == pytest.approx(slow_score(captioner, image, words, True), rel=1e-4)
            assert part["tokens"] == min(len(words), captioner.textual.max_tokens - 2) + 1
            expected = (part["forward"] + part["backward"]) / (2 * part["tokens"])
            assert part["score"] == pytest.approx(expected)


def test_candidates_are_scored_for_every_image_and_the_best_come_first(tmp_path, people, captions_checkpoint):
    sentences = tmp_path / "colours.txt"
    sentences.write_text("a person in red\n\na person in blue\na coat\n", encoding="utf-8")
    every = lines_of(captions_checkpoint, people, "--captions", sentences)
    best = lines_of(captions_checkpoint, people, "--captions", sentences, "--best", 2, "--batch-size", 2)
    for all_of, best_of in zip(every, best, strict=True):
        assert [part["caption"] for part in all_of["scores"]] == [
            "a person in red", "a person in blue", "a coat",
        ]  # fmt: skip
        ranked = sorted(all_of["scores"], key=lambda part: -part["score"])
        assert [part["caption"] for part in best_of["scores"]] == [part["caption"] for part in ranked[:2]]


def test_one_direction_can_be_left_out(captioned_people, captions_checkpoint):
    for line in lines_of(captions_checkpoint, captioned_people, "--direction", "backward"):
        for part in line["scores"]:
            assert set(part) == {"caption", "score", "backward", "tokens"}
            assert part["score"] == pytest.approx(part["backward"] / part["tokens"])


def test_relative_scores_are_less_those_of_a_blank_picture(
    captioned_people, captions_checkpoint, captioner, tmp_path
):
    sentences = tmp_path / "s.txt"
    sentences.write_text("a coat\nthe sea\n")
    blank = torch.zeros(1, 3, 64, 32)
    of_blank = score(captioner, blank, [[5, 10], [13, 14]])[0].tolist()
    for more in ((), ("--captions", sentences)):
        plain = lines_of(captions_checkpoint, captioned_people, *more)
        relative = lines_of(captions_checkpoint, captioned_people, "--relative", *more)
        for before, after in zip(plain, relative, strict=True):
            for number, (a, b) in enumerate(zip(before["scores"], after["scores"], strict=True)):
                assert b["forward"] != pytest.approx(a["forward"])
                if more:
                    expected = a["forward"] - of_blank[number]
                    assert b["forward"] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_an_image_without_captions_is_named(people, captions_checkpoint):
    result = run(captions_checkpoint, people)
    assert result.exit_code == 1
    assert result.stderr == (f"Error: {people}: é0.jpg has no captions: give sentences by --captions FILE\n")


def test_a_file_without_sentences_is_refused(tmp_path, people, captions_checkpoint):
    (tmp_path / "none.txt").write_text("\n \n")
    result = run(captions_checkpoint, people, "--captions", tmp_path / "none.txt")
    assert result.exit_code == 1
    assert "none.txt holds no sentence: write one sentence a line" in result.stderr


def test_an_embedder_cannot_score(captioned_people, reid_checkpoint):
    result = run(reid_checkpoint, captioned_people)
    assert result.exit_code == 1
    assert "is an embedder, which cannot read captions: give a checkpoint of" in result.stderr


def test_a_direction_that_was_not_learnt_is_refused_with_the_way_out(
    tmp_path, captioned_people, captioner_architecture, preprocessing, tokenizer
):
    model = build_model({**captioner_architecture, "objectives": {"captioning": {}}})
    metadata = {"preprocessing": preprocessing.to_metadata(), "tokenizer": json.loads(tokenizer.to_str())}
    save_checkpoint(tmp_path / "forward", model, metadata)
    result = run(tmp_path / "forward", captioned_people)
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "learnt captioning, not to read captions backwards: give one that learnt captioning, "
        "or --direction forward\n"
    )
    assert lines_of(tmp_path / "forward", captioned_people, "--direction", "forward")
