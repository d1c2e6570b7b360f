"""Leaks planted by hand, each with the kind that the gate is to call it: in pages, and in executed notebooks."""
# ruff: noqa: E501

import base64
import json
import zlib

import nbformat
import pandas as pd


def b(content: str | bytes) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def deflated(content: str) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b(packer.compress(content.encode()) + packer.flush())


N = "0101701234"
H = "010170-1234"
SHA = "a3" * 32
CPR = "a CPR number"
KEY = "a person key"
DF = "a data frame"
TB = "a traceback"
MK = "a drawing with a mark for each person"
LK = "a link to a host"
SC = "a script"
PA = "an absolute path"
F = pd.DataFrame({"weeks": [3, 9, 27, 41], "kommune": [851, 860, 787, 810], "exit": ["job", "sick", "job", "job"]})
PAGES: dict[str, tuple[str, str]] = {
    "tags split": (CPR, "<p>0<i>1</i>0<b>1</b>70<wbr>-12<u>34</u></p>"),
    "tags split by unknown": (CPR, "<p>010<x-y>170</x-y>-1234</p>"),
    "tags split svg a": (CPR, "<svg><text>0101<a>70-1234</a></text></svg>"),
    "split by comment": (CPR, "<p>010170<!-- -->-1234</p>"),
    "split by empty comment digits": (CPR, "<p>01017<!-- x -->01234</p>"),
    "split by label/strike": (CPR, "<p>0101<strike>70</strike>-1234</p>"),
    "split del": (CPR, "<p>0101<del>70</del>-1234</p>"),
    "split dfn": (CPR, "<p>0101<dfn>70</dfn>-1234</p>"),
    "split big": (CPR, "<p>0101<big>70</big>-1234</p>"),
    "br": (CPR, "<p>010170<br>1234</p>"),
    "hex entities": (CPR, "<p>&#x30;&#x31;&#48;1&#x37;0&#45;1234</p>"),
    "named dash": (CPR, "<p>010170&ndash;1234</p>"),
    "minus": (CPR, "<p>010170&minus;1234</p>"),
    "shy": (CPR, "<p>010&shy;170-1234</p>"),
    "zwj hyphen": (CPR, "<p>010170&zwj;-1234</p>"),
    "bidi": (CPR, "<p>010170\u202a-1234\u202c</p>"),
    "variation": (CPR, "<p>0\ufe0f1\ufe0f0\ufe0f170-1234</p>"),
    "combining": (CPR, "<p>0\u034f10170-1234</p>"),
    "mongolian": (CPR, "<p>010\u180e170-1234</p>"),
    "invisible times": (CPR, "<p>010\u2062170-1234</p>"),
    "tag chars": (CPR, "<p>010\U000e0020170-1234</p>"),
    "arabic digits": (CPR, "<p>\u0660\u0661\u0660\u0661\u0667\u0660-\u0661\u0662\u0663\u0664</p>"),
    "superscript": (CPR, "<p>⁰¹⁰¹⁷⁰-¹²³⁴</p>"),
    "figure dash": (CPR, "<p>010170\u20121234</p>"),
    "slash parts": (CPR, "<p>01/01/70-1234</p>"),
    "iso year": (CPR, "<p>01-01-1970-1234</p>"),
    "iso year2": (CPR, "<p>cpr: 01011970-1234</p>"),
    "two cells": (CPR, "<table><caption>T</caption><tr><td>010170</td><td>1234</td></tr></table>"),
    "two cells, hyphen": (
        CPR,
        "<table><caption>T</caption><tr><th scope='row'>010170</th> <td>-1234</td></tr></table>",
    ),
    "formula": (CPR, "<math><mrow><mn>010170</mn><mo>-</mo><mn>1234</mn></mrow></math>"),
    "formula, two numbers": (CPR, "<math><mn>010170</mn><mn>1234</mn></math>"),
    "base32": (CPR, f"<p>{base64.b32encode(('borger ' + H).encode()).decode()}</p>"),
    "deflate without header": (CPR, f"<p data-x='{deflated('borger ' + H + ' var her')}'></p>"),
    "key name in td": (KEY, "<table><caption>T</caption><tr><td>person_id</td><td>weeks</td></tr></table>"),
    "use in groups": (MK, "<svg><g>" + "<g><g><g><use href='#m'/></g></g></g>" * 60 + "</g></svg>"),
    "texts": (
        MK,
        "<svg role='img' aria-describedby='d'>"
        + "".join(f"<text x='{at}' y='3'>{at % 7} uger</text>" for at in range(300))
        + "</svg>",
    ),
    "dots as text": (MK, "<svg>" + "<text x='1' y='3'>•</text>" * 60 + "</svg>"),
    "svg path": (CPR, "<svg><path d='M 010170-1234'/></svg>"),
    "svg aria": (CPR, f"<svg aria-label='{H}'></svg>"),
    "svg tspan xs": (
        CPR,
        "<svg><text><tspan x='1'>0</tspan><tspan x='2'>1</tspan><tspan x='3'>0</tspan><tspan x='4'>1</tspan><tspan x='5'>7</tspan><tspan x='6'>0</tspan><tspan x='7'>1</tspan><tspan x='8'>2</tspan><tspan x='9'>3</tspan><tspan x='10'>4</tspan></text></svg>",
    ),
    "css content": (CPR, "<style>a::after{content:'\\30 \\31 \\30 \\31 \\37 \\30 -1234'}</style>"),
    "css var": (CPR, f"<p style='--x:\"{H}\"'>x</p>"),
    "json esc": (CPR, "<p data-x='[\"\\u0030\\u0031\\u0030\\u0031\\u0037\\u0030-1234\"]'></p>"),
    "json num": (CPR, '<p data-x=\'{"a":101701234,"b":1}\'></p>'),
    "json num10": (CPR, "<p data-x='[3112701234,5]'></p>"),
    "octal esc": (CPR, "<p data-x='\\060\\061\\060170-1234'></p>"),
    "js u{}": (CPR, "<p data-x='\\u{30}\\u{31}0170-1234'></p>"),
    "double entity": (CPR, "<p>&amp;#48;10170-1234</p>"),
    "double pct": (CPR, "<p>%2530%2531%2530%2531%2537%2530%252D1234</p>"),
    "qp": (CPR, "<p>=30=31=30=31=37=30=2D1234</p>"),
    "utf16 b64": (CPR, f"<p>{b(('borger ' + H + ' her').encode('utf-16-le'))}</p>"),
    "utf16be b64": (CPR, f"<p>{b(('borger ' + H + ' her').encode('utf-16-be'))}</p>"),
    "hexstr": (CPR, f"<p>{('borger ' + H).encode().hex()}</p>"),
    "datetime attr": (CPR, f"<time datetime='{H}'>x</time>"),
    "value": (CPR, f"<input value='{N}'>"),
    "img alt": (CPR, f"<img alt='{H}' src='x.png'>"),
    "meta content": (CPR, f"<meta name='description' content='{H}'>"),
    "title": (CPR, f"<title>{H}</title>"),
    "attrname": (CPR, f"<p data-{H}=''></p>"),
    "attrname2": (CPR, f"<p data-{N}='x'></p>"),
    "tagname": (CPR, f"<x-{H}>x</x-{H}>"),
    "class": (CPR, f"<p class='p{N}'></p>"),
    "cdata": (CPR, f"<svg><![CDATA[{H}]]></svg>"),
    "doctype": (CPR, f"<!DOCTYPE html {H}>"),
    "pi": (CPR, f"<?x {H}?>"),
    "noscript": (CPR, f"<noscript>{H}</noscript>"),
    "textarea": (CPR, f"<textarea>{H}</textarea>"),
    "unclosed": (CPR, f"<p>x <b title='{H}"),
    "unclosed2": (CPR, f"<p>x</p><!-- {H}"),
    "unclosed style": (CPR, f"<style>p {{}} {H}"),
    "unclosed script": (CPR, f"<script>{H}"),
    "sha256 key": (KEY, f"<p>{SHA}</p>"),
    "sha1 key": (KEY, f"<td>{'a3' * 20}</td>"),
    "uuid key": (KEY, "<p>123e4567-e89b-12d3-a456-426614174000</p>"),
    "upper key": (KEY, "<p>" + ("A3" * 16) + "</p>"),
    "key b64": (KEY, f"<p data-x='{b('k=' + 'a3' * 16)}'></p>"),
    "key split": (KEY, "<p><b>" + "a3" * 8 + "</b><i>" + "a3" * 8 + "</i></p>"),
    "keyattr": (KEY, "<p id='p-" + "a3" * 16 + "'></p>"),
    "keyname json nested": (KEY, '<p data-x=\'{"row":{"PERSON_ID":1}}\'></p>'),
    "html frame": (DF, F.to_html(border=0, classes="x")),
    "markdown": (DF, "<pre>| weeks | kommune |\n|---:|---:|\n| 3 | 851 |\n| 9 | 860 |\n| 27 | 787 |</pre>"),
    "to_string noindex": (DF, "<pre>" + F.to_string(index=False) + "</pre>"),
    "json split": (DF, "<p data-x='" + F.to_json(orient="split") + "'></p>"),
    "json columns": (DF, "<p data-x='" + F.to_json(orient="columns") + "'></p>"),
    "json values": (DF, "<p data-x='" + F.to_json(orient="values") + "'></p>"),
    "jsonl": (DF, "<pre>" + F.to_json(orient="records", lines=True) + "</pre>"),
    "vega": (DF, "<p data-x='" + json.dumps({"data": {"values": F.to_dict("records")}, "mark": "point"}) + "'></p>"),
    "repr dict": (DF, "<pre>" + str(F.to_dict("list")) + "</pre>"),
    "series": (DF, "<pre>" + str(F.set_index("kommune")["weeks"]) + "</pre>"),
    "csv space": (DF, "<pre>weeks, kommune, exit\n3, 851, job\n9, 860, sick\n27, 787, job</pre>"),
    "latex": (
        DF,
        (
            "<pre>"
            "\\begin{tabular}{rr}\nweeks & kommune \\\\\n3 & 851 \\\\\n9 & 860 \\\\\n27 & 787 \\\\\n\\end{tabular}</pre>"
        ),
    ),
    "div grid": (DF, "<div class='dataframe'><div>3</div></div>"),
    "tb ansi": (
        TB,
        "<pre>\x1b[0;31mValueError\x1b[0m                Traceback (most recent call last)\n\x1b[0;32m&lt;ipython-input-1&gt;\x1b[0m in \x1b[0;36m&lt;module&gt;\x1b[0;34m()\x1b[0m</pre>",
    ),
    "tb ansi2": (TB, "<pre>\x1b[0;31mValueError\x1b[0m: could not convert</pre>"),
    "tb pandas": (TB, "<pre>KeyError: 'weeks'</pre>"),
    "tb chained": (TB, "<pre>pandas.errors.ParserError: x</pre>"),
    "tb ipy9": (TB, "<pre>Cell In[3], line 2\n----&gt; 2 df['x']</pre>"),
    "tb ipy9b": (TB, "<pre>Cell In[3], line 2, in f(x)</pre>"),
    "use": (MK, "<svg><g>" + "<use xlink:href='#m' x='1' y='2'/>" * 60 + "</g></svg>"),
    "path markers": (MK, "<svg>" + "<path d='M1 2 C 3 4 5 6 7 8 Z'/>" * 300 + "</svg>"),
    "path one": (
        MK,
        "<svg><path d='" + "".join(f"M {i * 7 % 400} {i * 13 % 300} l 1 0 " for i in range(300)) + "'/></svg>",
    ),
    "lines": (MK, "<svg>" + "<line x1='1' x2='2' y1='1' y2='2'/>" * 300 + "</svg>"),
    "polygon": (MK, "<svg>" + "<polygon points='1,1 2,2 1,2'/>" * 300 + "</svg>"),
    "marker attr": (
        MK,
        "<svg><polyline marker-mid='url(#m)' points='"
        + " ".join(f"{i},{i * 7 % 90}" for i in range(300))
        + "'/></svg>",
    ),
    "polyline dash": (
        MK,
        "<svg><path marker-start='url(#m)' marker-mid='url(#m)' d='M "
        + " ".join(f"{i} {i * 7 % 90}" for i in range(300))
        + "'/></svg>",
    ),
    "srcset": (LK, "<source srcset='//a.dk/x 2x'>"),
    "imagesrcset": (LK, "<link imagesrcset='https://a.dk/x 2x'>"),
    "css url": (LK, "<p style='background:url(//a.dk/x)'>x</p>"),
    "css url esc": (LK, "<style>p{background:u\\72l(https://a.dk/x)}</style>"),
    "css image-set": (LK, "<style>p{background:image-set('https://a.dk/x' 1x)}</style>"),
    "css src": (LK, "<style>@font-face{src:URL( 'https://a.dk/f' )}</style>"),
    "import": (LK, "<style>@IMPORT 'https://a.dk'</style>"),
    "import b64 data css": (
        LK,
        "<style>@import url(data:text/css;base64,{})</style>".format(b("@import 'https://a.dk'")),
    ),
    "preconnect": (LK, "<link rel='preconnect' href='//a.dk'>"),
    "dnsprefetch": (LK, "<link rel='dns-prefetch' href='https:a.dk'>"),
    "meta refresh": (SC, "<meta http-equiv=Refresh content='0;url=https://a.dk'>"),
    "base": (SC, "<base href='//a.dk/'>"),
    "form": (SC, "<form action='https://a.dk'></form>"),
    "formaction": (LK, "<button formaction='https://a.dk'>x</button>"),
    "tab in scheme": (SC, "<a href='java\tscript:x()'>x</a>"),
    "nl host": (LK, "<a href='ht\ntps://a.dk'>x</a>"),
    "backslashes": (LK, "<a href='\\/a.dk'>x</a>"),
    "slash backslash": (LK, "<img alt='' src='/\\a.dk/x'>"),
    "svg fill": (LK, "<svg><rect fill='url(https://a.dk/x#y)'/></svg>"),
    "svg filter": (LK, "<svg><g filter='url(//a.dk/x#y)'/></svg>"),
    "svg set": (LK, "<svg><set attributeName='href' to='https://a.dk'/></svg>"),
    "svg animate": (LK, "<svg><animate attributeName='href' values='https://a.dk;x'/></svg>"),
    "svg script": (SC, "<svg><script href='x'/></svg>"),
    "foreign": (SC, "<svg><foreignObject><iframe src='x'></iframe></foreignObject></svg>"),
    "xml-stylesheet": (LK, "<?xml-stylesheet href='https://a.dk/x'?><svg></svg>"),
    "doctype ent": (LK, "<!DOCTYPE svg [<!ENTITY x SYSTEM 'https://a.dk/x'>]>"),
    "srcdoc": (SC, "<iframe srcdoc='x'></iframe>"),
    "shadow": (LK, "<template shadowrootmode=open><img src='https://a.dk'></template>"),
    "conditional": (LK, "<!--[if IE]><img src='https://a.dk'><![endif]-->"),
    "object data": (SC, "<object data='https://a.dk'></object>"),
    "track": (LK, "<track src='https://a.dk'>"),
    "unc": (PA, "<p>\\\\srv\\d$\\x</p>"),
    "unc fwd": (PA, "<p>//srv01/deling/fil.csv</p>"),
    "dos dev": (PA, "<p>\\\\?\\C:\\x</p>"),
    "win mix": (PA, "<p>c:/Users/ane</p>"),
    "win end": (PA, "<p>fra E:\\</p>"),
    "unc esc": (PA, "<p data-x='\"\\\\\\\\srv\\\\del\"'></p>"),
    "file uri": (PA, "<p>file://localhost/c:/x</p>"),
    "enc path": (PA, "<p>%2Fhome%2Fane%2Fdata.csv</p>"),
    "title path": (PA, "<p title='læst fra /projekt/704/data.dta'>x</p>"),
    "root path": (PA, "<p>(/projekt/data.dta)</p>"),
    "dbuser": (PA, "<p>data=/volumes/ProjektDB/x</p>"),
}


def nb(**parts: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(**parts)


def out(data: dict[str, object], **more: object) -> nbformat.NotebookNode:
    shown = nbformat.v4.new_output("display_data", data, **more)
    return nb(cells=[nbformat.v4.new_code_cell("x", outputs=[shown])])


V = nbformat.v4
NOTEBOOKS: dict[str, tuple[str, nbformat.NotebookNode]] = {
    "meta": (CPR, nb(metadata={"x": H})),
    "cell meta": (CPR, nb(cells=[V.new_code_cell("x", metadata={"note": H})])),
    "out meta": (CPR, out({"text/plain": "x"}, metadata={"a": H})),
    "attach": (CPR, nb(cells=[V.new_markdown_cell("x", attachments={"a.txt": {"text/plain": b("borger " + H)}})])),
    "attach name": (CPR, nb(cells=[V.new_markdown_cell("x", attachments={H + ".txt": {"text/plain": "x"}})])),
    "raw cell": (CPR, nb(cells=[V.new_raw_cell(H)])),
    "latex": (CPR, out({"text/latex": H})),
    "vega": (DF, out({"application/vnd.vegalite.v5+json": {"data": {"values": F.to_dict("records")}}})),
    "vega1": (CPR, out({"application/vnd.vega.v5+json": {"a": {"b": [101701234]}}})),
    "plotly": (
        DF,
        out({"application/vnd.plotly.v1+json": {"data": [{"x": F.weeks.tolist(), "y": F.kommune.tolist()}]}}),
    ),
    "dataresource": (DF, out({"application/vnd.dataresource+json": {"schema": {}, "data": F.to_dict("records")}})),
    "widget": (CPR, out({"application/vnd.jupyter.widget-view+json": {"model_id": "1", "x": H}})),
    "widget state": (CPR, nb(metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"v": H}}}})),
    "pdf": (CPR, out({"application/pdf": b("%PDF " + H)})),
    "jpeg": (CPR, out({"image/jpeg": b(b"\xff\xd8\xff\xfe\x00\x0f" + H.encode() + b"\xff\xd9")})),
    "gif": (CPR, out({"image/gif": b(b"GIF89a" + H.encode())})),
    "js": (SC, out({"text/javascript": "x"})),
    "js2": (SC, out({"application/x-javascript": "x"})),
    "csv": (DF, out({"text/csv": F.to_csv()})),
    "evalue": (
        CPR,
        nb(cells=[V.new_code_cell("x", outputs=[V.new_output("error", ename="E", evalue=H, traceback=[H])])]),
    ),
    "stream list": (CPR, nb(cells=[V.new_code_cell("x", outputs=[V.new_output("stream", text=["010170", "-1234"])])])),
    "exec html": (CPR, out({"text/html": ["<p>0101", "70-1234</p>"]})),
    "stdout ansi": (
        TB,
        nb(cells=[V.new_code_cell("x", outputs=[V.new_output("stream", text="\x1b[31mValueError\x1b[0m: x")])]),
    ),
    "tag": (CPR, nb(cells=[V.new_code_cell("x", metadata={"tags": [N]})])),
    "cell id": (CPR, nb(cells=[{**V.new_code_cell("x"), "id": "p" + N}])),
}
