"""Clients for tests, in Python: they speak the protocol well, badly, or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

from fixtures.middleware.client import Client

GOOD = """
import sys, time
from fixtures.middleware.serving import CallError, serve
def echo(**arguments):
    return arguments
def refuse(code):
    raise CallError("CKR_SOMETHING", code, "in words")
def sleep(seconds):
    time.sleep(seconds)
def die():
    print("gone for good", file=sys.stderr)
    sys.exit(3)
sys.exit(serve({"client": "good"}, {"echo": echo, "refuse": refuse, "sleep": sleep, "die": die}))
"""
MUTE = "import sys; print('no such library', file=sys.stderr)"
TALKATIVE = """
import json, sys
print("hello, I am a library that writes to stdout")
print(json.dumps({"ready": {}}), flush=True)
for line in sys.stdin:
    print("[1, 2]")
    print(json.dumps({"id": json.loads(line)["id"], "result": "done"}), flush=True)
"""


def client(program: str, directory: Path, seen: list[str]) -> Client:
    return Client("sample", [sys.executable, "-c", program], directory, seen=seen.append)
