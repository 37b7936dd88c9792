"""The page of many answers: what comes first, what cannot break it, and what it does in a browser."""

import asyncio
import json
import re
import shutil
import subprocess
import time
from html.parser import HTMLParser

import numpy as np
import pytest
from astropy.table import Table

from astroclassify.core import ParameterError
from astroclassify.visualization import results_page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>=cmd|' /C calc'!A1.fits"


def answers(number=120, source=None):
    """Give a table of answers: one failed, one contradicts the catalogue, one agrees with it."""
    rng, p = np.random.default_rng(3), np.linspace(0.05, 0.95, number)
    columns = {
        "source": [f"/night/f{n:04d}_raw.fits" for n in range(number)],
        "chip": [n % 2 + 1 for n in range(number)],
        "label": ["galaxy" if each > 0.6 else "nsc" if each < 0.4 else "uncertain" for each in p],
        **{"probability": np.maximum(p, 1 - p), "p_class_galaxy": p, "p_class_nsc": 1 - p},
        **{name: [""] * number for name in ("error", "body", "agrees")},
        "instrument": [("ACS/WFC", "WFC3/UVIS")[n % 2] for n in range(number)],
        **{"s_ra": rng.uniform(0, 360, number), "s_dec": rng.uniform(-90, 90, number)},
    }
    columns["error"][3], columns["label"][3] = "ReadError: truncated", ""
    columns["body"][7], columns["agrees"][7] = "NGC 1300", "no"
    columns["body"][9], columns["agrees"][9] = "M 31", "yes"
    columns["source"][0] = source or columns["source"][0]
    columns["body"][0] = source or ""
    return Table(columns, meta={"model": "m", "weights_sha256": "ab" * 32})


@pytest.fixture
def page(tmp_path):
    def made(table):
        results_page(table, tmp_path / "report.html")
        return (tmp_path / "report.html").read_text()

    return made


def rows_of(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])["rows"]


def test_what_contradicts_the_catalogue_comes_first_then_names_then_doubts(page):
    table = answers()
    rows = rows_of(page(table))
    assert [row["body"] for row in rows[:3]] == ["NGC 1300", "M 31", ""]
    kinds = [row["kind"] for row in rows[2:]]
    assert kinds[0] == "uncertain"
    assert kinds.index("failed") > max(n for n, kind in enumerate(kinds) if kind == "uncertain")
    assert rows[0]["more"]["probability"] == table["probability"][7]


class Tags(HTMLParser):
    """What elements a page has."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)


def test_no_name_can_break_the_page(page):
    text = page(answers(source=HOSTILE))
    tags = Tags(text).tags
    assert tags.count("script") == 2
    assert "img" not in tags
    assert any(row["source"] == HOSTILE for row in rows_of(text))


def test_the_page_asks_nobody_for_anything_and_runs_only_its_own_script(page):
    text = page(answers())
    policy = re.search(r'Content-Security-Policy"\s*content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text)


def test_frames_near_each_other_are_outlines_and_others_dots(page):
    table = answers(20)
    assert page(table).count("<circle") == 20
    table["s_ra"], table["s_dec"] = 10 + np.arange(20) * 0.1, 20.0
    table["s_region"] = [
        f"POLYGON ICRS {r} 19.97 {r} 20.03 {r + 0.05} 20.03 {r + 0.05} 19.97" for r in table["s_ra"]
    ]
    assert page(table).count("<polygon") == 20


def test_tables_of_other_things_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"has no .*label"):
        results_page(Table({"source": ["a"]}), tmp_path / "report.html")


# In a browser ------------------------------------------------------------------------------------


class Browser:
    """Headless chromium, told what to do by its own protocol."""

    def __init__(self, command, url, folder):
        aiohttp = pytest.importorskip("aiohttp")
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-port=0",
            "--no-first-run",
        ]
        self.process = subprocess.Popen(
            [command, *options, f"--user-data-dir={folder}", "--window-size=1200,900", url],
            stderr=subprocess.PIPE,
            text=True,
        )
        line = next(line for line in self.process.stderr if "DevTools listening" in line)
        self.port = re.search(r":(\d+)/", line)[1]
        self._http = aiohttp

    def evaluate(self, script):
        answer = asyncio.run(self._answer(script))
        assert "exceptionDetails" not in answer.get("result", {"exceptionDetails": answer}), answer
        return answer["result"]["result"].get("value")

    def wait_until_ready(self):
        look, ends = "document.querySelector('#rows tbody tr') !== null", time.monotonic() + 60
        while not asyncio.run(self._answer(look)).get("result", {}).get("result", {}).get("value"):
            assert time.monotonic() < ends
            time.sleep(0.1)

    async def _answer(self, script):
        async with self._http.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{self.port}/json") as answer:
                page = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                asked = {"expression": script, "returnByValue": True, "awaitPromise": True}
                await socket.send_json({"id": 1, "method": "Runtime.evaluate", "params": asked})
                return await socket.receive_json()

    def close(self):
        self.process.terminate()
        self.process.communicate()


@pytest.fixture
def browser(tmp_path):
    command = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    if command is None:
        pytest.skip("there is no chromium")
    opened = []

    def open_page(table):
        results_page(table, tmp_path / "report.html")
        opened.append(Browser(command, f"file://{tmp_path}/report.html", tmp_path / "profile"))
        return opened[0]

    yield open_page
    for each in opened:
        each.close()


@pytest.mark.slow
def test_rows_are_sorted_filtered_and_opened_by_clicks(browser):
    table = answers(source=HOSTILE)
    chromium = browser(table)
    chromium.wait_until_ready()
    assert chromium.evaluate("document.getElementById('said').textContent") == "120 of 120 frames"
    assert chromium.evaluate("document.querySelectorAll('#rows tbody tr').length") == 50
    chromium.evaluate("document.querySelector('[data-field=probability]').click()")
    least = chromium.evaluate("Math.min(...data.rows.map(row => row.probability))")
    assert chromium.evaluate("data.rows[shown[0]].probability") == least
    chromium.evaluate("document.querySelector('[data-field=probability]').click()")
    assert chromium.evaluate("data.rows[shown[0]].probability") == pytest.approx(0.95)
    assert chromium.evaluate("document.activeElement.dataset.field") == "probability"
    chromium.evaluate(
        "const chosen = document.querySelector('[name=kind]'); chosen.value = 'galaxy';"
        "chosen.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    galaxies = sum(label == "galaxy" for label in table["label"])
    assert chromium.evaluate("shown.length") == galaxies
    chromium.evaluate("document.querySelector('#rows tbody td.name').click()")
    assert chromium.evaluate("document.getElementById('detail').open")
    assert chromium.evaluate("document.querySelectorAll('img').length") == 0
    assert chromium.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.slow
def test_five_thousand_rows_stay_quick(browser):
    chromium = browser(answers(5000))
    chromium.wait_until_ready()
    took = (
        "const t = performance.now(); document.querySelector('[data-field=name]').click(); "
        "performance.now() - t"
    )
    assert chromium.evaluate(took) < 1000
