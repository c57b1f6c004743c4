"""The guide of /docs says every answer there is, and commands that the demo prints."""

import re

from api.webhook.guide import write_guide
from api.webhook.openapi import ANSWERS
from dev.demo.__main__ import DEFAULT_FOLDER


def test_each_answer_has_a_line_with_what_to_do() -> None:
    lines = dict(re.findall(r"^\| (\d+) \| (.+) \|$", write_guide(), re.MULTILINE))
    assert set(lines) == {str(code) for code in ANSWERS}
    assert all(line.count("|") == 1 for line in lines.values())


def test_what_the_demo_leaves_is_named_as_it_is() -> None:
    guide = write_guide()
    assert f"{DEFAULT_FOLDER.name}/visit.json" in guide
    assert f"{DEFAULT_FOLDER.name}/webhook-url" in guide
    assert f"{DEFAULT_FOLDER.name}/webhook-secret" in guide
    assert "POST /api/webhook/{secret}" in guide
