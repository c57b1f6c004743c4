"""Migrations run while the version before them is at work: they add, and take nothing away that it may use."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from dev.demo.children import ROOT

# The first table of them all had no version before it.
MIGRATIONS = sorted(path for path in (ROOT / "migrations" / "versions").glob("*.py") if not path.name.startswith("0001"))
TAKING_AWAY = {"drop_column", "drop_table", "rename_table"}
CHANGING = {"type_", "new_column_name"}


def list_calls(path: Path, function: str) -> Iterator[tuple[str, ast.Call]]:
    """Those of the function, and of the functions of the file that it calls."""
    tree = ast.parse(path.read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(functions[function]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            yield from list_calls(path, node.func.id)


def find_faults(path: Path) -> Iterator[str]:
    for name, call in list_calls(path, "upgrade"):
        options = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in TAKING_AWAY:
            yield f"line {call.lineno}: {name}"
        if name == "alter_column" and (CHANGING & options.keys() or _is_false(options.get("nullable"))):
            yield f"line {call.lineno}: alter_column of what the running version uses"
        if name == "add_column" and _is_mandatory(call):
            yield f"line {call.lineno}: a column that the running version does not fill"


def _is_mandatory(call: ast.Call) -> bool:
    column = call.args[1]
    assert isinstance(column, ast.Call)
    options = {keyword.arg: keyword.value for keyword in column.keywords}
    return _is_false(options.get("nullable")) and "server_default" not in options


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_files_are_named_by_their_revisions_in_order() -> None:
    """The doctor goes by the names."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert revisions[:-1] == [path.name.split("_")[0] for path in reversed(MIGRATIONS)]


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_the_running_version_survives_it(path: Path) -> None:
    assert list(find_faults(path)) == []


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_it_can_be_taken_back(path: Path) -> None:
    assert list(list_calls(path, "downgrade"))


def test_what_would_break_the_running_version_is_seen(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "def upgrade():\n"
        "    op.drop_column('receipts', 'total')\n"
        "    op.alter_column('receipts', 'total', new_column_name='sum')\n"
        "    op.alter_column('receipts', 'total', nullable=False)\n"
        "    op.add_column('receipts', sa.Column('a', sa.Text(), nullable=False))\n"
        "    op.add_column('receipts', sa.Column('b', sa.Text(), server_default='', nullable=False))\n"
        "    op.add_column('receipts', sa.Column('c', sa.Text()))\n"
    )
    assert [fault.split(":")[0] for fault in find_faults(bad)] == ["line 2", "line 3", "line 4", "line 5"]
