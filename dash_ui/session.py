"""Who is signed in: the session cookie, the one guard before every screen, signing in and out."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    g,
    has_request_context,
    jsonify,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from dash_ui.attempts import Attempts
from dash_ui.gateway import Gateway
from dash_ui.i18n import LANGUAGES, _, language, set_language
from dash_ui.records import Person, Refused
from dash_ui.theme import FAVICON, SCHEMES

PREFIX: Final = "/ui/"
CSRF_COOKIE: Final = "pw_csrf"
CSRF_HEADER: Final = "X-CSRFToken"
LANGUAGE_COOKIE: Final = "pw_language"
THEME_COOKIE: Final = "pw_theme"
COOKIES: Final = {"language": LANGUAGE_COOKIE, "theme": THEME_COOKIE}
_YEAR: Final = 31_536_000
_PERSON: Final = "person"
_STAMP: Final = "stamp"


def current_person() -> Person:
    """The person whose request this is; only behind the guard."""
    person = g.get("person")
    if not isinstance(person, Person):
        raise LookupError("nobody is signed in")
    return person


def remember(person: Person) -> None:
    """Makes this session the person's, as they are now."""
    session[_PERSON], session[_STAMP] = person.id, person.stamp


def keep_preference(name: str, value: str | None) -> None:
    """Has the browser keep the `language` or `theme` too, for pages before signing in; `None` forgets it."""

    @after_this_request
    def _keep(answer: Response) -> Response:
        if value is None:
            answer.delete_cookie(COOKIES[name])
        else:
            answer.set_cookie(COOKIES[name], value, max_age=_YEAR, samesite="Lax", secure=request.is_secure)
        return answer


def someone_is_signed_in() -> bool:
    """Whether there is a person to draw for; Dash also draws once by itself, for nobody."""
    return has_request_context() and isinstance(g.get("person"), Person)


def current_theme() -> str | None:
    """`light` or `dark` as the person chose it, else as this browser has it, `None` to follow the system."""
    person = g.get("person")
    theme = (person.theme if isinstance(person, Person) else None) or request.cookies.get(THEME_COOKIE)
    return theme if theme in SCHEMES else None


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a path of the screens, never another site."""
    parts = urlsplit(target or "")
    if parts.scheme or parts.netloc or not parts.path.startswith(PREFIX) or "\\" in parts.path:
        return PREFIX
    return parts.path + (f"?{parts.query}" if parts.query else "")


def register(server: Flask, gateway: Gateway) -> None:
    """Adds sign-in, sign-out and the guard to the server."""
    csrf = CSRFProtect()
    server.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    server.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    csrf.init_app(server)
    server.register_blueprint(_pages(gateway))

    @server.before_request
    def _guard() -> BaseResponse | None:
        if not _is_screen(request.path):
            return None
        _listen()
        if request.path.startswith(PREFIX):
            g.person = _signed_in(gateway)
            if g.person is None:
                return _turned_away()
            if g.person.language is not None:
                set_language(g.person.language)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            csrf.protect()
        return None

    @server.after_request
    def _give_token(response: Response) -> Response:
        if _is_screen(request.path) and response.mimetype == "text/html":
            response.set_cookie(
                CSRF_COOKIE, generate_csrf(), samesite="Lax", secure=request.is_secure, path="/"
            )
        return response


def _pages(gateway: Gateway) -> Blueprint:
    attempts = Attempts()
    pages = Blueprint("screens", __name__, template_folder="templates")

    @pages.get("/")
    def home() -> BaseResponse:
        return redirect(PREFIX)

    @pages.get("/ui")
    def bare() -> BaseResponse:
        return redirect(PREFIX)

    @pages.get("/login")
    def login() -> BaseResponse | str:
        target = safe_next(request.args.get("next"))
        return redirect(target) if _signed_in(gateway) else _form(target)

    @pages.get("/login.css")
    def login_style() -> BaseResponse:
        return send_from_directory(f"{pages.root_path}/assets", "login.css", max_age=3600)

    @pages.get("/login.woff2")
    def login_font() -> BaseResponse:
        fonts = f"{pages.root_path}/assets/fonts"
        return send_from_directory(fonts, "inter-latin-wght-normal.woff2", max_age=86_400)

    @pages.post("/login")
    def sign_in() -> BaseResponse | tuple[str, int]:
        email, password = request.form.get("email", ""), request.form.get("password", "")
        target = safe_next(request.form.get("next"))
        if attempts.too_many(email, request.remote_addr or ""):
            return _form(target, email=email, waiting=True), 429
        person = gateway.sign_in(email, password)
        if person is None:
            attempts.failed(email, request.remote_addr or "")
            return _form(target, email=email, wrong=True), 401
        attempts.forget(email, request.remote_addr or "")
        session.clear()
        session.permanent = True
        remember(person)
        for name, value in (("language", person.language), ("theme", person.theme)):
            if value is not None:
                keep_preference(name, value)
        return redirect(target, 303)

    @pages.post("/logout")
    def sign_out() -> BaseResponse:
        session.clear()
        return redirect(url_for("screens.login"), 303)

    _take_preferences(pages, gateway)
    return pages


def _take_preferences(pages: Blueprint, gateway: Gateway) -> None:
    @pages.get(f"{PREFIX}alive")
    def alive() -> BaseResponse:
        """Whether the server answers, for browsers that lost it."""
        return Response(status=204)

    @pages.post(f"{PREFIX}preferences")
    def prefer() -> BaseResponse | tuple[str, int]:
        for name in set(COOKIES) & set(request.form):
            try:
                gateway.prefer(current_person(), name, request.form[name])
            except Refused as refused:
                return refused.detail, refused.status
            keep_preference(name, request.form[name])
        return Response(status=204)


def _form(target: str, email: str = "", wrong: bool = False, waiting: bool = False) -> str:
    return render_template(
        "login.html",
        _=_,
        language=language(),
        theme=current_theme(),
        next=target,
        email=email,
        wrong=wrong,
        waiting=waiting,
        token=generate_csrf(),
        favicon=FAVICON,
    )


def _is_screen(path: str) -> bool:
    return path.startswith(PREFIX) or path in ("/", "/ui", "/login", "/logout")


def _listen() -> None:
    asked = request.args.get("lang") if request.path == "/login" else None
    known = asked or request.cookies.get(LANGUAGE_COOKIE)
    set_language(known if known in LANGUAGES else request.accept_languages.best_match(LANGUAGES))


def _signed_in(gateway: Gateway) -> Person | None:
    ident = session.get(_PERSON)
    person = gateway.person(ident) if isinstance(ident, int) else None
    return person if person and person.active and person.stamp == session.get(_STAMP) else None


def _turned_away() -> BaseResponse:
    internal = request.path.startswith((f"{PREFIX}_", f"{PREFIX}assets/"))
    if request.method == "GET" and not internal:
        target = request.full_path.rstrip("?")
        return redirect(f"/login?next={quote(target, safe='/?=&')}")
    answer = jsonify(type="about:blank", title="Unauthorized", status=401, detail=_("Sign in first."))
    answer.status_code = 401
    answer.mimetype = "application/problem+json"
    return answer
