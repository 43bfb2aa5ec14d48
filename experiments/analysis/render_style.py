"""The look of a report file, on screen and on A4."""

PAPER_COLORS = {
    "ink": "#1b1f24",
    "soft": "#4b5563",
    "line": "#d9dee5",
    "good": "#0b7285",
    "bad": "#b4400a",
    "grey": "#6b7280",
    "accent": "#3b5bdb",
    "paper": "#fff",
    "wash": "#f6f8fa",
}
SVG_STYLE = """
svg text{font-size:11px;fill:var(--soft)}.grid{stroke:var(--line)}.zero{stroke:var(--grey)}
.span{stroke:var(--grey);stroke-width:3}.span.better{stroke:var(--good)}.span.worse{stroke:var(--bad)}
.dot{fill:var(--paper);stroke:var(--grey);stroke-width:2}.dot.better{fill:var(--good);stroke:var(--good)}
.dot.worse{fill:var(--bad);stroke:var(--bad)}.cut{fill:var(--grey)}.cut.better{fill:var(--good)}
.cut.worse{fill:var(--bad)}
.band{fill:var(--accent);opacity:.18}polyline{fill:none;stroke:var(--accent);stroke-width:2.5}
.decided{stroke:var(--good);stroke-width:2;stroke-dasharray:2 4}
polyline.arm1{stroke:var(--good);stroke-dasharray:7 3}polyline.arm2{stroke:var(--bad);stroke-dasharray:2 3}
polyline.arm3{stroke:var(--grey)}
"""

_ROOT = ":root{" + "".join(f"--{name}:{value};" for name, value in PAPER_COLORS.items()) + "}"
_TEXT_STYLE = """
@media (prefers-color-scheme:dark){@media screen{:root{--ink:#e6e8eb;--soft:#b6bdc7;--line:#3a4048;
--good:#4fc3d9;
--bad:#ff9e64;--grey:#a4abb5;--accent:#92a4f5;--paper:#16181c;--wash:#1e2126}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,
'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem}
h1{font-size:1.75rem;line-height:1.2;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;
margin:1rem 0 .25rem}
p{margin:.35rem 0;max-width:46rem}.kicker{color:var(--soft);margin:0}.soft,figcaption{color:var(--soft)}
code{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:.9em;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--wash);padding:.5rem}
h1,td,th,figcaption{unicode-bidi:plaintext;overflow-wrap:anywhere}@media screen{td,th{min-width:4.2rem}}
.verdict{border:1px solid var(--line);border-left:.4rem solid var(--grey);border-radius:.5rem;
padding:1rem 1.25rem;
margin:1.25rem 0;background:var(--wash)}
.verdict h2{margin:0 0 .25rem;font-size:1.35rem}.verdict.better{border-left-color:var(--good)}
.verdict.worse,.verdict.distrust{border-left-color:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
th.n,td.n{text-align:right;white-space:nowrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
.better{color:var(--good)}.worse,.failed{color:var(--bad)}.verdict.better,.verdict.worse{color:inherit}
svg{display:block;max-width:100%}svg.forest{width:200px;height:auto}svg.wide{width:100%;height:auto}
"""
_PAPER_STYLE = """
figure{margin:.75rem 0}section{break-inside:auto}tr,figure,.verdict,h2,h3{break-inside:avoid}
h2,h3{break-after:avoid}
@page{size:A4;margin:16mm 14mm}
@media print{main{padding:0;max-width:none}body{font-size:10.5pt}.scroll{overflow:visible}
table{font-size:8.5pt}
svg.forest{width:150px}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
STYLE = _ROOT + _TEXT_STYLE + SVG_STYLE + _PAPER_STYLE
