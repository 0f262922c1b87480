"""How fast the page is: first page, article, search, ranking after a change, a series of 15 × 512 × 512, memory over 50 studies.

Usage: python benchmarks/web.py [--chromium /usr/bin/chromium] [--only first-page script …] [--studies 50]

It starts a server of its own on a folder that is thrown away, has small studies simulated and read, and visits it with a
Chromium that was never there (software WebGL2). Each line: what, the figure, what is asked for. Say how loaded the machine was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from scipy import ndimage

from thecal.server.page import FOLDER

FLAGS = ["--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--disable-background-networking", "--disable-dev-shm-usage", "--no-first-run"]  # fmt: skip
TOKEN = "benchmark"
ENTITIES = ("ependymoma", "schwannoma", "meningioma", "multiple_sclerosis", "healthy")
# Told to the page before its own code: the moment at which what a reader waits for stands there.
WATCH = """(() => { const seen = {}; window.firstSeen = seen;
  const look = () => {
    for (const name of %s) if (!(name in seen) && document.querySelector(name)) seen[name] = performance.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true }); })()"""


@dataclass
class Bench:
    """A server that is being visited, and the studies it knows."""

    address: str
    browser: Browser
    cookie: str
    server: int = 0
    studies: list[str] = field(default_factory=list)
    rounds: int = 50

    def call(self, method: str, path: str, body: object = None) -> Any:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Cookie": self.cookie, "Origin": self.address, "Content-Type": kind, "Upload-Offset": "0"}
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=600) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait(self, study: str) -> None:
        """Waits until a study is read."""
        while (told := self.call("GET", f"/api/studies/{study}"))["state"] in ("queued", "reading"):
            time.sleep(0.2)
        if told["state"] != "ready":
            raise SystemExit(f"a study could not be read: {told['why']}")

    def fresh(self, *watched: str) -> tuple[BrowserContext, Page]:
        """A browser that was never there, and that notes when what is watched for first stands there."""
        context = self.browser.new_context(viewport={"width": 1600, "height": 1000})
        page = context.new_page()
        page.add_init_script(WATCH % json.dumps(watched))
        return context, page

    def seen(self, page: Page, name: str, patience_s: float = 60) -> float:
        """When what was watched for stood there, in ms since the visit began."""
        page.wait_for_function(f"() => {json.dumps(name)} in window.firstSeen", timeout=patience_s * 1000)
        return float(page.evaluate(f"() => window.firstSeen[{json.dumps(name)}]"))


def tell(what: str, figure: str, asked: str) -> None:
    print(f"{what:44}{figure:>28}   asked: {asked}", flush=True)


def spread(values: list[float], unit: str = "ms") -> str:
    return f"{statistics.median(values):.0f} {unit} ({min(values):.0f}–{max(values):.0f})"


def measure_first_page(bench: Bench) -> None:
    """From the address to a worklist that can be used, in a browser that was never there."""
    times = []
    for _ in range(5):
        context, page = bench.fresh("tr[data-study]")
        page.goto(f"{bench.address}/?token={TOKEN}")
        times.append(bench.seen(page, "tr[data-study]"))
        context.close()
    tell("first page usable, cold", spread(times), "≤ 1500 ms")


def packed(paths: list[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def measure_script(bench: Bench) -> None:
    """All scripts, gzipped; those of the first page; and that it fetches none of the viewer."""
    scripts = sorted((FOLDER / "assets").glob("*.js"))
    tell("script in all, gzipped", f"{packed(scripts) / 1000:.0f} kB", "≤ 900 kB")
    context, page = bench.fresh("tr[data-study]")
    fetched: list[str] = []
    page.on("response", lambda answer: fetched.append(answer.url.rsplit("/", 1)[-1]))
    page.goto(f"{bench.address}/?token={TOKEN}")
    bench.seen(page, "tr[data-study]")
    context.close()
    first = [path for path in scripts if path.name in fetched]
    tell("script of the first page, gzipped", f"{packed(first) / 1000:.0f} kB", "≤ 60 kB")
    viewer = [path.name for path in first if path.name.startswith(("room", "niivue", "nii"))]
    tell("scripts of the viewer on the first page", str(len(viewer)), "0")


def measure_article(bench: Bench) -> None:
    """From a click in the atlas's list to the article, each article for the first time."""
    context, page = bench.fresh()
    page.goto(f"{bench.address}/?token={TOKEN}")
    page.goto(f"{bench.address}/atlas")
    page.wait_for_selector(".atlas-list a")
    times = []
    for code in ("ependymoma", "schwannoma", "leptomeningeal_metastases_solid", "cap_sign", "meningioma"):
        times.append(float(page.evaluate(
            """async (to) => {
              const link = document.querySelector(`.atlas-list a[href="${to}"]`);
              const name = link.textContent;
              const begun = performance.now();
              link.click();
              while (![...document.querySelectorAll("#main h1")].some((one) => one.textContent.includes(name))) {
                await new Promise(requestAnimationFrame);
              }
              await new Promise(requestAnimationFrame);
              return performance.now() - begun;
            }""", f"/atlas/{code}")))  # fmt: skip
        page.goto(f"{bench.address}/atlas")
        page.wait_for_selector(".atlas-list a")
    context.close()
    tell("article, from the click", spread(times), "≤ 300 ms")


def measure_search(bench: Bench) -> None:
    """From a letter typed to the hits on screen, misspelt words and synonyms among them."""
    context, page = bench.fresh()
    page.goto(f"{bench.address}/?token={TOKEN}")
    page.goto(f"{bench.address}/atlas")
    page.wait_for_selector(".atlas-list a")
    words = ("ependimoma", "sugar coating", "intradural extramedullary metastatic disease", "haemangio", "cap")
    times = page.evaluate(
        """async (words) => {
          const field = document.querySelector(".atlas-search input");
          field.focus();
          const times = [];
          for (const word of words) for (let end = 1; end <= word.length; end++) {
            field.value = word.slice(0, end);
            const begun = performance.now();
            field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            await new Promise((done) => {
              const port = new MessageChannel();
              port.port1.onmessage = done;
              requestAnimationFrame(() => port.port2.postMessage(0));
            });
            times.push(performance.now() - begun);
          }
          return times;
        }""", list(words))  # fmt: skip
    found = page.locator(".atlas-hits [role=option]").count()
    context.close()
    worst = float(np.percentile(times, 95))
    tell("search, a letter to its hits", f"{statistics.median(times):.0f} ms, 95 %: {worst:.0f} ms", "≤ 50 ms")
    if not found:
        raise SystemExit("the search found nothing: the figure above means nothing")


def measure_ranking(bench: Bench) -> None:
    """From a finding set by hand to the new ranking in the page: the call, as the page makes it."""
    study = bench.studies[0]
    reading = bench.call("GET", f"/api/studies/{study}/reading")
    terms = {term["code"]: term for term in bench.call("GET", "/api/vocabulary")}
    if not reading["report"]["reading"]["lesions"]:
        raise SystemExit("no lesion was called in the study: there is no ranking to be changed")
    lesion = reading["report"]["reading"]["lesions"][0]["tracking_uid"]
    states = [one["code"] for one in terms["t2_signal"]["states"]]
    context, page = bench.fresh()
    page.goto(f"{bench.address}/?token={TOKEN}")
    times = []
    for number in range(10):
        version = bench.call("GET", f"/api/studies/{study}")["version"]
        body = {
            "base_version": version,
            "target": f"{lesion}/t2_signal",
            "after": {"state": states[number % 2]},
        }
        times.append(float(page.evaluate(
            """async ([path, body]) => {
              const begun = performance.now();
              const headers = { "Content-Type": "application/json" };
              const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
              const told = await answer.json();
              if (!answer.ok) throw new Error(JSON.stringify(told));
              return performance.now() - begun;
            }""", [f"/api/studies/{study}/changes", body])))  # fmt: skip
    context.close()
    tell("ranking after a change, call and answer", spread(times[1:]), "≤ 150 ms")


def measure_series(bench: Bench) -> None:
    """From the address of a study to its series of 15 × 512 × 512 drawn, in a browser that was never there."""
    study = add_large(bench)
    times = []
    for _ in range(3):
        context, page = bench.fresh("[data-ready='true']")
        page.goto(f"{bench.address}/?token={TOKEN}")
        page.goto(f"{bench.address}/studies/{study}")
        times.append(bench.seen(page, "[data-ready='true']"))
        context.close()
    tell("15 × 512 × 512 shown, from its address", spread(times), "≤ 2000 ms")


def add_large(bench: Bench) -> str:
    """A simulated T2w, resampled to 15 slices of 512 × 512, uploaded and read."""
    with tempfile.TemporaryDirectory() as made:
        words = ["phantom", "ependymoma", "--seed", "3", "--protocol", "tiny", "-o", made + "/study"]
        subprocess.run([sys.executable, "-m", "thecal.cli", *words], check=True, capture_output=True)
        path = next((Path(made) / "study" / "images").glob("*acq-sag_T2w.nii.gz"))
        image = nibabel.load(path)
        wanted = [15 if size == min(image.shape) else 512 for size in image.shape]
        zoom = [new / old for new, old in zip(wanted, image.shape, strict=True)]
        voxels = ndimage.zoom(np.asarray(image.dataobj, np.float32), zoom, order=1)
        affine = image.affine @ np.diag([*(1 / np.array(zoom)), 1.0])
        nibabel.save(nibabel.Nifti1Image(voxels.astype(np.int16), affine), Path(made) / path.name)
        data = (Path(made) / path.name).read_bytes()
    upload = bench.call("POST", "/api/uploads", {"name": path.name, "bytes": len(data)})["upload"]
    bench.call("PATCH", f"/api/uploads/{upload}", data)
    study = str(bench.call("POST", "/api/studies", {"uploads": [upload], "title": "15 × 512 × 512"})["study"])
    bench.wait(study)
    return study


def measure_memory(bench: Bench) -> None:
    """JavaScript's heap, and the page's and the server's resident memory, while studies are opened one after the other in one
    tab. Waits by locators alone: a handle on an element would keep the page it belongs to."""
    context, page = bench.fresh()
    page.goto(f"{bench.address}/?token={TOKEN}")
    told = context.new_cdp_session(page)
    told.send("Performance.enable")
    heaps, residents, servers = [], [], []
    for number in range(bench.rounds):
        study = bench.studies[number % len(bench.studies)]
        page.locator(f"tr[data-study='{study}'] .row-link").click()
        page.locator(".room[data-masks] [data-ready='true']").first.wait_for(state="attached", timeout=120_000)
        page.locator(".bar-nav a[href='/'], a.brand").first.click()
        page.locator("tr[data-study]").first.wait_for()
        if number % 5 == 4:
            told.send("HeapProfiler.collectGarbage")
            metrics = {one["name"]: one["value"] for one in told.send("Performance.getMetrics")["metrics"]}
            heaps.append(metrics["JSHeapUsedSize"] / 1e6)
            residents.append(resident_mb(bench.browser))
            servers.append(resident_of(bench.server))
    context.close()
    for what, sizes in (("JavaScript heap", heaps), ("page's memory", residents), ("server's memory", servers)):
        course = " → ".join(f"{sizes[at]:.1f}" for at in (0, len(sizes) // 2, -1))
        tell(f"{what} over {bench.rounds} studies", f"{course} MB", "flat")


def resident_mb(browser: Browser) -> float:
    """Resident memory of the largest renderer, the page's own."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    sizes = [0.0]
    for one in processes:
        if one["type"] == "renderer":
            sizes.append(resident_of(one["id"]))
    return max(sizes)


def resident_of(process: int) -> float:
    """Resident memory of a process, in MB; 0 where it is gone."""
    status = Path(f"/proc/{process}/status")
    if not status.is_file():
        return 0.0
    line = next(text for text in status.read_text().splitlines() if text.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


MEASURES: dict[str, Callable[[Bench], None]] = {
    "first-page": measure_first_page, "script": measure_script, "article": measure_article, "search": measure_search,
    "ranking": measure_ranking, "series": measure_series, "memory": measure_memory,
}  # fmt: skip


@contextmanager
def serve(folder: Path) -> Iterator[tuple[str, str, int]]:
    """A server on a folder: its address, the cookie that it gives, and its process."""
    words = [sys.executable, "-m", "thecal.cli", "serve", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(
        words, text=True, stdout=subprocess.PIPE, env={**os.environ, "THECAL_TOKEN": TOKEN}
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1].split("/?")[0]
        try:
            yield address, enter(address), process.pid
        finally:
            process.terminate()
            process.wait(30)


def enter(address: str) -> str:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    for _ in range(600):
        try:
            urllib.request.build_opener(Stay).open(f"{address}/?token={TOKEN}", timeout=20)
        except urllib.error.HTTPError as answer:
            return str(answer.headers["Set-Cookie"]).split(";")[0]
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--only", nargs="*", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--studies", type=int, default=50, help="how often a study is opened for the memory")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as made,
        serve(Path(made) / "data") as (address, cookie, server),
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=asked.chromium, args=FLAGS)
        bench = Bench(address, browser, cookie, server, rounds=asked.studies)
        wanted = ENTITIES if "memory" in asked.only else ENTITIES[:1]
        for entity in wanted:
            body = {"entity": entity, "seed": 1, "protocol": "tiny"}
            bench.studies.append(str(bench.call("POST", "/api/demos", body)["study"]))
        for study in bench.studies:
            bench.wait(study)
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {browser.version}")
        for name in asked.only:
            MEASURES[name](bench)
        browser.close()


if __name__ == "__main__":
    main()
