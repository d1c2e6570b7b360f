"""Elements and attributes of HTML and SVG, by what they mean for the gate."""

INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "mi",
        "mn",
        "mo",
        "mrow",
        "ms",
        "mtext",
        "nobr",
        "output",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tspan",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)  # text goes on through them
VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "use",
        "wbr",
    ]
)  # they have no end
SCRIPTS = frozenset(
    ["applet", "base", "canvas", "embed", "form", "frame", "iframe", "object", "portal", "script"]
)  # they run, send or load something
ADDRESSES = frozenset(
    [
        "action",
        "background",
        "cite",
        "data",
        "formaction",
        "href",
        "imagesrcset",
        "longdesc",
        "manifest",
        "ping",
        "poster",
        "profile",
        "src",
        "srcset",
        "xlink:href",
    ]
)  # they hold addresses
DRAWN = frozenset(
    [
        "cx",
        "cy",
        "d",
        "height",
        "points",
        "r",
        "rx",
        "ry",
        "transform",
        "viewbox",
        "width",
        "x",
        "x1",
        "x2",
        "y",
        "y1",
        "y2",
    ]
)  # they hold coordinates
POINTS = frozenset(["circle", "ellipse", "image", "line", "polygon", "rect", "use"])  # they can be marks
