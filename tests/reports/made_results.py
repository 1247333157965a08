"""Allure results made up for the tests of the reports, as a run of the suites writes them."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DAY = datetime.datetime(2026, 11, 20, 2, 30, tzinfo=datetime.UTC)
READERS = {"ezio": "Gemalto Ezio Shield", "omnikey": "OMNIKEY CardMan 3121"}


class MadeRun:
    """A directory of results that tests fill, one call a test."""

    def __init__(self, directory: Path, *, day: int = 20, driver: str = "libccid 1.5.2") -> None:
        self.directory = directory
        self.driver = driver
        self._moment = DAY.replace(day=day)
        directory.mkdir(parents=True)
        environment = {
            "backend": "sim",
            "source": "simulated",
            "driver": driver,
            "os": "Debian GNU/Linux 12 (bookworm)",
        }
        self.environment(environment)

    def environment(self, facts: dict[str, str]) -> None:
        lines = "".join(f"{key}={value}\n" for key, value in facts.items())
        (self.directory / "environment.properties").write_text(lines)

    def add(
        self,
        behaviour: str,
        status: str = "passed",
        message: str = "",
        *,
        reader: str = "ezio",
        source: str = "simulated",
        subject: str = "Lengths",
        case: str = "",
        suspect: str = "",
        links: Sequence[tuple[str, str]] = (),
        measurements: str = "",
    ) -> str:
        """Adds a result and returns its uuid."""
        identity = str(uuid.uuid4())
        self._moment += datetime.timedelta(seconds=1)
        moment = int(self._moment.timestamp() * 1000)
        labels = {
            "epic": f"{READERS[reader]} ({source})",
            "feature": subject,
            "story": behaviour,
            "case": case or behaviour,
            "reader": reader,
            "source": source,
            "daemon": "pcscd 1.9.9",
            "driver": self.driver,
            "firmware": "1.02",
            "host": "machine-of-the-lab",
            **({"suspect": suspect} if suspect else {}),
        }
        title = behaviour.replace("-", " ").capitalize()
        parameter = f" [{case.partition('.')[2]}]" if "." in case else ""
        attachments = [self._attach("APDU trace", "-> 00 A4 04 00\n<- 90 00\n", "text/plain")]
        if measurements:
            table = f"measured,value,unit,limit\n{measurements}\n"
            attachments.append(self._attach("Measurements", table, "text/csv"))
        result: dict[str, Any] = {
            "uuid": identity,
            "name": f"{title}{parameter} - {READERS[reader]}",
            "fullName": f"suites.test_made#test_{behaviour.replace('-', '_')}",
            "testCaseId": behaviour,
            "historyId": f"{behaviour}{case}{reader}{source}",
            "description": f"What {behaviour} guards <against>.",
            "status": status,
            "statusDetails": {"message": message, "trace": "suites/test_made.py:1"} if message else None,
            "labels": [{"name": name, "value": value} for name, value in labels.items()],
            "parameters": [{"name": "reader", "value": READERS[reader]}],
            "links": [{"type": "issue", "name": name, "url": url} for name, url in links],
            "attachments": attachments,
            "steps": [
                {"name": "SCardTransmit 00 A4 04 00: success", "status": status, "start": moment, "stop": moment + 5}
            ],
            "start": moment,
            "stop": moment + 20,
        }
        (self.directory / f"{identity}-result.json").write_text(json.dumps(result))
        return identity

    def _attach(self, name: str, text: str, kind: str) -> dict[str, str]:
        source = f"{uuid.uuid4()}-attachment.{'csv' if kind == 'text/csv' else 'txt'}"
        (self.directory / source).write_text(text)
        return {"name": name, "source": source, "type": kind}


def one_of_each(run: MadeRun) -> None:
    """A result of every category, on two readers."""
    missing = (
        "AssertionError: case 2, Le 245\nassert 244 bytes came, expected 245: missing from byte 244 (from 0) on\n"
        "    came      ... F0 F1 F2 F3 --\n    expected  ... F0 F1 F2 F3 F4\n                          ^^"
    )
    for reader in READERS:
        for number in range(3):
            run.add("fits", case=f"fits.{number}", reader=reader)
        run.add("in-time", subject="Timing", measurements="256 bytes,0.0123,s,2.5\nwork,4.5,s,", reader=reader)
    run.add("case-2", "failed", missing, suspect="reader", reader="omnikey")
    run.add("case-2", reader="ezio")
    run.add("atr", "failed", "AssertionError: 3B <02>", suspect="card", subject="ATR")
    run.add("crowd", "broken", "fixtures.bench.bench.BenchError: pcscd died: SIGSEGV", suspect="harness")
    run.add("reset", "failed", "Failed: no error", suspect="stack")
    run.add("order", "broken", "ValueError: out of order", suspect="harness")
    run.add("wait", "broken", "fixtures.pcsc.deadline.Hang: hung: SCardTransmit since 30 s", suspect="harness")
    run.add(
        "late",
        "skipped",
        "XFAIL reason: known issue reset-late: the reset is reported late\n\n_pytest.outcomes.XFailed: known issue",
        links=[("known issue reset-late", "https://example.org/1")],
    )
    run.add("new", "unknown", "not recorded: the recording is older than this test", source="replayed")
    run.add("pinpad", "skipped", "Skipped: omnikey has no pinpad", reader="omnikey")
