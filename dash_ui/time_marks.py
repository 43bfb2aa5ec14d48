"""From the calendar and the journal to the numbered marks on the time axes of a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from dash_ui.calendar_records import CalendarMark
from dash_ui.calendar_words import kind_name
from dash_ui.format import ZONE, day, days
from dash_ui.i18n import _
from dash_ui.journal_words import journal_text
from dash_ui.report_records import JournalLine, Result
from dash_ui.time_records import Timeline, TimeMark

_SILENT = frozenset({"name", "hypothesis", "segments", "preview_url", "parent"})
"""What may change without anything happening to shoppers."""
_Bare = tuple[datetime, datetime | None, str, str]


def timeline(result: Result) -> Timeline:
    """The axis from the start to the day on which the plan expects to be done, with what falls on it."""
    first, last = time_span(result)
    names = dict(result.experiment.variants)
    found = [*_calendar(result.calendar), *_journal(result.journal, names, last)]
    within = [mark for mark in found if mark[0] <= last and (mark[1] or mark[0]) >= first]
    ordered = sorted(within, key=lambda mark: (mark[0], mark[3]))
    marks = tuple(
        TimeMark(number, kind, words, start, end)
        for number, (start, end, kind, words) in enumerate(ordered, 1)
    )
    return Timeline(first, last, marks)


def time_span(result: Result) -> tuple[datetime, datetime]:
    """From the start to the day on which the plan expects to be done."""
    report, experiment = result.report, result.experiment
    moments = [point.moment for point in result.evidence]
    if report is not None:
        moments += [report.as_of, *(point.moment for point in report.exposures)]
    if experiment.started_at is not None and experiment.version == 1:
        moments.append(experiment.started_at)
    first, last = min(moments), max(moments)
    if report is not None and experiment.status == "running" and report.progress.days_left:
        passed = max((last - first) / timedelta(days=1), 0.02)
        last = max(last, report.as_of + timedelta(days=min(report.progress.days_left, 2 * passed)))
    return first, last


def _calendar(marks: Iterable[CalendarMark]) -> Iterator[_Bare]:
    for mark in marks:
        when = days(mark.first, mark.last)
        words = _("{kind}: {name}, {days}", kind=kind_name(mark.kind), name=mark.name, days=when)
        yield _midnight(mark.first), _midnight(mark.last + timedelta(days=1)), mark.kind, words


def _journal(lines: Iterable[JournalLine], names: dict[str, str], end: datetime) -> Iterator[_Bare]:
    paused: JournalLine | None = None
    for line in lines:
        if line.kind == "pause":
            paused = line
        elif paused is not None and line.kind in ("resume", "decision"):
            yield paused.moment, line.moment, "pause", _paused(paused, line)
            paused = None
        elif line.kind == "phase" or (line.kind in ("edit", "deviation") and _matters(line)):
            first_line = journal_text(line, names).splitlines()[0]
            words = _("{day}: {words}", day=day(line.moment), words=first_line)
            yield line.moment, None, line.kind, words
    if paused is not None:
        yield paused.moment, end, "pause", _("Paused since {day}", day=day(paused.moment))


def _paused(pause: JournalLine, end: JournalLine) -> str:
    between = days(pause.moment.astimezone(ZONE).date(), end.moment.astimezone(ZONE).date())
    return _("Paused, {days}", days=between)


def _matters(line: JournalLine) -> bool:
    return line.data is None or "told" in line.data or not set(line.data) <= _SILENT


def _midnight(when: date) -> datetime:
    return datetime(when.year, when.month, when.day, tzinfo=ZONE)
