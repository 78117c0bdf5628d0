from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import pytest
from click.testing import CliRunner

from vtbr_data.cli import main
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
TOOL = f"{shlex.quote(sys.executable)} -m vtbr_data"


def run(*arguments: object, stdin: str | bytes | None = None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def shell(command: str, **more):
    return subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, **more)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_ends_in_an_example(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert re.search(r"Example:\n +vtbr-data .*", result.output)


def test_help_does_not_import_torch_numpy_or_rich():
    script = """
import sys
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


def test_index_writes_paths_from_the_manifests_folder(tmp_path, picture):
    for name in ("cam_a/000_0.bmp", "cam_b/000_90.bmp"):
        picture(f"viper/{name}")
    (tmp_path / "runs").mkdir()
    result = run("index", "viper", tmp_path / "viper", "-o", tmp_path / "runs" / "m.jsonl")
    assert result.exit_code == 0, result.output
    manifest = read_manifest(tmp_path / "runs" / "m.jsonl")
    assert [row.path for row in manifest.rows] == ["../viper/cam_a/000_0.bmp", "../viper/cam_b/000_90.bmp"]
    assert all((manifest.root / row.path).exists() for row in manifest.rows)


def test_index_lists_what_it_knows_and_answers_typos_with_the_nearest_name(tmp_path):
    listed = run("index", "--list")
    assert listed.exit_code == 0
    assert {"market1501", "coco", "files"} <= {line.partition("\t")[0] for line in listed.stdout.splitlines()}
    assert "did you mean market1501?" in run("index", "market", tmp_path).stderr
    assert "`vtbr-data index --list` prints them all" in run("index", "zzz", tmp_path).stderr


def test_index_recognises_a_folder_and_says_what_it_did(tmp_path, picture):
    picture("set/7_c2_x.png")
    picture("set/holiday.png")
    result = run(
        "index", "files", tmp_path / "set", "--pattern", "{identity}_c{camera}_*", "--split", "query"
    )
    assert json.loads(result.stdout) == {"path": "7_c2_x.png", "identity": 7, "camera": 2, "split": "query"}
    assert result.stderr.splitlines() == [
        "left out 1 pictures whose names do not match, holiday.png the first",
        "listed 1 images of named files",
    ]
    result = run("index", "auto", tmp_path / "set")
    assert result.exit_code == 1
    assert "looks like no known dataset; found: 7_c2_x.png, holiday.png" in result.stderr


def test_index_writes_a_table_when_its_name_says_so(tmp_path, manifest_file):
    manifest = manifest_file({"path": "a.jpg", "identity": 3, "attributes": {"hat": True}})
    assert run("index", "table", manifest, "-o", tmp_path / "people.csv").exit_code == 0
    expected = "path,identity,camera,split,attribute.hat\na.jpg,3,-1,gallery,true\n"
    assert (tmp_path / "people.csv").read_text() == expected


def test_check_reports_json_and_exits_1_with_one_line(tmp_path, picture, manifest_file):
    picture("a.png")
    manifest = manifest_file({"path": "a.png", "identity": 1, "split": "query"}, {"path": "gone.png"})
    result = run("check", manifest)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["errors"], report["warnings"]) == (2, 1)
    assert report["fingerprint"] == read_manifest(manifest).fingerprint
    assert {finding["kind"]: finding["count"] for finding in report["findings"]} == {
        "missing": 1,
        "unmatched-query": 1,
        "one-camera": 1,
    }
    assert result.stderr.splitlines()[-1].startswith(
        f"Error: 2 problems in {manifest}: 1 x pictures are not there"
    )


def test_check_prints_a_table_for_people(tmp_path, picture, manifest_file):
    picture("a.png")
    result = run("check", manifest_file({"path": "a.png"}), "--table")
    assert result.exit_code == 0
    assert result.stdout == "1 images of 0 identities from 0 cameras\nnothing is wrong\n"


def test_check_is_strict_when_asked(tmp_path, picture, manifest_file):
    picture("a.png")
    manifest = manifest_file({"path": "a.png", "identity": 3})
    assert run("check", manifest).exit_code == 0
    result = run("check", manifest, "--strict")
    assert result.exit_code == 1
    assert result.stderr.endswith("1 problem in " + f"{manifest}: 1 x identities are in one camera only\n")


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
    assert "there is no command 'checks': did you mean check?" in run("checks").stderr
    assert "there is no command 'tokenizer2'" in run("tokenizer2").stderr
    assert "did you mean import?" in run("tokenizer", "impor").stderr
    assert "use caption, check," in run("zzz").stderr


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
    assert "is JSON Lines, not a table: leave out --column" in lines.stderr


def test_the_paths_of_a_table_start_from_root(tmp_path):
    (tmp_path / "lists").mkdir()
    table = tmp_path / "lists" / "people.csv"
    table.write_text("path\na.jpg\n")
    assert json.loads(run("index", "table", table, "--root", tmp_path).stdout)["path"] == "a.jpg"
    assert run("index", "table", table, "-o", tmp_path / "m.jsonl").exit_code == 0
    assert read_manifest(tmp_path / "m.jsonl").rows[0].path == "lists/a.jpg"
    assert run("index", "auto", table).stderr.startswith(f"{table} looks like a table")


def test_people_are_held_out_and_chosen(manifest_file, tmp_path):
    lines = [
        {"path": f"{person}_{camera}_{number}.jpg", "identity": person, "camera": camera, "split": "train"}
        for person in range(1, 11)
        for camera in (1, 2)
        for number in range(3)
    ]
    manifest = manifest_file(*lines, {"path": "junk.jpg", "split": "train"})
    parts = [tmp_path / "train.jsonl", tmp_path / "test.jsonl"]
    result = run("select", manifest, "--hold-out", 0.2, "-o", parts[0], "--held-out", parts[1])
    assert result.exit_code == 0, result.output
    assert f"held out 2 people: 4 query and 8 gallery images in {parts[1]}" in result.stderr
    train, test = (read_manifest(part).rows for part in parts)
    assert len(train) == 49
    assert {row.split for row in train} == {"train"}
    assert not {row.identity for row in train} & {row.identity for row in test}
    assert run("check", parts[1], "--root", tmp_path).stdout.count("not in the gallery") == 0
    some = run("select", manifest, "--identities", 3)
    more = run("select", manifest, "--identities", 5)
    people = [
        {json.loads(line)["identity"] for line in made.stdout.splitlines()} - {-1} for made in (some, more)
    ]
    assert [len(chosen) for chosen in people] == [3, 5]
    assert people[0] < people[1]
    assert "kept 19 of 61 images, 3 of 10 identities" in some.stderr
    assert (
        "there are 10 people to choose from, fewer than 11"
        in run("select", manifest, "--identities", 11).stderr
    )


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


def test_select_pipes_and_reports(tmp_path):
    lines = [{"path": f"{n}.jpg", "identity": n // 4, "attributes": {"hat": n % 4 == 0}} for n in range(80)]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = shell(
        f"{TOOL} caption m.jsonl | {TOOL} select --fraction 0.5 --by hat --report r.json"
        f" | {TOOL} select --count 9 --method k-centre | {TOOL} stats",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 9
    assert json.loads((tmp_path / "r.json").read_text())["counts"]["hat"] == {
        "false": [60, 20],
        "true": [20, 20],
    }
    assert "kept 40 of 80 images, 19 of 19 identities" in done.stderr
    assert "cosine distance to the nearest kept one" in done.stderr


def test_select_must_be_told_how_many(manifest_file):
    manifest = manifest_file({"path": "a.jpg"})
    assert run("select", manifest).exit_code == 2
    assert run("select", manifest, "--count", 1, "--fraction", 0.5).exit_code == 2
    result = run("select", manifest, "--count", 1, "--method", "k-centre")
    assert re.fullmatch(r"Error: there are no captions to compare.*\n", result.output)


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


def test_missing_pictures_are_grouped_by_folder(manifest_file):
    lines = [{"path": f"train/{number}.jpg"} for number in range(30)] + [{"path": "x/1.jpg"}]
    result = run("check", manifest_file(*lines), "--table")
    assert "30 in train/, such as train/0.jpg" in result.stdout
    assert "  x/1.jpg" in result.stdout
    assert "and 28 more" not in result.stdout
