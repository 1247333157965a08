"""What a test that did not pass points at: the report's categories, and how a result is told to be of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

KNOWN_ISSUE = "known issue"
HUNG = "hung"
NOT_RECORDED = "not recorded"
STACK_FAULT = "stack fault"
CARD_FAULT = "card fault"
READER_FAULT = "reader fault"
HARNESS_FAULT = "harness fault"

_BROKEN = ("failed", "broken")
_BEFORE_THE_WORDS = r"^(XFAIL )?([A-Za-z_][\w.]*: )*"
"""What pytest puts before a message: the exception's name, "Skipped: ", "XFAIL "."""


@dataclass(frozen=True)
class Category:
    """A category and its rules, all of which hold: statuses; the message's beginning; the label "suspect".

    They are asked in their order, and the first one that fits is taken.
    """

    name: str
    statuses: tuple[str, ...]
    beginning: str = ""
    suspect: str = ""

    @property
    def message(self) -> str:
        """A regular expression that the message has to match; empty where any message will do."""
        return f"{_BEFORE_THE_WORDS}{self.beginning}" if self.beginning else ""

    def fits(self, status: str, message: str, labels: Mapping[str, str]) -> bool:
        """Whether a result is of this category."""
        return (
            status in self.statuses
            and (not self.beginning or re.search(self.message, message) is not None)
            and (not self.suspect or labels.get("suspect") == self.suspect)
        )


CATEGORIES = (
    Category(KNOWN_ISSUE, ("skipped", *_BROKEN), beginning="known issue "),
    Category(HUNG, _BROKEN, beginning="hung: "),
    Category(NOT_RECORDED, ("unknown", "skipped", *_BROKEN), beginning="not recorded: "),
    Category(STACK_FAULT, _BROKEN, beginning="pcscd died: "),
    Category(STACK_FAULT, _BROKEN, beginning="client process "),
    Category(STACK_FAULT, _BROKEN, suspect="stack"),
    Category(CARD_FAULT, _BROKEN, suspect="card"),
    Category(READER_FAULT, _BROKEN, suspect="reader"),
    Category(HARNESS_FAULT, _BROKEN),
)


def category_of(status: str, message: str, labels: Mapping[str, str]) -> str:
    """The category of a result; empty for one that passed or was skipped for a reason of its own."""
    return next((category.name for category in CATEGORIES if category.fits(status, message, labels)), "")


def as_allure() -> list[dict[str, object]]:
    """The categories as Allure 3's configuration takes them; rules under the same name count as one."""
    return [
        {
            "name": category.name.capitalize(),
            "matchers": {
                "statuses": list(category.statuses),
                **({"message": category.message} if category.beginning else {}),
                **({"labels": {"suspect": f"^{category.suspect}$"}} if category.suspect else {}),
            },
            "groupBy": [{"label": "epic"}],
            "groupByMessage": False,
            "expand": category.name != KNOWN_ISSUE,
        }
        for category in CATEGORIES
    ]
