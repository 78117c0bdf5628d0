"""`vtbr-data tokenizer`."""

from __future__ import annotations

import json

import click

from vtbr_data.cli.group import HELP_NAMES, Commands


@click.group(cls=Commands, context_settings=HELP_NAMES)
def tokenizer() -> None:
    """Train a tokenizer on captions, or look at one.

    \b
    Example:
      vtbr-data tokenizer train manifest.jsonl | jq '.model.vocab | length'
    """


@tokenizer.command()
@click.argument("manifest", default="-")
@click.option("-o", "--output", default="-", help="The tokenizer's JSON; `-` is stdout.")
@click.option(
    "--vocabulary-size", type=click.IntRange(6), default=10_000, show_default=True, help="Most tokens."
)
@click.option(
    "--split", type=click.Choice(["train", "query", "gallery"]), help="Learn from this split alone."
)
def train(manifest: str, output: str, vocabulary_size: int, split: str | None) -> None:
    """Train byte-pair encoding on the captions of MANIFEST.

    Lower-cased, accents stripped. Ids: [PAD] 0, [SOS] 1, [EOS] 2, [MASK] 3, [UNK] 4.

    \b
    Example:
      vtbr-data caption manifest.jsonl | vtbr-data tokenizer train - -o tokenizer.json
    """
    from vtbr_data.captions import every_caption
    from vtbr_data.manifest import read_manifest
    from vtbr_data.output import open_output
    from vtbr_data.tokenizer import train_tokenizer

    captions = list(every_caption(read_manifest(manifest), split=split))
    trained = train_tokenizer(captions, vocabulary_size)
    with open_output(output) as file:
        file.write(trained.to_str(pretty=True).encode() + b"\n")
    longest = max(len(encoding.ids) for encoding in trained.encode_batch(captions))
    click.echo(
        f"{trained.get_vocab_size()} tokens from {len(captions)} captions, the longest of {longest} tokens",
        err=True,
    )


@tokenizer.command()
@click.argument("file")
@click.option("--text", help="Show how this text is cut.")
def show(file: str, text: str | None) -> None:
    """Print what is in a tokenizer FILE, or with --text how it cuts a text.

    \b
    Example:
      vtbr-data tokenizer show tokenizer.json --text "a red coat" | jq -r '.tokens[]'
    """
    from vtbr_data.tokenizer import read_tokenizer, summary

    read = read_tokenizer(file)
    if text is None:
        shown = summary(read)
    else:
        encoding = read.encode(text)
        shown = {"ids": encoding.ids, "tokens": encoding.tokens, "decoded": read.decode(encoding.ids)}
    click.echo(json.dumps(shown, ensure_ascii=False))
