"""What the commands take on the line: options, defaults, an example of each."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from thecal import __version__

ROLE_OPTIONS = {
    "t1": "T1w", "t1c": "T1w_ce", "t2": "T2w", "stir": "T2w_fs", "t2star": "T2starw",
    "dwi": "dwi", "adc": "ADC", "ct": "ct", "ct-myelogram": "ct_myelogram", "mrs": "mrs",
}  # fmt: skip
CONTEXT_OPTIONS = {
    "age": ("age_years", "age in years"),
    "sex": ("sex", "female or male"),
    "known-primary": ("known_primary", "none, cns_tumour, solid_cancer or haematological"),
    "setting": ("setting", "emergency, outpatient, oncology or surgical_referral"),
}
NOT_A_DEVICE = "thecal is research software and not a medical device."
Run = Callable[[argparse.Namespace], int]


def parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """The command line: each command runs what bears its name, whose docstring is its help."""
    whole = argparse.ArgumentParser(
        prog="thecal", epilog=NOT_A_DEVICE,
        description="Reads an MRI study of the spine for tumours inside the dura and writes a report to be edited and signed.",
    )  # fmt: skip
    whole.add_argument("--version", action="version", version=f"thecal {__version__}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, add_options, example in COMMANDS:
        add_options(_command(commands, name, runs[name], example))
    return whole


def _command(commands: Any, name: str, run: Run, example: str) -> argparse.ArgumentParser:
    words = (run.__doc__ or "").strip()
    call: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=words, epilog=f"Example: {example}"
    )
    call.set_defaults(run=run)
    call.add_argument("--debug", action="store_true", help="show the full trace of an error")
    return call


def _input_options(call: argparse.ArgumentParser) -> None:
    call.add_argument(
        "input", nargs="*", metavar="INPUT", help="a DICOM folder or zip, a BIDS subject folder, or images"
    )
    _role_options(call)
    call.add_argument("--study", metavar="UID", help="which examination to read, where the input holds several")
    call.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="SERIES=ROLE",
        help="overrule what a series is taken for; may repeat",
    )


def _role_options(call: argparse.ArgumentParser) -> None:
    for name, role in ROLE_OPTIONS.items():
        call.add_argument(
            f"--{name}", action="append", metavar="FILE", help=f"a NIfTI image that is {role}; may repeat"
        )


def _context_options(call: argparse.ArgumentParser) -> None:
    call.add_argument("--context", metavar="FILE.json", help="what is known of the person, in the vocabulary's codes")
    for option, (_, words) in CONTEXT_OPTIONS.items():
        call.add_argument(f"--{option}", metavar="VALUE", help=words)
    call.add_argument(
        "--finding",
        action="append",
        default=[],
        metavar="CODE=STATE",
        help="any other finding of the person; may repeat",
    )
    _base_rates(call)


def _base_rates(call: argparse.ArgumentParser) -> None:
    call.add_argument(
        "--base-rates", choices=("clinical", "published", "uniform"), default="clinical",
        help="how often each entity is met: in the clinic, in case reports, or all alike (default: %(default)s)",
    )  # fmt: skip


def _language(call: argparse.ArgumentParser) -> None:
    call.add_argument(
        "--language", choices=("en", "de"), default="en", help="the language of the report (default: %(default)s)"
    )


def _segmenter(call: argparse.ArgumentParser) -> None:
    call.add_argument(
        "--segmenter", metavar="NAME",
        help="let an installed segmenter draw first: sct, totalspineseg or nnunet=FOLDER; thecal fills in what it lacks",
    )  # fmt: skip


def _output(call: argparse.ArgumentParser, default: str | None = None) -> None:
    call.add_argument(
        "-o", "--output", metavar="DIR", required=default is None, default=default, help="the folder to write"
    )
    call.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _read(call: argparse.ArgumentParser) -> None:
    _input_options(call)
    _context_options(call)
    call.add_argument("--prior", metavar="DIR", help="result folder of an earlier study of the same patient")
    _language(call)
    _segmenter(call)
    call.add_argument("--bids", metavar="DIR", help="also add the reading to this data set of BIDS derivatives")
    call.add_argument(
        "--participant", metavar="LABEL", help="whose it is there (default: of the BIDS input, else made up)"
    )
    call.add_argument("--session", metavar="LABEL", help="which examination of the participant it is there")
    _output(call)


def _segment(call: argparse.ArgumentParser) -> None:
    call.add_argument("image", metavar="IMAGE.nii.gz", help="the image whose grid the label maps get")
    _role_options(call)
    _segmenter(call)
    _output(call)


def _protocol(call: argparse.ArgumentParser) -> None:
    _input_options(call)


def _differential(call: argparse.ArgumentParser) -> None:
    call.add_argument("cases", metavar="CASES", help="a .json case, or a .jsonl with one case a line")
    call.add_argument("-o", "--output", metavar="FILE", help="write here instead of to the terminal")
    call.add_argument("--format", choices=("jsonl", "table"), default="jsonl", help="default: %(default)s")
    _base_rates(call)


def _phantom(call: argparse.ArgumentParser) -> None:
    call.add_argument(
        "entity", nargs="?", default="healthy", metavar="ENTITY", help="an entity's code, or healthy (default)"
    )
    call.add_argument("--seed", type=int, default=0, help="another seed, another patient (default: %(default)s)")
    call.add_argument("--format", choices=("nifti", "dicom"), default="nifti", help="default: %(default)s")
    call.add_argument(
        "--field", type=float, choices=(1.5, 3.0), default=3.0, help="field strength in tesla (default: %(default)s)"
    )
    call.add_argument(
        "--protocol", default="standard", metavar="NAME",
        help="which series are acquired: standard, clinical, unenhanced, diffusion, full (all MR), everything (with CT and CT "
             "myelography), ct, ct_myelogram, whole … (default: %(default)s)",
    )  # fmt: skip
    call.add_argument(
        "--generator", choices=("first", "second"), default="first",
        help="how lesions are shaped and textured; the second is for judging what the first has taught (default: %(default)s)",
    )  # fmt: skip
    call.add_argument(
        "--with", dest="with_sign", action="append", default=[], metavar="FINDING=STATE", help="fix a sign; may repeat"
    )
    _output(call)


def _deidentify(call: argparse.ArgumentParser) -> None:
    call.add_argument("input", nargs="+", metavar="INPUT", help="a DICOM folder, a zip of one, or files")
    call.add_argument(
        "--key",
        metavar="FILE",
        help="a file whose secret content gives the same new names again; default: names used once",
    )
    _output(call)


def _atlas(call: argparse.ArgumentParser) -> None:
    call.add_argument("act", choices=("show", "search", "cite"), help="what to do")
    call.add_argument("words", nargs="+", metavar="NAME", help="the article's code, title or synonym, or words to find")
    call.add_argument(
        "--format", choices=("text", "html", "bibtex", "ris"), default="text",
        help="show as text (default) or html; cite as bibtex (default) or ris",
    )  # fmt: skip
    call.add_argument("--limit", type=int, default=10, help="most articles to find (default: %(default)s)")


def _evaluate(call: argparse.ArgumentParser) -> None:
    call.add_argument(
        "ours", metavar="OURS", help="a label map, findings, a result folder, or a folder of such folders"
    )
    call.add_argument("theirs", metavar="THEIRS", help="the same of someone else: the reference")
    call.add_argument(
        "--labels", type=int, nargs="+", metavar="N", help="labels that count as one structure (default: each)"
    )
    call.add_argument(
        "--their-labels", type=int, nargs="+", metavar="N", help="the same in theirs, if they number otherwise"
    )
    call.add_argument("--lesion", type=int, metavar="N", help="whose findings, of several (default: the largest)")
    call.add_argument("-o", "--output", metavar="FILE", help="write here instead of to the terminal")
    call.add_argument("--format", choices=("table", "json"), default="table", help="default: %(default)s")


def _cohort(call: argparse.ArgumentParser) -> None:
    call.add_argument("data", metavar="BIDS_DIR", help="the data set: sub-…/[ses-…/]anat/…")
    call.add_argument("out", metavar="OUT_DIR", help="where results go; what stands there is not read again")
    call.add_argument("level", choices=("participant", "group"), help="read each examination, or make tables of all")
    call.add_argument("--participant-label", nargs="+", default=[], metavar="LABEL", help="only these (default: all)")
    call.add_argument("--session-label", nargs="+", default=[], metavar="LABEL", help="only these (default: all)")
    call.add_argument("--n-workers", type=int, default=1, metavar="N", help="examinations side by side (default: 1)")
    call.add_argument("--scheduler", metavar="ADDRESS", help="send them to this Dask scheduler (tcp://…) instead")
    call.add_argument("--shard", metavar="K/N", help="part K of N, for N machines that share the folder")
    _base_rates(call)
    _language(call)
    call.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _serve(call: argparse.ArgumentParser) -> None:
    call.add_argument("--host", default="127.0.0.1", help="an address of this machine alone (default: %(default)s)")
    call.add_argument("--port", type=int, default=8642, help="0 takes a free one (default: %(default)s)")
    call.add_argument("--data", metavar="DIR", help="where studies are kept (default: your own data folder)")


def _demo(call: argparse.ArgumentParser) -> None:
    call.add_argument("--seed", type=int, default=1, help="another seed, another patient (default: %(default)s)")
    _language(call)
    _output(call, default="demo")


COMMANDS: tuple[tuple[str, Callable[[argparse.ArgumentParser], None], str], ...] = (
    ("read", _read, "thecal read study/ -o result --age 45 --sex female"),
    ("segment", _segment, "thecal segment t2.nii.gz --t1c t1c.nii.gz -o labels"),
    ("protocol", _protocol, "thecal protocol study/"),
    ("differential", _differential, "thecal differential cases.jsonl -o ranked.jsonl"),
    ("phantom", _phantom, "thecal phantom meningioma --seed 7 -o phantom --with level=thoracic"),
    ("deidentify", _deidentify, "thecal deidentify study/ -o shared"),
    ("atlas", _atlas, 'thecal atlas show ependymoma, or thecal atlas search "sugar coating"'),
    ("evaluate", _evaluate, "thecal evaluate result/ expert/ or thecal evaluate ours.nii.gz theirs.nii.gz"),
    ("cohort", _cohort, "thecal cohort bids/ out/ participant --n-workers 4, then thecal cohort bids/ out/ group"),
    ("serve", _serve, "thecal serve --port 8642 --data studies"),
    ("demo", _demo, "thecal demo -o demo"),
)
