#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fusemd-bench report: a rehearsal's files, and the page in headless Chromium. FUSEMD names the program; the screenshots
stay in FUSEMD_SCREENSHOTS."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cli import FUSEMD, CommandLineTest

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
MODELS = ("original", "tiny", "ultra_tiny")
FIGURES = ("size_speed_accuracy", "dynamics", "batch", "scaling")


class Browser:
    """Headless Chromium by its DevTools protocol: messages end with a zero byte, on file descriptors 3 and 4."""

    def __init__(self, program, profile):
        to_browser, from_us = os.pipe()
        to_us, from_browser = os.pipe()

        def descriptors():
            # High numbers first, so that none is overwritten before it is copied.
            copies = os.dup(to_browser), os.dup(from_browser)
            os.dup2(copies[0], 3)
            os.dup2(copies[1], 4)

        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        self.process = subprocess.Popen([program, *options], close_fds=False, preexec_fn=descriptors,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.write, self.read, self.rest, self.count, self.events = from_us, to_us, b"", 0, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _message(self):
        while b"\0" not in self.rest:
            data = os.read(self.read, 1 << 20)
            if not data:
                raise EOFError("the browser ended")
            self.rest += data
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def ask(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.write, data):]
        while True:
            reply = self._message()
            if reply.get("id") == self.count:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]
            self.events.append(reply)

    def wait_for(self, event):
        while not any(message.get("method") == event for message in self.events):
            self.events.append(self._message())

    def evaluate(self, expression):
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def problems(self):
        """Everything a console would show, exceptions, and what the page tried to load."""
        found = []
        for message in self.events:
            method, parameters = message.get("method"), message.get("params", {})
            if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
                found.append(json.dumps(parameters)[:300])
            if method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith(("file:", "data:")):
                found.append("loads " + parameters["request"]["url"])
        return found

    def close(self):
        try:
            self.ask("Browser.close")
        except (EOFError, OSError, RuntimeError):
            pass
        self.process.wait(timeout=30)
        os.close(self.write)
        os.close(self.read)


class Report(CommandLineTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp(prefix="fusemd-report-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.report = cls.shared / "report"
        process = subprocess.run([FUSEMD, "report", "-o", str(cls.report), "--quick"], capture_output=True, text=True,
                                 timeout=300, check=False)
        if process.returncode != 0:
            raise AssertionError(process.stderr)
        cls.output = process.stdout

    def test_figures_are_there_and_plausible(self):
        result = json.loads((self.report / "report.json").read_text(encoding="utf-8"))
        self.assertEqual([model["name"] for model in result["models"]], sorted(MODELS))
        for model in result["models"]:
            latency = model["latency"]["fresh_seconds"]["p1"]
            steps = model["dynamics"]["steps_per_second"]["p99"]
            # An MD step is an evaluation and little else; best windows, and a factor for a busy machine.
            self.assertLess(0.3, latency * steps)
            self.assertLess(latency * steps, 3.0)
            self.assertGreater(model["process"]["peak_bytes"], 4e6)
            self.assertLess(model["process"]["peak_bytes"], 100e6)
            self.assertLess(abs(model["conservation"]["fluctuation_meV_per_atom"]), 1.0)
            self.assertEqual([p["replicas"] for p in model["batch"] if p["threads"] == 1], [1, 4, 8, 16, 64])
            self.assertEqual(model["scaling"][0]["atoms"], 3)
        sizes = {model["name"]: model["parameters"] for model in result["models"]}
        self.assertEqual(sizes, {"original": 427292, "tiny": 77203, "ultra_tiny": 21459})

    def test_the_text_says_what_was_not_measured(self):
        for name in ("report.txt", "report.md"):
            text = " ".join((self.report / name).read_text(encoding="utf-8").split())
            self.assertIn("Not measured for this report: no results of `fusemd validate`", text)
            self.assertIn("correct under emulation at source and PTX level, race-checked, resource-checked; never run on "
                          "a GPU; performance is a static bound", text)
            self.assertIn("A rehearsal", text)
            self.assertNotIn("nan", text.lower().split())

    def test_an_earlier_report_is_written_again(self):
        (self.folder / "accuracy.json").write_text("{}", encoding="utf-8")
        self.succeed(f"report -o again --from {self.report}/report.json")
        for name in ("report.txt", "report.md", "report.html", "batch.svg"):
            self.assertEqual((self.folder / "again" / name).read_text(encoding="utf-8"),
                             (self.report / name).read_text(encoding="utf-8"), name)
        for code, arguments, words in ((2, "report", "--output"), (3, "report -o x --from none.json", "none.json"),
                                       (3, "report -o x --accuracy accuracy.json", "fusemd validate"),
                                       (3, f"report -o x --peers {self.report}/report.json", "benchmarks/peers/run.py")):
            process = self.run_fusemd(arguments)
            self.assertEqual(process.returncode, code, process.stderr)
            self.assertIn(words, process.stderr)

    def test_peers_stand_beside(self):
        row = {"model": "tiny", "peer": "fusemd", "threads": 1, "ours": True, "steps_per_second": 1000.0, "spread": 0.01,
               "microseconds_a_call": 10.0, "batch_per_second": 2000.0, "force_error": 0.0, "memory_bytes": 1e7,
               "install_bytes": 1e7, "start_seconds": 0.1}
        other = dict(row, peer="PyTorch", ours=False, steps_per_second=50.0, batch_per_second=40.0, force_error=None)
        peers = {"format": "fusemd-bench-peers", "machine": "m", "date": "d", "commit": "c", "command": "r",
                 "rows": [row, other], "descriptions": {"PyTorch": "a framework"}, "missing": {"Other": "no wheel"}}
        self.write("peers.json", json.dumps(peers))
        self.succeed(f"report -o again --from {self.report}/report.json --peers peers.json")
        text = (self.folder / "again/report.md").read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if line.startswith("| PyTorch | 1 |"))
        cells = [cell.strip() for cell in line.split("|")]
        self.assertEqual((cells[5], cells[8], cells[9]), ("20.0", "50.0", "another model"))
        self.assertIn("| Other | not measured: no wheel |", text)

    def test_accuracy_stands_in_both_tables(self):
        result = {"model": "tiny", "reference": "test.xyz", "energy_mae_without_offset_eV_per_atom": 0.00123,
                  "forces": {"force_mae_eV_per_Angstrom": 0.0321, "force_r2": 0.9987}}
        self.write("tiny.json", json.dumps(result))
        self.succeed(f"report -o again --from {self.report}/report.json --accuracy tiny.json")
        text = (self.folder / "again/report.md").read_text(encoding="utf-8")
        self.assertIn("| tiny | 0.032 | 0.9987 | 1.23 | test.xyz |", text)
        self.assertTrue(any(line.startswith("| tiny |") and line.endswith("| 0.032 |") for line in text.splitlines()))
        self.assertIn("force MAE 0.032 eV/Å", (self.folder / "again/size_speed_accuracy.svg").read_text(encoding="utf-8"))

    def test_pictures(self):
        if not shutil.which("rsvg-convert"):
            self.assertFalse(os.environ.get("CI"), "rsvg-convert (librsvg2-bin) is missing")
            self.skipTest("rsvg-convert is missing")
        for name in FIGURES:
            data = (self.report / f"{name}.png").read_bytes()
            self.assertEqual(data[:8], b"\x89PNG\r\n\x1a\n")
            self.assertEqual((int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")), (1280, 800))

    def test_the_page_in_a_browser(self):
        program = next(filter(None, map(shutil.which, BROWSERS)), None)
        if program is None:
            self.assertFalse(os.environ.get("CI"), "Chromium (chromium-headless-shell) is missing")
            self.skipTest("Chromium is missing")
        screenshots = Path(os.environ.get("FUSEMD_SCREENSHOTS", self.folder))
        screenshots.mkdir(parents=True, exist_ok=True)
        browser = Browser(program, self.folder / "profile")
        try:
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.ask(f"{domain}.enable")
            for name, width, scheme in (("wide", 1280, "light"), ("dark", 1280, "dark"), ("phone", 390, "light")):
                browser.events.clear()
                browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                            mobile=width < 600)
                browser.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                browser.ask("Page.navigate", url=(self.report / "report.html").as_uri())
                browser.wait_for("Page.loadEventFired")
                self.assertEqual(browser.problems(), [], name)
                figures = browser.evaluate(
                    "[...document.querySelectorAll('svg')].map(e => { const b = e.getBoundingClientRect();"
                    " return [b.width, b.height, e.querySelectorAll('polyline, path').length,"
                    " [...e.querySelectorAll('polyline, path')].every(p => { const q = p.getBBox();"
                    " return isFinite(q.width + q.height) }), e.textContent.includes('no data')] })")
                self.assertEqual(len(figures), len(FIGURES))
                for box_width, box_height, marks, finite, empty in figures:
                    self.assertGreater(box_width, 0.8 * min(width, 640) - 40)
                    self.assertGreater(box_height, 150)
                    self.assertGreaterEqual(marks, 3)  # one a model at least
                    self.assertTrue(finite)
                    self.assertFalse(empty)
                # The page itself never scrolls sideways; wide tables do, in their own frame.
                self.assertLessEqual(browser.evaluate("document.documentElement.scrollWidth"), width)
                light = browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
                self.assertEqual(light, scheme == "light")
                picture = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]
                (screenshots / f"report-{name}.png").write_bytes(base64.b64decode(picture))
        finally:
            browser.close()


if __name__ == "__main__":
    program = unittest.main(exit=False)
    if program.result.wasSuccessful() and program.result.skipped:
        print("SKIPPED:", *[reason for _, reason in program.result.skipped], file=sys.stderr)
    sys.exit(0 if program.result.wasSuccessful() else 1)
