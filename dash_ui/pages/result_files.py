"""The significance report as a file to download."""

from __future__ import annotations

from dash import Dash
from flask import Response, jsonify

from dash_ui.gateway import Gateway
from dash_ui.i18n import language
from dash_ui.records import Refused
from dash_ui.session import PREFIX

FORMS = ("html", "pdf", "csv", "json")


def register(app: Dash, gateway: Gateway) -> None:
    """Adds `/ui/e/<key>/report.<form>` behind the guard of all screens."""
    choice = ",".join(FORMS)

    def download(key: str, form: str) -> Response | tuple[Response, int]:
        try:
            content, kind = gateway.report_file(key, form, language())
        except Refused as refused:
            return jsonify(title=refused.code, status=refused.status, detail=refused.detail), refused.status
        response = Response(content, mimetype=kind)
        response.headers["Content-Disposition"] = f'attachment; filename="{key}-report.{form}"'
        return response

    app.server.add_url_rule(
        f"{PREFIX}e/<key>/report.<any({choice}):form>", "result_file", download, methods=["GET"]
    )
