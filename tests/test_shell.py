import re

import pytest

from frikommune.shell import wrap

BODY = "<h2>Kort &amp; godt</h2><p>Her.</p><h3>Under</h3><p>Der.</p><h3>Mere</h3><h2>Metode</h2>"
PAGE = wrap(BODY, title="En <titel>", lang="da", kicker="Forsøg")
STYLE = PAGE.split("<style>")[1].split("</style>")[0]


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of light, dark or print by name."""
    roots = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    light = dict(re.findall(r"--([\w-]+): (#\w+)", roots[0]))
    return light | dict(re.findall(r"--([\w-]+): (#\w+)", roots[("light", "dark", "print").index(scheme)]))


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour as WCAG 2.1 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contents_list_every_section_with_those_below_it() -> None:
    """Two levels, each a link to its heading, escaped once."""
    contents = PAGE.split("<nav")[1]
    assert re.findall(r'<a href="#(section-\d)">([^<]+)</a>', contents) == [
        ("section-1", "Kort &amp; godt"), ("section-2", "Under"), ("section-3", "Mere"), ("section-4", "Metode"),
    ]  # fmt: skip
    assert contents.count("<ul>") == 2
    assert '<h3 id="section-2">Under</h3>' in PAGE
    assert "<title>En &lt;titel&gt;</title>" in PAGE


def test_the_content_comes_before_the_contents() -> None:
    """Who reads by ear or on a phone meets the answer first; a link above it leads to the contents."""
    assert PAGE.index("<main") < PAGE.index("<nav")
    assert PAGE.index('href="#content"') < PAGE.index('href="#contents"') < PAGE.index("<main")


def test_a_page_may_load_nothing_and_lead_nowhere() -> None:
    """The content policy stands before anything that it governs."""
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', PAGE)
    assert policy is not None
    assert {"default-src 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy[1].split("; "))
    assert PAGE.index("Content-Security-Policy") < PAGE.index("<style>")
    assert "url(" not in STYLE
    assert "@import" not in STYLE


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_and_links_have_contrast(scheme: str) -> None:
    """At least 4.5 to 1 on every ground they stand on, light, dark and on paper (WCAG 2.1, 1.4.3)."""
    known = colours(scheme)
    for text, ground in (
        ("ink", "paper"), ("quiet", "paper"), ("link", "paper"), ("ink", "shade"), ("ink", "warn-paper"),
    ):  # fmt: skip
        assert contrast(known[text], known[ground]) >= 4.5, (text, ground)
    assert contrast(known["warn"], known["warn-paper"]) >= 3
    assert contrast("#000", "#fff") == pytest.approx(21)
