"""No text is English on a Dutch screen, glued of parts, or past the formatter; each by file and line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, g

import dash_ui
from dash_ui import shell
from dash_ui.gateway import Gateway
from dash_ui.i18n import read_catalogue, speaking
from dash_ui.navigation import navigation
from dash_ui.routes import PAGES
from dash_ui.wizard.steps import CODES
from tests.dash_ui.shop import ADMIN, EXPERIMENTS, METRICS, NAMES, PASSWORD, key_of
from tests.dash_ui.trees import every, property_of

ROOT = Path(dash_ui.__file__).parent
WORDS = re.compile(r"[A-Z][a-z]+( |$|[.:,])|[a-z]{2,} [a-z]{2,} [a-z]{2,}")
NAMES_OF_THINGS = {"Proefwerk", "English", "Nederlands"}
SHOWN = ("label", "title", "placeholder", "description", "hint", "children", "alt", "aria-label")
OWN = {
    "aria", "badge", "table", "Column", "told", "confirmed", "shown_once", "text_field", "long_field",
    "number_field", "choice_field", "several_field", "tags_field", "switch_field", "segmented", "button",
    "named_input", "named_choice", "crumbs",
}  # fmt: skip
ENGLISH = re.compile(
    r"\b(the|and|this|that|with|your|you|from|which|who|what|when|have|has|are|not|they|each|their|shoppers)\b"
)
DRAFT = "product-page-trust-badges"
ADDRESSES = (("/ui/new", f"draft={DRAFT}&step={step}") if step else ("/ui/new", "") for step in ("", *CODES))
OTHERS = (
    *ADDRESSES,
    *(("/ui/e/" + key_of(name), "") for name, *_rest in EXPERIMENTS[:6]),
    ("/ui/e/" + key_of(EXPERIMENTS[0][0]), "view=analyst"),
    ("/ui/metrics", "show=revenue"),
    ("/ui/metrics", "edit=revenue"),
    ("/ui/metrics", "new"),
    ("/ui/audiences", "new"),
    ("/ui/e/nowhere", ""),
    ("/ui/nowhere", ""),
)


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def _translated(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "ngettext")


def test_no_sentence_is_glued_of_translated_parts() -> None:
    found = []
    for name, tree in _sources():
        for node in ast.walk(tree):
            if _glued(node):
                found.append(f"{name}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}")
    assert found == []


def _glued(node: ast.AST) -> bool:
    """Whether a text is put together of translated parts, or is not fixed where it is translated."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _translated(node.left) or _translated(node.right)
    if isinstance(node, ast.JoinedStr):
        return any(_translated(part) for part in ast.walk(node))
    return isinstance(node, ast.Call) and _translated(node) and not _constant(node)


def _constant(call: ast.Call) -> bool:
    texts = call.args[:2] if ast.unparse(call.func) == "ngettext" else call.args[:1]
    return all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in texts)


def test_no_text_goes_into_a_component_untranslated() -> None:
    found = []
    for name, tree in _sources():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            function = ast.unparse(call.func)
            if function in OWN or re.match(r"(html|dmc|dcc)\.", function):
                found += [f"{name}:{text}" for text in _bare(call)]
    assert found == []


def _bare(call: ast.Call) -> Iterator[str]:
    given = [*call.args, *(each.value for each in call.keywords if each.arg in SHOWN)]
    for value in given:
        for item in value.elts if isinstance(value, ast.List | ast.Tuple) else [value]:
            text = item.value if isinstance(item, ast.Constant) else None
            if isinstance(text, str) and WORDS.search(text) and text not in NAMES_OF_THINGS:
                yield f"{item.lineno}: {text}"


def test_numbers_and_dates_are_written_by_the_formatter_alone() -> None:
    found = []
    for name, tree in _sources():
        if name in ("format.py", "i18n.py"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("babel.d", "babel.nu")):
                found.append(f"{name}:{node.lineno}: imports {node.module}")
            if isinstance(node, ast.Attribute) and node.attr == "strftime":
                found.append(f"{name}:{node.lineno}: strftime")
            if (
                isinstance(node, ast.FormattedValue)
                and node.format_spec
                and "," in ast.unparse(node.format_spec)
            ):
                found.append(f"{name}:{node.lineno}: groups digits by itself")
    assert found == []


def test_plurals_have_both_forms_in_dutch() -> None:
    found = []
    for message in read_catalogue("nl"):
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if isinstance(message.id, tuple | list) and (len(forms) != 2 or not all(forms)):
            found.append(f"{message.id[0]}: {forms}")
    assert found == []


def test_a_dutch_screen_shows_no_english(server: Flask, gateway: Gateway) -> None:
    known = _of_the_shop()
    messages = {
        str(message.id)
        for message in read_catalogue("nl")
        if isinstance(message.id, str) and message.id and message.string != message.id
    }
    person = gateway.sign_in(ADMIN, PASSWORD)
    found, seen = set(), 0
    plain = [(page.path, "") for page in PAGES if "<" not in page.path]
    for path, search in (*plain, *OTHERS):
        with server.test_request_context(path), speaking("nl"):
            g.person = person
            drawn, title = shell.draw(gateway, path, search)
            for text in (title, *_texts([drawn, navigation()])):
                seen += 1
                own = not text.strip() or any(word in text for word in known)
                if not own and (text.strip() in messages or ENGLISH.search(text)):
                    found.add(f"{path}?{search}: {text}")
    assert sorted(found) == []
    assert seen > 1500, "the screens were not drawn"


def _of_the_shop() -> set[str]:
    """What the shop itself wrote, in its own language."""
    own = {name for name, *_rest in EXPERIMENTS} | {str(metric["name"]) for metric in METRICS}
    return own | set(NAMES.values()) | {"If we show it earlier", "Control", "Variant B"}


def _texts(tree: object) -> Iterator[str]:
    for component in every(tree):
        children = getattr(component, "children", None)
        for child in children if isinstance(children, list | tuple) else [children]:
            if isinstance(child, str) and type(component).__name__ not in ("Code", "Pre"):
                yield child
        for name in ("label", "title", "placeholder", "description", "aria-label"):
            value = property_of(component, name)
            if isinstance(value, str):
                yield value
        choices = property_of(component, "data")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and isinstance(choice.get("label"), str):
                yield choice["label"]
