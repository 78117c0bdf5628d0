"""Rules about imports and rooms that neither ruff nor import-linter can hold."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(ROOT.glob("packages/*/src/vtbr_*"))
REGISTRIES = {"datasets", "backbones", "conversion"}
"""Rooms that hold one module for each thing they know: they may grow."""
MOST_MODULES = 16


def modules(folder):
    return sorted(folder.rglob("*.py"))


@pytest.mark.parametrize("package", SOURCES, ids=lambda package: package.name)
def test_a_package_imports_itself_by_relative_imports_alone(package):
    faults = [
        f"{path.relative_to(ROOT)}:{node.lineno}: write {imported} as a relative import"
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_bytes()))
        for imported in absolute_imports(node)
        if imported.split(".")[0] == package.name
    ]
    assert faults == []


def absolute_imports(node):
    """The modules that an import statement names in full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []


@pytest.mark.parametrize("package", SOURCES, ids=lambda package: package.name)
def test_no_room_holds_more_modules_than_a_reader_can_survey(package):
    rooms = {path.parent for path in modules(package)}
    counts = {
        str(room.relative_to(ROOT)): len([path for path in room.glob("*.py") if path.stem != "__init__"])
        for room in rooms
        if room.name not in REGISTRIES
    }
    assert {room: count for room, count in counts.items() if count > MOST_MODULES} == {}


def test_nothing_is_made_importable_by_changing_sys_path():
    faults = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("packages", "pipelines", "benchmarks", "tests")
        for path in modules(ROOT / folder)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.path.insert", "sys.path.append")
    ]
    assert faults == []
