"""The significance report as tagged PDF (PDF/UA-1): real pages from the same HTML, without any request."""

from __future__ import annotations

import base64
import importlib.util
import re
from html import escape, unescape
from typing import Any

from assignment.errors import ProefwerkError
from experiments.analysis.render_style import PAPER_COLORS, SVG_STYLE
from experiments.analysis.render_text import Text

VARIANT = "pdf/ua-1"
MISSING_PARTS = (
    "PDF needs WeasyPrint and the system library Pango (Debian: libpango-1.0-0, libpangoft2-1.0-0, "
    "libharfbuzz-subset0); without them, print the HTML report to PDF in a browser."
)
_SVG = re.compile(r'<svg class="(\w+)" viewBox="([^"]*)" role="img" aria-label="([^"]*)">(.*?)</svg>', re.S)
_VARIABLE = re.compile(r"var\(--(\w+)\)")
_PAGE = """
@page{size:A4;margin:16mm 14mm 18mm;
@bottom-left{content:"%(foot)s";font:8pt sans-serif;color:#4b5563}
@bottom-right{content:"%(page)s";font:8pt sans-serif;color:#4b5563}}
body{font-family:'DejaVu Sans','Noto Sans','Noto Color Emoji',sans-serif;font-size:9pt}
thead{display:table-header-group}img.forest{width:80px}img.wide{width:100%%}
table{font-size:7.5pt}th,td{min-width:2.9rem;padding-right:.3rem}th{vertical-align:bottom}th.n,td.n{white-space:normal}caption,p.soft{break-after:avoid}dl,pre{break-inside:avoid}
"""


def available() -> bool:
    """Whether this installation can make PDF, as far as can be told without trying."""
    return importlib.util.find_spec("weasyprint") is not None


def render_pdf(page: str, report: dict[str, Any], language: str) -> bytes:
    """The pages of an HTML report.

    Args:
        page: What `render_html` gave.
        report: The report that it shows.
        language: The language of the page.

    Raises:
        ProefwerkError: 501 where WeasyPrint or its system library is missing.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise ProefwerkError(501, "no_pdf", MISSING_PARTS) from error
    style = f"<style>{_footer(report, Text(language))}</style></head>"
    paper = _SVG.sub(_picture, page).replace("</head>", style, 1)
    document = weasyprint.HTML(string=paper, url_fetcher=_only_inline())
    made: bytes = document.write_pdf(pdf_variant=VARIANT)
    return made


def _only_inline() -> Any:
    """Takes what lies in the page itself, and reaches for nothing else."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=["data"])


def _footer(report: dict[str, Any], text: Text) -> str:
    foot = text.say(
        "{experiment}, report {ident}", experiment=report["experiment"], ident=str(report["id"])[:12]
    )
    page = text.say("Page {page} of {pages}", page='" counter(page) "', pages='" counter(pages) "')
    return _PAGE % {"foot": _quoted(foot), "page": page}


def _quoted(words: str) -> str:
    """Inside a CSS string."""
    return "".join(
        letter if letter.isalnum() or letter in " ,.-" else rf"\{ord(letter):x} " for letter in words
    )


def _picture(found: re.Match[str]) -> str:
    """A chart as a figure with its text alternative, which a tagged PDF needs; colours as on paper."""
    name, box, label, marks = found.groups()
    _, _, width, height = box.split()
    style = _VARIABLE.sub(lambda each: PAPER_COLORS[each[1]], SVG_STYLE)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{width}" height="{height}">'
        f"<style>{style}</style>{marks}</svg>"
    )
    data = base64.b64encode(picture.encode()).decode()
    alternative = escape(unescape(label))
    return f'<img class="{name}" alt="{alternative}" src="data:image/svg+xml;base64,{data}">'
