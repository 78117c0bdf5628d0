from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.support.data_commands import TOOL, run, shell
from vtbr_data.manifest.manifest import read_manifest

COMMANDS = [
    [],
    ["index"],
    ["check"],
    ["caption"],
    ["tokenizer"],
    ["tokenizer", "train"],
    ["tokenizer", "show"],
]
COMMANDS += [["stats"], ["render"], ["select"]]
COMMANDS += [["tokenizer", name] for name in ("encode", "decode", "coverage", "import")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_ends_in_an_example(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert re.search(r"Example:\n +vtbr-data .*", result.output)


def test_help_does_not_import_torch_numpy_or_rich():
    script = """
import sys
from tests.support.data_commands import TOOL, run, shell
from vtbr_data.cli import main
for command in sys.argv[1:]:
    main([*command.split(), "--help"], standalone_mode=False)
print(sorted({"torch", "numpy", "PIL", "tokenizers", "rich"} & set(sys.modules)), file=sys.stderr)
"""
    commands = [" ".join(command) for command in COMMANDS]
    done = subprocess.run(
        [sys.executable, "-c", script, *commands], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


def test_the_package_names_are_imported_when_asked_for():
    import vtbr_data

    assert vtbr_data.read_manifest is read_manifest
    assert callable(vtbr_data.describe)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = vtbr_data.nonsense


def test_version_and_wrong_command_line():
    assert run("--version").output.startswith("vtbr-data, version ")
    assert run("index", "imagenet", ".").exit_code == 2
    assert run("caption", "--per-image", "0").exit_code == 2


@pytest.mark.parametrize("command", [["check"], ["caption"], ["stats"], ["tokenizer", "train"]], ids=" ".join)
def test_wrong_input_is_one_line_and_exit_1(command, tmp_path):
    bad = tmp_path / "manifest.jsonl"
    bad.write_text('{"path": "a.jpg"}\n{"path"\n')
    for manifest, message in (
        (bad, "line 2 is not valid JSON"),
        (tmp_path / "none.jsonl", "there is no manifest"),
    ):
        result = run(*command, manifest)
        assert result.exit_code == 1
        assert re.fullmatch(rf"Error: .*{message}.*\n", result.output)


def test_a_file_that_cannot_be_written_is_one_line(tmp_path, manifest_file):
    manifest = manifest_file({"path": "a.jpg", "attributes": {"hat": True}})
    result = run("caption", manifest, "-o", tmp_path / "nowhere" / "out.jsonl")
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: .*nowhere/out\.jsonl\.partial: No such file or directory\n", result.output)


def test_caption_keeps_what_else_a_row_says(manifest_file, tmp_path):
    manifest = manifest_file({"path": "a.jpg", "attributes": {"hair": "long", "weather": "foggy"}, "note": 1})
    assert run("caption", manifest, "-o", tmp_path / "said.jsonl", "--per-image", 3).exit_code == 0
    row = read_manifest(tmp_path / "said.jsonl").rows[0]
    assert len(row.captions) == 3
    assert row.extra == {"note": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("caption M -o M", "--output would overwrite MANIFEST, M"),
        ("caption M -o LINK", "--output would overwrite MANIFEST, LINK"),
        ("select M --count 1 -o X --report X", "--output and --report are both X"),
        ("select M --count 1 --report -", "--output and --report are both stdout"),
        ("select M --hold-out 0.5 --held-out -", "--output and --held-out are both stdout"),
        ("check M --report -", "the manifest"),
        ("check M --report M", "--report would overwrite MANIFEST"),
        ("stats M --page -", "the counts and --page are both stdout"),
        ("stats M --page X --sheet X", "--page and --sheet are both X"),
        ("tokenizer train M -o M", "--output would overwrite MANIFEST"),
        ("tokenizer import M -o X --map X", "--output and --map are both X"),
        ("tokenizer import M -o X --map M", "--map would overwrite MODEL"),
        ("index table M -o M", "--output would overwrite FOLDER"),
        ("index folders . --captions M -o M", "--output would overwrite --captions"),
    ],
)
def test_nothing_is_overwritten_by_accident(manifest_file, tmp_path, words, message):
    manifest = manifest_file({"path": "a.jpg", "captions": ["a man"]})
    (tmp_path / "link.jsonl").symlink_to(manifest)
    names = {"M": str(manifest), "X": str(tmp_path / "x"), "LINK": str(tmp_path / "link.jsonl")}
    before = manifest.read_bytes()
    result = run(*(names.get(word, word) for word in words.split()))
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert " ".join(names.get(word, word) for word in message.split()) in said
    assert manifest.read_bytes() == before
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "words",
    [
        "check M --max-tokens 9",
        "stats M --pictures 3",
        "stats M --sample 3",
        "select M --count 1 --features f",
        "select M --identities 1 --by camera",
        "select M --hold-out 0.5",
        "select M --count 1 --held-out x",
        "index viper . --pattern {identity}",
        "index market1501 . --first-identity 0",
        "index folders . --column path=x",
    ],
)
def test_an_option_without_what_it_needs_is_refused(manifest_file, words):
    manifest = manifest_file({"path": "a.jpg"})
    result = run(*(str(manifest) if word == "M" else word for word in words.split()))
    assert result.exit_code == 2
    assert " needs " in result.stderr


def test_a_mistyped_command_is_answered_with_its_neighbour():
    assert "No such command 'checks'. Did you mean 'check'?" in run("checks").stderr
    assert "Did you mean 'tokenizer'?" in run("tokenizer2").stderr
    assert "Did you mean 'import'?" in run("tokenizer", "impor").stderr
    assert "Try 'main --help' for help." in run("zzz").stderr


def test_a_column_is_named_by_the_user_in_every_command_that_reads_a_table(tmp_path):
    table = tmp_path / "people.csv"
    table.write_text("who;where\n7;a.jpg\n")
    words = ["--column", "identity=who", "--column", "path=where"]
    for command in (["stats", table], ["index", "table", table], ["select", table, "--count", 1]):
        result = run(*command, *words)
        assert result.exit_code == 0, result.output
        assert 'read path from "where", identity from "who"; no column for camera, split' in result.stderr
    piped = run("index", "table", table, *words).stdout
    assert json.loads(piped)["identity"] == 7
    assert json.loads(run("stats", "-", *words, stdin=table.read_bytes()).stdout)["identities"] == 1
    for wrong in ("identity", "person=who", "identity="):
        assert "write KEY=HEADER" in run("stats", table, "--column", wrong).stderr
    lines = run("stats", "-", *words, stdin='{"path": "a"}\n')
    assert lines.exit_code == 1
    assert 'has no column "who", only "path"' in lines.stderr


def test_the_paths_of_a_table_start_from_root(tmp_path):
    (tmp_path / "lists").mkdir()
    table = tmp_path / "lists" / "people.csv"
    table.write_text("path\na.jpg\n")
    assert json.loads(run("index", "table", table, "--root", tmp_path).stdout)["path"] == "a.jpg"
    assert run("index", "table", table, "-o", tmp_path / "m.jsonl").exit_code == 0
    assert read_manifest(tmp_path / "m.jsonl").rows[0].path == "lists/a.jpg"
    assert run("index", "auto", table).stderr.startswith(f"{table} looks like a table")


def test_stats_count_captions_and_attributes(manifest_file):
    manifest = manifest_file(
        {"path": "a.jpg", "identity": 3, "captions": ["a red coat", "a coat"], "attributes": {"hat": True}},
        {"path": "b.jpg"},
    )
    counted = json.loads(run("stats", manifest).stdout)
    assert counted["images"] == 2
    diversity = counted["captions"].pop("diversity")
    assert (diversity["distinct-1"], diversity["lengths"]) == (0.6, {"2": 1, "3": 1})
    assert counted["captions"] == {
        "number": 2,
        "different": 2,
        "images_without": 1,
        "words": {"different": 3, "shortest": 2, "mean": 2.5, "longest": 3},
    }
    assert counted["attributes"] == {"hat": {"true": 1}}


def test_a_manifest_goes_through_a_real_pipe(tmp_path, picture):
    for number in range(6):
        picture(f"people/000{number}/000{number}_c0{number + 1}_w01_l04_p01.png", number)
    done = shell(
        f"{TOOL} index finegpr people | {TOOL} caption - | tee captions.jsonl | {TOOL} check - --root people"
        f" && {TOOL} tokenizer train - < captions.jsonl | {sys.executable} -m json.tool > tokenizer.json",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["images"] == 6
    assert all(
        json.loads(line)["captions"] for line in (tmp_path / "captions.jsonl").read_text().splitlines()
    )
    assert json.loads((tmp_path / "tokenizer.json").read_text())["model"]["unk_token"] == "[UNK]"


def test_a_closed_pipe_ends_quietly(tmp_path):
    lines = "".join(
        json.dumps({"path": f"{n}.jpg", "attributes": {"hat": True}}) + "\n" for n in range(20_000)
    )
    (tmp_path / "m.jsonl").write_text(lines)
    done = shell(f"{TOOL} caption m.jsonl | head -c 100", cwd=tmp_path)
    assert len(done.stdout) == 100
    assert done.stderr == ""
