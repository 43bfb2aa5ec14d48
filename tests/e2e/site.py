"""The screens on a real server with a shop's data: `python -m tests.e2e.site FOLDER PORT`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from dash_ui.app import create_dash
from dash_ui.gateway import Gateway
from tests.dash_ui.shop import open_shop


def main(folder: Path, port: int) -> None:
    """Serve until the process ends."""
    server = Flask("screens")
    create_dash(server, Gateway(open_shop(folder), _no_analysis, lambda: None), secret="secret-of-the-tests")
    make_server("127.0.0.1", port, server, threaded=True).serve_forever()


def _no_analysis(key: str) -> dict[str, Any]:
    raise RuntimeError(f"nobody analyses {key} here")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
