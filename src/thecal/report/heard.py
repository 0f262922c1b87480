"""What other rooms say in English, found again in the book of sentences and said in the report's language and with its names.

A sentence that is not in the book is shown as it came: a reader loses nothing but the language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from thecal.report import words

_GAP = re.compile(r"\{(\w+)\}")
# Gaps whose filling has a name of its own in the report's words; any other filling is a number or a key and stays.
_NAMED = {
    "finding": "finding",
    "state": "state",
    "entity": "named",
    "regions": "region",
    "sites": "state",
    "rates": "rates",
    "roles": "needed",
}


def translate(sentence: str, language: str, told: Mapping[str, str]) -> str:
    """The sentence in the language, names in it by the words given; several sentences are tried one by one."""
    if not sentence.strip():
        return sentence
    whole = _look_up(sentence, language, told)
    if whole is not None:
        return whole
    for mark in (r"(?<=\.) (?=\S)", r"(?<=;) (?=\S)"):
        if len(parts := re.split(mark, sentence)) > 1:
            return " ".join(translate(part, language, told) for part in parts)
    return _spaced(sentence)


def known(sentence: str, language: str) -> bool:
    """Whether the book has the sentence."""
    return _look_up(sentence, language, words.read(language)) is not None


def fits(template: str, sentence: str) -> bool:
    """Whether a sentence is made from an English template with gaps."""
    return _pattern(template).fullmatch(sentence.strip()) is not None


@cache
def book() -> tuple[Mapping[str, str], ...]:
    """The sentences: English under `en`, each other language under its code."""
    text = resources.files("thecal.report.words").joinpath("heard.yaml").read_text(encoding="utf-8")
    return tuple(yaml.load(text, Loader=yaml.BaseLoader))


@cache
def _plain(language: str) -> Mapping[str, str]:
    return {_key(entry["en"]): entry[language] for entry in book() if not _GAP.search(entry["en"])}


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    gapped = (entry for entry in book() if _GAP.search(entry["en"]))
    return tuple((_pattern(entry["en"]), entry[language]) for entry in gapped)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = _GAP.split(template.rstrip("."))
    told = "".join(
        f"(?P<{piece}>{_fillings(piece)})" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
    )
    return re.compile(rf"{told}\.?", re.IGNORECASE)


@cache
def _fillings(gap: str) -> str:
    """What may stand in a gap: a finding's or state's code with spaces for underscores, or anything."""
    kind = _kind(gap)
    if kind is None or gap.rstrip("0123456789") not in ("finding", "state", "roles"):
        return ".+?"
    names = "|".join(sorted(map(re.escape, _names(kind, words.read("en"))), key=len, reverse=True))
    return f"(?:{names})(?: or (?:{names}))*" if kind == "needed" else names


def _kind(gap: str) -> str | None:
    return _NAMED.get(gap.rstrip("0123456789"))


def _look_up(sentence: str, language: str, told: Mapping[str, str]) -> str | None:
    """The translation with the sentence's own ending; None where the book lacks it."""
    bare = sentence.strip()
    end = "." if bare.endswith(".") else ""
    found = _plain(language).get(_key(bare))
    if found is None:
        for pattern, template in _patterns(language):
            if match := pattern.fullmatch(bare):
                filled = {gap: _name(gap, text, language, told) for gap, text in match.groupdict().items()}
                found = template.format(**filled)
                break
    if found is None:
        return None
    said = found.rstrip(".") + end
    return said[:1].upper() + said[1:] if bare[:1].isupper() else said


def _name(gap: str, text: str, language: str, told: Mapping[str, str]) -> str:
    """The filling of a gap by its name in the words; of several, each; a sentence within it by the book."""
    if (kind := _kind(gap)) is not None:
        names = _names(kind, told)
        longest = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        parts = re.findall(longest, text, re.IGNORECASE) if kind == "needed" else text.split(", ")
        named = names.get(_key(text)) or ", ".join(_named(part, names) for part in parts)
        return _small(named) if kind == "finding" and told.get("nouns") == "small" else named
    if gap == "counts":
        return re.sub(r"(\d+) of (\d+)", lambda m: told["differential.count"].format(n=m[1], of=m[2]), text)
    if gap.rstrip("0123456789") == "share":
        return _spaced(text.replace(".", told.get("decimal", ".")))
    if gap == "said":
        return translate(text, language, told)
    return text


def _named(part: str, names: Mapping[str, str]) -> str:
    """A name, or a name with its share: `lung 23%`."""
    name, share = re.fullmatch(r"(.*?)( \d+%)?", part).groups("")  # type: ignore[union-attr]
    return names.get(_key(name), name) + _spaced(share)


def _small(name: str) -> str:
    """A name as it stands within a sentence: `cap sign`, but `T1 signal`."""
    return name if name[1:2].isupper() or name[1:2].isdigit() else name[:1].lower() + name[1:]


def _spaced(text: str) -> str:
    """Per cent signs set off from their number, as everywhere in a report."""
    return re.sub(r"(?<=\d)%", "\u202f%", text)


def _names(kind: str, told: Mapping[str, str]) -> dict[str, str]:
    """The names of a kind by how other rooms speak of them: by their code with spaces, or by what stands for it in English."""
    english = words.read("en")
    codes = {key: name for key, name in told.items() if key.startswith(f"{kind}.")}
    by_code = {_key(key.rsplit(".", 1)[-1].replace("_", " ")): name for key, name in codes.items()}
    return by_code if kind != "needed" else by_code | {_key(english[key]): name for key, name in codes.items()}


def _key(text: str) -> str:
    return text.strip().rstrip(".").casefold()
