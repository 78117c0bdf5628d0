from __future__ import annotations

import json
import re

from tests.support.data_commands import TOOL, run, shell


def test_tokenizer_is_trained_and_shown(tmp_path, manifest_file):
    manifest = manifest_file({"path": "a.jpg", "captions": ["a red coat", "a blue coat"]})
    target = tmp_path / "tokenizer.json"
    result = run("tokenizer", "train", manifest, "-o", target)
    assert result.exit_code == 0
    assert re.search(r"tokens from 2 captions", result.stderr)
    shown = json.loads(run("tokenizer", "show", target).stdout)
    assert shown["special"] == {"[PAD]": 0, "[SOS]": 1, "[EOS]": 2, "[MASK]": 3, "[UNK]": 4}
    cut = json.loads(run("tokenizer", "show", target, "--text", "A RED coat").stdout)
    assert cut["decoded"] == "a red coat"


def test_an_empty_caption_stops_the_tokenizer(manifest_file, tmp_path):
    manifest = manifest_file(
        {"path": "a.jpg", "captions": ["a red coat"]}, {"path": "b.jpg", "captions": [""]}
    )
    result = run("tokenizer", "train", manifest, "-o", tmp_path / "tokenizer.json")
    assert result.exit_code == 1
    assert re.fullmatch(
        r"Error: .* line 2 \(b\.jpg\): caption 1 is empty: remove or write it\n", result.output
    )
    assert not list(tmp_path.glob("tokenizer*"))


def test_text_is_encoded_and_decoded_through_a_pipe(tmp_path, manifest_file):
    manifest_file({"path": "a.jpg", "captions": ["a red coat", "a blue coat, facing left"]})
    said = "A red coat\n\na blue coat, facing left\n" * 700
    (tmp_path / "said.txt").write_text(said)
    done = shell(
        f"{TOOL} tokenizer train manifest.jsonl --model unigram -o t.json"
        f" && {TOOL} tokenizer encode t.json said.txt | tee ids.jsonl | {TOOL} tokenizer decode t.json",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == said.lower()
    assert json.loads((tmp_path / "ids.jsonl").read_text().splitlines()[1]) == []
    tokens = run("tokenizer", "encode", tmp_path / "t.json", "--tokens", stdin="coat").stdout
    assert "".join(json.loads(tokens)) == "▁coat"
    assert (
        run("tokenizer", "decode", tmp_path / "t.json", "--special", stdin="[1, 2]").stdout == "[SOS][EOS]\n"
    )


def test_wrong_ids_and_text_that_is_no_utf_8_are_one_line(tmp_path, manifest_file):
    manifest = manifest_file({"path": "a.jpg", "captions": ["a red coat"]})
    target = tmp_path / "t.json"
    assert run("tokenizer", "train", manifest, "-o", target).exit_code == 0
    result = run("tokenizer", "decode", target, stdin="[5]\n[9999]\n")
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: line 2 has the id 9999: the tokenizer has 0 to \d+\n", result.output)
    result = run("tokenizer", "encode", target, stdin=b"\xff\n")
    assert result.exit_code == 1
    assert result.output.startswith("Error: the text is not UTF-8")


def test_coverage_is_reported(tmp_path, manifest_file):
    manifest = manifest_file({"path": "a.jpg", "captions": ["a red coat", "a coat"]})
    assert run("tokenizer", "train", manifest, "-o", tmp_path / "t.json").exit_code == 0
    result = run("tokenizer", "coverage", tmp_path / "t.json", manifest, "--max-tokens", 4)
    assert json.loads(result.stdout)["cut"] == {"max_tokens": 4, "share_of_captions": 0.5}
    assert "2 captions of 2.5 tokens on average; 0.00 % of the tokens are unknown, 50.00 %" in result.stderr
