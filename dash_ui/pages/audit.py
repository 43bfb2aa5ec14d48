"""The audit log: who changed what and when, found by person, subject, kind and period, and taken along."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash, Input, Output, ctx, html, no_update
from flask import Response, request

from dash_ui.audit_records import AUDITED, AuditPage, AuditQuery
from dash_ui.audit_words import audited_name
from dash_ui.browser import in_browser
from dash_ui.calendar_words import day_of
from dash_ui.components.attributes import aria
from dash_ui.components.audit_table import audit_table
from dash_ui.components.icon import icon
from dash_ui.components.paging import page_asked, pager, query_string
from dash_ui.components.settings_parts import day_input, named_choice, named_input
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.session import PREFIX, current_person

_FORMS: Final = {"csv": "text/csv", "json": "application/json"}
_OF_ADMINS: Final = ("user", "key", "person")


def render(view: View) -> Any:
    """The filters, the way to take the log along, and its newest page that fits."""
    query = query_from(view.query)
    found = view.gateway.audit(view.person, query, page_asked(view.query))
    intro = _("Every change of what the shop has defined stands here, and nothing takes it out.")
    if not view.person.may("admin"):
        intro = _("Every change stands here; those of people, keys and erasures are shown to admins.")
    return html.Div(
        [
            html.Div(
                [
                    html.Div([html.H1(_("Audit log")), html.P(intro, className="pw-quiet")]),
                    html.Div(_files(query), id="audit-files", className="pw-bar pw-noprint"),
                ],
                className="pw-head",
            ),
            _filters(view, query),
            html.Div(_results(found), id="audit-results"),
            pager("audit-page", found.pages, found.page),
            html.Div(id="audit-address", hidden=True),
        ]
    )


def query_from(values: dict[str, str]) -> AuditQuery:
    """The filters that an address says; what is no day or no kind counts as not said."""
    kind = values.get("kind", "")
    return AuditQuery(
        person=values.get("who", ""),
        subject=values.get("about", ""),
        kind=kind if kind in AUDITED else "",
        first=day_of(values.get("from")),
        last=day_of(values.get("to")),
    )


def address_of(query: AuditQuery, page: int = 1) -> str:
    """The query string that says these filters."""
    said = {
        "who": query.person,
        "about": query.subject,
        "kind": query.kind,
        "from": query.first.isoformat() if query.first else "",
        "to": query.last.isoformat() if query.last else "",
    }
    return query_string(said, page)


def _filters(view: View, query: AuditQuery) -> Any:
    actors = [("", _("Everybody")), *view.gateway.audit_actors()]
    shown = [kind for kind in AUDITED if view.person.may("admin") or kind not in _OF_ADMINS]
    kinds = [("", _("Everything")), *((kind, audited_name(kind)) for kind in shown)]
    person = named_choice("audit-who", _("Person or key"), query.person, actors)
    person.searchable = True
    subject = named_input("audit-about", _("Part of the subject's key"))
    subject.value, subject.debounce = query.subject, 300
    return html.Div(
        [
            person,
            named_choice("audit-kind", _("Of what"), query.kind, kinds),
            subject,
            day_input("audit-from", _("From"), query.first),
            day_input("audit-to", _("Up to and including"), query.last),
        ],
        className="pw-filters pw-noprint",
        role="search",
        **aria(label=_("Find changes")),
    )


def _files(query: AuditQuery) -> list[Any]:
    said = address_of(query)
    return [
        html.A(
            [icon("download", 16), html.Span(form.upper())],
            href=f"{PREFIX}audit.{form}" + (f"?{said}" if said else ""),
            className="pw-button",
            download=f"audit.{form}",
            **aria(label=_("Download what is found as {form}", form=form.upper())),
        )
        for form in _FORMS
    ]


def _results(found: AuditPage) -> Any:
    count = ngettext("{count} change", "{count} changes", found.matching)
    told = html.P(count, className="pw-quiet pw-space", role="status")
    if not found.lines:
        words = _("No change fits. Another period, person or kind may.")
        return [told, html.Div([html.H2(_("Nothing found")), html.P(words)], className="pw-card pw-empty")]
    return [told, html.Div(audit_table(found.lines), className="pw-card pw-flush")]


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the log, and its files behind the guard of all screens."""

    @app.callback(
        Output("audit-results", "children"),
        Output("audit-page", "total"),
        Output("audit-page", "value"),
        Output("audit-files", "children"),
        Output("audit-address", "children"),
        Input("audit-who", "value"),
        Input("audit-kind", "value"),
        Input("audit-about", "value"),
        Input("audit-from", "value"),
        Input("audit-to", "value"),
        Input("audit-page", "value"),
        prevent_initial_call=True,
    )
    def narrow(
        who: str | None, kind: str | None, about: str | None, first: str, last: str, page: int | None
    ) -> tuple[Any, ...]:
        said = {"who": who, "kind": kind, "about": about, "from": first, "to": last}
        query = query_from({name: value or "" for name, value in said.items()})
        asked = page or 1 if ctx.triggered_id == "audit-page" else 1
        found = gateway.audit(current_person(), query, asked)
        value = no_update if found.page == page else found.page
        return _results(found), found.pages, value, _files(query), address_of(query, found.page)

    address = Input("audit-address", "children")
    in_browser(app, "address", Output("audit-address", "id"), address, skip_first=True)

    def take(form: str) -> Response:
        pieces = gateway.audit_file(current_person(), query_from(request.args.to_dict()), form)
        answer = Response("".join(pieces), mimetype=_FORMS[form])
        answer.headers["Content-Disposition"] = f'attachment; filename="audit.{form}"'
        return answer

    choice = ",".join(_FORMS)
    app.server.add_url_rule(f"{PREFIX}audit.<any({choice}):form>", "audit_file", take, methods=["GET"])


PAGE = Page("/ui/audit", lambda: _("Audit log"), render, register)
