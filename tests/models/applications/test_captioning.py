from __future__ import annotations

import gzip
import json

import pytest
from click.testing import CliRunner
from PIL import Image

from vtbr_models.checkpoint.checkpoint import save_checkpoint
from vtbr_models.cli import main
from vtbr_models.decoding.beam_search import BeamSearch
from vtbr_models.decoding.generation import generate
from vtbr_models.inference.preprocessing import prepare


def caption(*arguments, **options):
    return CliRunner().invoke(main, ["caption", *map(str, arguments)], **options)


@pytest.mark.parametrize(("option", "beams"), [((), 5), (("--beam", 2), 2), (("--greedy",), 1)])
def test_each_line_keeps_its_keys_and_gets_the_models_words(
    people, captioner, captions_checkpoint, option, beams, preprocessing, words
):
    result = caption(captions_checkpoint, people, "--batch-size", 3, *option)
    assert result.exit_code == 0, result.stderr
    written = [json.loads(line) for line in result.stdout.splitlines()]
    read = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    assert [{key: row[key] for key in row if key != "captions"} for row in written] == read
    for row in written:
        image = prepare((people.parent / row["path"]).read_bytes(), preprocessing)[None]
        ((expected,),) = generate(captioner, image, BeamSearch(beams=beams))
        assert row["captions"] == [" ".join(words[token] for token in expected.tokens if token > 4)]
    assert result.stderr == "captioned 7 images\n"


def test_earlier_captions_give_way_and_a_split_can_be_chosen(tmp_path, people, captions_checkpoint):
    lines = [json.loads(line) | {"captions": ["by hand"]} for line in people.read_text("utf-8").splitlines()]
    people.write_text("\n".join(map(json.dumps, lines)))
    output = people.parent / "captions.jsonl.gz"
    assert caption(captions_checkpoint, people, "--split", "train", "-o", output).exit_code == 0
    written = [json.loads(line) for line in gzip.decompress(output.read_bytes()).splitlines()]
    assert [row["path"] for row in written] == [row["path"] for row in lines if row["split"] == "train"]
    assert all(row["captions"] != ["by hand"] and len(row["captions"]) == 1 for row in written)


def test_an_embedder_cannot_write(people, reid_checkpoint):
    result = caption(reid_checkpoint, people)
    assert result.exit_code == 1
    assert "is an embedder, which cannot write: give a checkpoint of `vtbr-train pretrain`" in result.stderr


@pytest.mark.parametrize(
    ("tokenizer", "message"), [(None, "holds no tokenizer"), ({"model": 3}, "its tokenizer cannot be read")]
)
def test_a_captioner_without_a_tokenizer_is_refused(
    tmp_path, people, captioner, tokenizer, message, preprocessing
):
    metadata = {"preprocessing": preprocessing.to_metadata(), "tokenizer": tokenizer}
    save_checkpoint(tmp_path / "c", captioner, metadata)
    result = caption(tmp_path / "c", people)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_failure_midway_leaves_no_file(people, captions_checkpoint, tmp_path):
    (people.parent / "é6.jpg").write_bytes(b"no picture")
    result = caption(captions_checkpoint, people, "--batch-size", 1, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 1
    assert not list(tmp_path.glob("out*"))


def test_samples_depend_on_the_seed_and_not_on_the_batch_size(people, captions_checkpoint):
    options = ("--sample", "--captions", 2, "--top-p", 0.9, "--temperature", 4)
    first, again, other = (
        caption(captions_checkpoint, people, *options, *more).stdout
        for more in ((), ("--batch-size", 2), ("--seed", 1))
    )
    assert first == again
    assert first != other
    assert {len(json.loads(line)["captions"]) for line in first.splitlines()} == {2}


def test_beam_search_writes_several_captions_best_first(people, captions_checkpoint):
    several = caption(captions_checkpoint, people, "--captions", 3, "--beam", 5, "--no-repeat-ngram", 2)
    one = caption(captions_checkpoint, people, "--no-repeat-ngram", 2)
    for line, single in zip(several.stdout.splitlines(), one.stdout.splitlines(), strict=True):
        captions = json.loads(line)["captions"]
        assert len(captions) == 3
        assert captions[:1] == json.loads(single)["captions"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--top-p", 0.9), "--top-p needs --sample"),
        (("--sample", "--beam", 3), "--beam does not go with --sample"),
        (("--sample", "--greedy"), "--greedy goes neither with --sample nor with --beam"),
        (("--captions", 4, "--beam", 3), "--captions 4 needs at least as many beams: --beam 4"),
    ],
)
def test_options_of_the_other_method_are_refused(people, captions_checkpoint, options, message):
    result = caption(captions_checkpoint, people, *options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_skip_missing_leaves_out_what_cannot_be_read_and_counts_it(people, captions_checkpoint):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    (people.parent / rows[1]["path"]).unlink()
    words = ["caption", str(captions_checkpoint), str(people), "--sample", "--seed", "3"]
    whole = CliRunner().invoke(main, [*words])
    assert whole.exit_code == 1
    result = CliRunner().invoke(main, [*words, "--skip-missing"])
    assert result.exit_code == 0
    assert [json.loads(line)["path"] for line in result.stdout.splitlines()] == [
        row["path"] for number, row in enumerate(rows) if number != 1
    ]
    assert f"skipped: {people.parent / rows[1]['path']}" in result.stderr
    assert f"captioned {len(rows) - 1} images, left out 1 that cannot be read" in result.stderr


@pytest.mark.parametrize("command", ["caption", "extract"])
def test_animated_pictures_are_named_as_read_by_their_first_frame(
    people, captions_checkpoint, tmp_path, command
):
    rows = [json.loads(line) for line in people.read_text(encoding="utf-8").splitlines()]
    animated = people.parent / rows[1]["path"]
    frames = [Image.new("RGB", (8, 16), colour) for colour in ("red", "blue")]
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    words = [command, str(captions_checkpoint), str(people), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.stderr
    assert f"1 picture has several frames, of which the first was read: {animated}\n" in result.stderr
