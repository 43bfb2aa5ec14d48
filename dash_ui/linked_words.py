"""What joining the ids of persons came to, in words."""

from __future__ import annotations

from dash_ui.format import number, percent
from dash_ui.i18n import _, ngettext
from dash_ui.report_records import Check, Report


def linked_finding(check: Check, report: Report) -> str | None:
    """How many people were met under several ids, and who of them is left out."""
    if check.code == "nobody_linked":
        return _("No ids are linked yet, so every id counts as a shopper.")
    numbers = check.numbers
    said = [
        ngettext(
            "{count} shopper was seen under several ids ({ids} in all) and counts once.",
            "{count} shoppers were seen under several ids ({ids} in all) and count once each.",
            int(numbers.get("persons") or 0),
            ids=number(numbers.get("ids") or 0),
        )
    ]
    if numbers.get("parted"):
        said.append(
            ngettext(
                "{count} of them ({share}) saw several variants before these ids were linked,"
                " and is left out.",
                "{count} of them ({share}) saw several variants before these ids were linked,"
                " and are left out.",
                int(numbers["parted"]),
                share=percent(numbers.get("share"), 1),
            )
        )
    if numbers.get("crowds"):
        said.append(
            _(
                "{count} ids are tied together by one that many people use, and are left out.",
                count=number(numbers.get("crowd_ids") or 0),
            )
        )
    return " ".join(said)
