"""Captions as words, as the Penn Treebank tokenizer of COCO's caption scores splits them, without its Java.

Agrees word for word with Stanford's PTBTokenizer 3.4.1 (`-lowerCase`, COCO's punctuation left out) on what people
write, odd things among it (tests/eval/captions/test_words.py): of the forms that begin at a place the longest is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

Ngram = tuple[str, ...]

_LETTER, _ALNUM = r"[^\W\d_]", r"[^\W_]"
_AUXILIARY = rf"(?:'(?i:s|m|d|re|ve|ll)(?!{_LETTER})|’(?i:s|m|d|re|ve|ll))"
_NOT = rf"(?:(?i:n['`]t)(?!{_LETTER})|(?i:n’t))"
_PLAIN = rf"{_ALNUM}+(?:_{_ALNUM}+)*"
_THING = rf"(?:[dDoOlL]['’](?={_LETTER}))?{_PLAIN}(?:[-‐‑](?:[dDoOlL]['’](?={_LETTER}))?{_PLAIN})*"
_HYPHENED = r"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}"
_INITIALS = rf"{_LETTER}(?:\.{_LETTER})+"

_ABBREVIATIONS = (
    "[a-z]|adj|adm|adv|ala|alex|apr|ariz|ass(?:n|t|oc)|attys?|aug|ave|bancorp|bhd|bldg|blvd|brig|bros|calif|capt|cf|"
    "cie|cmdr|comdr|cos?|col|colo|conn|corp|cpl|ct|dak|dec|dept|det|drs?|elec|ens|esq|est|etc|ext|feb|fla|fri|ft|ga|"
    "gen|govs?|hon|inc|ind|insp|intl|invt|jan|jos|jr|jul|jun|kans?|ky|lieut|lt|ltd|maj|mar|md|messrs|mfg|mich|minn|"
    "mlle|mme|mon?|mont|mrs?|ms|msgr|mt|mtg|natl|ne[bv]|nov|oct|okla|penn|pfc|plc|ppte|ptes?|ppty|ptys?|"
    "pres|profs?|"  # codespell:ignore pres
    "pvt|rd|reps?|rev|rt|sens?|sept?|seq|sfc|sgt|spc|sq|sr|ste?|supt|sys|tel|tenn|thurs?|tues?|univ|va|vs|vt|wed|"
    "wisc?|wm|wyo|ph"
)
"""Keep their full stop wherever they stand (found by trying all of up to four letters)."""
_CAPITAL = "A(?i:rk|z)|D(?i:el)|I(?i:ll)|L(?i:a)|M(?i:ass|iss)|O(?i:re)|P(?i:a)|T(?i:ex)|W(?i:ash)"
_BEFORE_NUMBERS = "art|ca|figs?|nos?|op|pp|prop"

_FORMS = (
    r"</?[A-Za-z!?][^<>]{0,99}>",  # a tag
    r"https?://[^\s\"<>|()]+[^\s\"<>|.!?(){},-]",
    rf"(?:{_PLAIN}\.){{1,8}}(?:com|net|org|edu)/[^\s\"<>|()]+[^\s\"<>|.!?(){{}},-]",
    r"[A-Za-z0-9][^\s\"<>|()@]{0,63}@[^\s\"<>|().]+(?:\.[^\s\"<>|().]+)*",  # an e-mail address
    r"@[A-Za-z_]\w*|#[A-Za-z]+",
    rf"[A-Za-z]*[A-MO-Za-mo-z](?={_NOT})|{_NOT}",
    rf"{_LETTER}{_ALNUM}*(?={_AUXILIARY})",
    rf"(?:{_INITIALS})\.?(?:-(?:{_INITIALS}\.|{_PLAIN}))+",
    rf"{_HYPHENED}(?:\\?/{_HYPHENED}){{1,2}}",
    r"[A-Z]+(?:[&+][A-Z]+)+|[Cc](?:\+\+|#)",
    rf"(?:{_LETTER}{_ALNUM}*(?:[.!?]{_LETTER}{_ALNUM}*)*|{_THING}|\d+)\.(?=[,;:])",
    rf"(?=[A-Za-z]+\.-)(?i:{_ABBREVIATIONS})\.(?:-{_PLAIN})+",
    rf"[A-Za-z0-9]+(?:[.,]+[A-Za-z0-9]+)+(?:-{_PLAIN})+",
    rf"(?:{_INITIALS}|[Pp][Hh]\.[Dd])\.(?!{_LETTER})",
    rf"{_LETTER}{_ALNUM}*(?:[.!?]{_LETTER}{_ALNUM}*)+",  # shoes.She
    rf"(?=[A-Za-z.]+\.)(?:(?i:{_ABBREVIATIONS})|{_CAPITAL})\.",
    rf"(?i:{_BEFORE_NUMBERS})\.(?=\s?\d)",
    rf"(?i:(can)(not)|(gon|wan)(na)|(got)(ta)|(lem|gim)(me))(?![-_/]?{_ALNUM})",
    rf"(?i:(['’]t)(is|was))(?!{_ALNUM})",
    rf"(?i:ma['’]am|c['’]mon)(?!{_ALNUM})|[yY]['’](?={_LETTER})",
    rf"['’][nN](?:['’]|(?=\s|$))|(?i:['’](?:cause|em|till?|\d0s))(?!{_ALNUM})|['’]\d\d(?=\s|$)",
    _AUXILIARY,
    r"[+-]?\d*(?:[.:,]\d+)+",
    _THING,
    r"[+-]\d+",
    r"[:;=][-o*']?[()\[\]{}dDpP](?!\w)",  # a smiley
    r"[!?]{2,}|\.\.\.|--+|\*+|_+|<<+|>>+|''|&(?:lt|gt|#\d+);",
    r"[^\s\w]|_",
)
_WORD = re.compile("|".join(_FORMS))
_ENTITIES = {"&amp;": "&", "&apos;": "'", "&quot;": '"', "&nbsp;": " ", "\xad": "", "…": " ... ", "‥": " "}
_ENTITIES |= {"½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "²": " ² ", "³": " ³ ", "¹": " ¹ "}
_ENTITY = re.compile("|".join(_ENTITIES))
_WRITTEN = str.maketrans(
    {"(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-", "’": "'"}
    | {"£": "#", "€": "$", "¢": "cents"}
)
_NAMED = {"&lt;": "<", "&gt;": ">"}
_LEFT_OUT = {*".?!,:;'`\"“”‘’‛«»‹›–—―‐‑‒₹₩", "''", "..."}
_UNKNOWN = re.compile(r"[\u200b-\u200f\ufe00-\ufeff\U00010000-\U0010ffff]")
"""Characters that the tokenizer does not know and drops."""


def words(caption: str) -> list[str]:
    """Returns the words of a caption, lower-cased, without punctuation.

    >>> words("A man's T-shirt isn't red, is it?")
    ['a', 'man', "'s", 't-shirt', 'is', "n't", 'red', 'is', 'it']
    >>> words("a 'shirt in yellow/green (3/4) and black shoes.She cannot")
    ['a', 'shirt', 'in', 'yellow/green', '-lrb-', '3/4', '-rrb-', 'and', 'black', 'shoes.she', 'can', 'not']
    """
    text = _UNKNOWN.sub(" ", _ENTITY.sub(lambda match: _ENTITIES[match.group()], caption))
    if "<" in text:  # a tag may hold spaces
        return list(_split(text))
    chunks = text.split()
    found: list[str] = []
    for chunk, after in zip(chunks, [*chunks[1:], ""], strict=False):
        found += _split_known(chunk, "0" <= after[:1] <= "9")
    return found


@lru_cache(maxsize=2**16)
def _split_known(chunk: str, is_before_number: bool) -> tuple[str, ...]:
    """Splits the text between two spaces, which is mostly known from another caption."""
    found = tuple(_split(f"{chunk} 0" if is_before_number else chunk))
    return found[:-1] if is_before_number else found


def _split(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        for part in filter(None, match.groups() if match.lastindex else (match.group(),)):
            word = _NAMED.get(part, part)
            if word not in _LEFT_OUT and word.strip("-"):
                yield from word.lower().translate(_WRITTEN).split()


def ngrams(said: list[str], length: int) -> Counter[Ngram]:
    """Counts each run of `length` words in the caption.

    >>> ngrams(["a", "b", "a", "b"], 2)
    Counter({('a', 'b'): 2, ('b', 'a'): 1})
    """
    return Counter(tuple(said[i : i + length]) for i in range(len(said) - length + 1))
