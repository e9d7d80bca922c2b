"""The command: what it says where there is nothing to audit."""

import sys

import pytest

from tools.audit import __main__ as command
from tools.audit.platform import Platform


def test_without_servers_the_audit_says_so_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = Platform("127.0.0.1:1", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
    monkeypatch.setattr(command, "platform_of_environment", lambda: nowhere)
    monkeypatch.setattr(sys, "argv", ["audit", "--patience", "0"])
    assert command.main() == 2
    assert capsys.readouterr().err == "audit: the store or Kafka does not answer; `make up` starts both\n"
