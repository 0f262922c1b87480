"""Words put together: names, numbers and ranges as a report writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from thecal.records import Finding, Report
from thecal.report import heard
from thecal.report import words as languages

# Names of entities that begin with a person's name.
PROPER = ("Guillain",)
NARROW = "\u202f"
# From these probabilities on, a state is written plainly, or with "probably"; below, with "possibly" (judged).
PLAIN, PROBABLE = 0.9, 0.7
# Below this a lesion or a state is marked as of low confidence (judged).
LOW = 0.7


@dataclass(frozen=True)
class Wording:
    """A language's words, asked by key; an unknown name is shown as its code with spaces."""

    words: Mapping[str, str]

    @property
    def language(self) -> str:
        """The language's code: en, de."""
        return self.words.get("language", languages.LANGUAGES[0])

    def say(self, key: str, **values: object) -> str:
        """A sentence with its gaps filled in."""
        return self.words[key].format(**values)

    def name(self, kind: str, code: str) -> str:
        """The name of a code of a kind: finding, state, entity, role …"""
        return self.words.get(f"{kind}.{code}", code.replace("_", " "))

    def finding(self, code: str) -> str:
        """A finding's name, with a capital."""
        return capital(self.name("finding", code))

    def state_name(self, finding: str, state: str) -> str:
        """The name of a finding's state; the same word may mean another thing of another finding."""
        return self.words.get(f"state.{finding}.{state}") or self.name("state", state)

    def stage(self, code: str) -> str:
        """A stage's name; a finding's module counts as a stage."""
        return self.words.get(f"stage.{code}") or self.name("finding", code)

    def unit(self, unit: str | None) -> str:
        """A unit as it is printed."""
        return "" if unit is None else self.words.get(f"unit.{unit}", unit)

    def heard(self, sentence: str) -> str:
        """A sentence of another room, which speaks English, in this language; as it is where its translation is not known."""
        return heard.translate(sentence, self.language, self.words)

    def within(self, name: str) -> str:
        """A name as it stands within a sentence: small in English, as it is where nouns have capitals."""
        return name if self.words.get("nouns") == "capital" else lower(name)

    def hedge(self, probability: float, *, noun: bool = False) -> str:
        """Nothing, `probably ` or `possibly ` before a state of that probability; before a noun `probable `, `possible `."""
        if probability >= PLAIN:
            return ""
        likely, less = ("probable", "possible") if noun else ("probably", "possibly")
        return self.words[f"lesion.{likely if probability >= PROBABLE else less}"]

    def state(self, finding: Finding) -> str:
        """A finding's most probable state, hedged; for a number the number with its unit."""
        if finding.probabilities is None:
            assert finding.value is not None
            return self.number(finding.value, finding.value_sd)
        state = finding.state
        assert state is not None
        return self.hedge(finding.probabilities[state]) + self.state_name(finding.code, state)

    def number(self, value: float, sd: float | None = None) -> str:
        """A number with as many digits as it is worth, and its standard deviation, with the language's decimal mark."""
        return self.decimal(number(value, sd))

    def decimal(self, told: str) -> str:
        """A printed number with the language's decimal mark."""
        return told.replace(".", self.words.get("decimal", "."))


def wording_of(report: Report) -> Wording:
    """The words a report is rendered in: its own, and where it has none the language's."""
    return Wording({**languages.read(report.words.get("language", languages.LANGUAGES[0])), **report.words})


def percent(probability: float) -> str:
    """A probability in per cent; never 0 or 100 unless it is exactly that."""
    if 0 < probability < 0.01:
        return f"<{NARROW}1{NARROW}%"
    if 0.99 < probability < 1:
        return f">{NARROW}99{NARROW}%"
    return f"{probability * 100:.0f}{NARROW}%"


def percents(interval: Sequence[float]) -> str:
    """An interval in per cent."""
    return f"{interval[0] * 100:.0f}–{interval[1] * 100:.0f}{NARROW}%"


def number(value: float, sd: float | None = None) -> str:
    """A number with as many digits as it is worth, and its standard deviation."""
    digits = 0 if abs(value) >= 20 or float(value).is_integer() else 1 if abs(value) >= 1 else 2
    told = f"{value:.{digits}f}".replace("-", "\u2212")
    return told if not sd else f"{told} ± {sd:.{max(digits, 1) if sd < 1 else digits}f}"


def whole(value: float) -> str:
    """A coordinate in whole millimetres, with a true minus sign."""
    return "0" if abs(value) < 0.5 else f"{value:.0f}".replace("-", "\u2212")


def listed(parts: Iterable[str]) -> str:
    """Parts as a list within a sentence."""
    return ", ".join(part for part in parts if part)


def lower(text: str) -> str:
    """The text with a small first letter, unless it begins with an abbreviation or a person's name."""
    return (
        text if text[1:2].isupper() or text[1:2].isdigit() or text.startswith(PROPER) else text[:1].lower() + text[1:]
    )


def capital(text: str) -> str:
    """The text with a capital first letter, the rest as it was."""
    return text[:1].upper() + text[1:]
