"""A headless Chromium, spoken to over its DevTools pipe: no driver, no port, no package."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Nothing of its own over the network: what is asked for then, the page asked for.
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
]  # fmt: skip
_KEYS = {"Tab": 9, "Enter": 13}
_PATIENCE = 60.0  # seconds for one answer
_FOCUSED = """(() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  return {
    index: [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
      .filter(each => each.checkVisibility()).indexOf(at),
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
})()"""


def executable() -> str | None:
    """Return where Chromium is, if it is installed."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


class Browser:
    """One tab of a Chromium of our own."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._rest, self._last = b"", 0
        self._session: dict[str, str] = {}
        self._events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile is kept."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters, **self._session}
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._events.append(answer)

    def run(self, script: str) -> Any:
        """Run a script in the page, past its content policy, and return what it gives."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def open(self, page: Path, *, width: int, media: str = "screen", scheme: str = "light") -> None:
        """Open a page in a window of a width, on screen or in print, light or dark."""
        self._events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme_of = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=scheme_of)
        self.call("Page.navigate", url=page.resolve().as_uri())
        self._until("Page.loadEventFired")

    def asked_for(self) -> list[str]:
        """Return the addresses that the open page has asked for."""
        self.run("new Promise(done => setTimeout(done, 50))")
        return [each["params"]["request"]["url"] for each in self._happened("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """Return what the browser has to say against the open page: a broken content policy, an error."""
        return [each["params"]["entry"]["text"] for each in self._happened("Log.entryAdded")]

    def violations(self) -> list[str]:
        """Return what axe finds wrong with the open page: rule, and where."""
        if not self.run("'axe' in window"):
            self.run(AXE.read_text(encoding="utf-8"))
        options = json.dumps({"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
        found = self.run(f"axe.run(document, {options}).then(done => done.violations)")
        return [f"{each['id']}: {node['target']} {node['html'][:90]}" for each in found for node in each["nodes"]]

    def press(self, key: str) -> None:
        """Press and release a key."""
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        self.call("Input.dispatchKeyEvent", type="keyDown", **pressed, **({"text": "\r"} if key == "Enter" else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def tabbed(self) -> list[dict[str, Any]]:
        """Press the tab key until the focus has gone through the page, and return each place that it stopped at."""
        stops: list[dict[str, Any]] = []
        while len(stops) < 500:
            self.press("Tab")
            stop = self.run(_FOCUSED)
            if stop["index"] < 0 or (stops and stop["index"] == stops[0]["index"]):
                return stops
            stops.append(stop)
        raise AssertionError("The focus does not leave the page.")

    def _happened(self, method: str) -> list[dict[str, Any]]:
        return [each for each in self._events if each.get("method") == method]

    def _until(self, method: str) -> None:
        while not self._happened(method):
            self._events.append(self._next())

    def _next(self) -> dict[str, Any]:
        latest = time.monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            assert time.monotonic() < latest, "Chromium does not answer."
            self._rest += os.read(self._reading, 1 << 20)
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium of our own, gone with the block; it reads from descriptor 3 and writes to 4."""
    reads, to_it = os.pipe()
    from_it, writes = os.pipe()
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = f'exec "$0" "$@" 3<&{reads} 4>&{writes}'
        process = subprocess.Popen(
            ["bash", "-c", command, str(executable()), *_FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(reads, writes), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(reads)
        os.close(writes)
        try:
            yield Browser(from_it, to_it)
        finally:
            os.close(to_it)
            os.close(from_it)
            process.terminate()
            process.wait(timeout=20)
