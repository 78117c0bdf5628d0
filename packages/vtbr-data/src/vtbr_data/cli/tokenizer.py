"""`vtbr-data tokenizer`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

import click

from . import options
from .group import HELP_NAMES, Commands
from .options import ManifestInput

MODELS = ("bpe", "wordpiece", "unigram")
_BATCH = 1000  # lines


@click.group(cls=Commands, context_settings=HELP_NAMES)
def tokenizer() -> None:
    """Train a tokenizer on captions; import, use or inspect one.

    \b
    Example:
      vtbr-data tokenizer train manifest.jsonl | jq '.model.vocab | length'
    """


@tokenizer.command()
@options.manifest
@click.option("-o", "--output", default="-", help="The tokenizer's JSON; `-` is stdout.")
@click.option("--model", type=click.Choice(MODELS), default="bpe", show_default=True, help="What is trained.")
@click.option(
    "--vocabulary-size", type=click.IntRange(6), default=10_000, show_default=True, help="Most tokens."
)
@click.option("--byte-fallback", is_flag=True, help="Spell unknown characters by 256 byte tokens.")
@options.split
def train(
    manifest: ManifestInput,
    output: str,
    model: str,
    vocabulary_size: int,
    byte_fallback: bool,
    split: str | None,
) -> None:
    """Train a tokenizer on the captions of MANIFEST; the same captions give the same bytes.

    Lower-cased, accents stripped. Ids: [PAD] 0, [SOS] 1, [EOS] 2, [MASK] 3, [UNK] 4.

    \b
    Example:
      vtbr-data caption manifest.jsonl | vtbr-data tokenizer train - -o tokenizer.json
    """
    from ..captions import every_caption
    from ..output import open_output
    from ..tokenizer import train_tokenizer

    options.require_distinct({"MANIFEST": manifest.path}, {"--output": output})
    captions = list(every_caption(manifest.read(), split=split))
    trained = train_tokenizer(captions, vocabulary_size, model=model, byte_fallback=byte_fallback)
    with open_output(output) as file:
        file.write(trained.to_str(pretty=True).encode() + b"\n")
    click.echo(f"{trained.get_vocab_size()} tokens from {len(captions)} captions", err=True)


@tokenizer.command()
@click.argument("file")
@click.option("--text", help="Show how this text is cut.")
def show(file: str, text: str | None) -> None:
    """Print what is in a tokenizer FILE, or with --text how it cuts a text.

    \b
    Example:
      vtbr-data tokenizer show tokenizer.json --text "a red coat" | jq -r '.tokens[]'
    """
    from ..tokenizer import read_tokenizer, summary

    read = read_tokenizer(file, any_ids=True)
    if text is None:
        shown = summary(read)
    else:
        encoding = read.encode(text)
        shown = {"ids": encoding.ids, "tokens": encoding.tokens, "decoded": read.decode(encoding.ids)}
    click.echo(json.dumps(shown, ensure_ascii=False))


@tokenizer.command()
@click.argument("file")
@click.argument("lines", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--tokens", is_flag=True, help="Print tokens in place of their ids.")
def encode(file: str, lines: IO[str], tokens: bool) -> None:
    """Cut each line of LINES by the tokenizer FILE; print its ids as a JSON list, a line each.

    \b
    Example:
      vtbr-data tokenizer encode t.json words.txt | vtbr-data tokenizer decode t.json
    """
    from ..tokenizer import read_tokenizer

    read = read_tokenizer(file, any_ids=True)
    for batch in _batches(line.rstrip("\r\n") for line in _text_lines(lines)):
        for encoding in read.encode_batch(batch):
            click.echo(json.dumps(encoding.tokens if tokens else encoding.ids, ensure_ascii=False))


@tokenizer.command()
@click.argument("file")
@click.argument("lines", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--special", is_flag=True, help="Print special tokens such as [SOS] as well.")
def decode(file: str, lines: IO[str], special: bool) -> None:
    """Print the text of each line of LINES, a JSON list of ids of the tokenizer FILE.

    \b
    Example:
      vtbr-data tokenizer decode t.json <<< "[1, 17, 23, 2]"
    """
    from ..tokenizer import ids_of_line, read_tokenizer

    read = read_tokenizer(file, any_ids=True)
    size = read.get_vocab_size()
    ids = (ids_of_line(line, number, size) for number, line in enumerate(_text_lines(lines), start=1))
    for batch in _batches(ids):
        for text in read.decode_batch(batch, skip_special_tokens=not special):
            click.echo(text)


@tokenizer.command()
@click.argument("file")
@options.manifest
@click.option(
    "--max-tokens",
    type=click.IntRange(3),
    default=30,
    show_default=True,
    help="Positions of the model, [SOS] and [EOS] among them.",
)
@options.split
def coverage(file: str, manifest: ManifestInput, max_tokens: int, split: str | None) -> None:
    """Say how well the tokenizer FILE fits the captions of MANIFEST, as JSON.

    Tokens a caption and a word, unknown ones and the words they are in, and the share of captions that a
    model of --max-tokens positions would cut.

    \b
    Example:
      vtbr-data tokenizer coverage tokenizer.json manifest.jsonl | jq '.unknown, .cut'
    """
    from ..captions import every_caption
    from ..tokenizer import caption_coverage as measure
    from ..tokenizer import read_tokenizer

    read = read_tokenizer(file, any_ids=True)
    found = measure(read, every_caption(manifest.read(), split=split), max_tokens)
    click.echo(json.dumps(found, ensure_ascii=False))
    unknown, cut = found["unknown"]["share_of_tokens"], found["cut"]["share_of_captions"]
    tokens = f"{found['captions']} captions of {found['tokens']['mean']} tokens on average"
    known = f"{100 * unknown:.2f} % of the tokens are unknown"
    short = f"{100 * cut:.2f} % of the captions are longer than {max_tokens} positions"
    click.echo(f"{tokens}; {known}, {short}", err=True)


@tokenizer.command("import")
@click.argument("model")
@click.option("-o", "--output", default="-", help="The tokenizer's JSON; `-` is stdout.")
@click.option("--keep-ids", is_flag=True, help="Keep the model's own ids, for other tools.")
@click.option("--lower-case", is_flag=True, help="First lower-case and strip accents, as VirTex does itself.")
@click.option("--map", "map_file", help="Write the new id of each id of the model, as a JSON list.")
def import_model(model: str, output: str, keep_ids: bool, lower_case: bool, map_file: str | None) -> None:
    """Turn a sentencepiece MODEL (`.model`, BPE or unigram) into a tokenizer file.

    Padding, start, end, mask and unknown pieces get the ids 0 to 4 by their names, all others follow in their
    order; a checkpoint trained with the model's ids needs its embedding in the same order, see --map.
    Training takes no tokenizer with other ids than these.

    \b
    Example:
      vtbr-data tokenizer import coco.model --lower-case -o tokenizer.json --map ids.json
    """
    from ..output import open_output
    from ..tokenizer import read_model, to_tokenizer

    options.require_distinct({"MODEL": model}, {"--output": output, "--map": map_file})
    made, ids = to_tokenizer(read_model(model), keeps_ids=keep_ids, lower_case=lower_case)
    with open_output(output) as file:
        file.write(made.to_str(pretty=True).encode() + b"\n")
    if map_file:
        with open_output(map_file) as file:
            file.write(json.dumps(ids).encode() + b"\n")
    kept = "their ids kept" if keep_ids else "special pieces first, see --map"
    click.echo(f"{made.get_vocab_size()} tokens from {len(ids)} pieces, {kept}", err=True)


def _text_lines(lines: IO[str]) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise click.ClickException(f"the text is not UTF-8: {error.reason}") from error


def _batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
