"""Reads from the source what refusals say in English: templates with a hole for each fact, `{0} of {1} taken`."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
SAID_BY_REASONS: Final = {2: "has", 3: "needs", 4: "source", 5: "remedy"}
HOLE: Final = "\x00"


def templates(*folders: str) -> Iterator[tuple[str, str, str]]:
    """By whom a text is said, in which file, and the text: words of a `Reason`, a `message()`, what a `BadInput` needs."""
    for file in sorted(each for folder in folders for each in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for scope in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)):
            names = _assigned(tree) | _assigned(scope)
            for kind, value in _said(scope):
                for text in _texts(value, names):
                    if any(char.isalpha() for char in text.replace(HOLE, "")):
                        yield kind, f"{file.relative_to(ROOT)}", text


def _said(scope: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(scope):
        match node:
            case ast.Call(func=ast.Name(id="Reason")):
                for place, name in SAID_BY_REASONS.items():
                    yield from (("Reason", each) for each in node.args[place : place + 1])
                    yield from (("Reason", each.value) for each in node.keywords if each.arg == name)
            case ast.Call(func=ast.Name(id="BadInput")):
                yield from (("BadInput", each) for each in node.args[2:3])
            case ast.Return(value=ast.expr() as value) if scope.name == "message":
                yield "message", value


def _texts(value: ast.expr, names: dict[str, list[ast.expr]], depth: int = 0) -> Iterator[str]:
    """Every text an expression can give, facts as holes."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            for chosen in product(*([*_texts(part, names, depth + 1)] or [HOLE] for part in parts)):
                yield "".join(chosen)
        case ast.FormattedValue(value=ast.IfExp() as inner):
            yield from _texts(inner, names, depth + 1)
        case ast.FormattedValue():
            yield HOLE
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body, names, depth + 1)
            yield from _texts(other, names, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            ways = ([*_texts(each, names, depth + 1)] or [HOLE] for each in (left, right))
            for one, two in product(*ways):
                yield one + two
        case ast.Name(id=name) if depth < 4:
            for each in names.get(name, []):
                yield from _texts(each, names, depth + 1)


def _assigned(scope: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    body = scope.body if isinstance(scope, ast.Module) else list(ast.walk(scope))
    for node in body:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    match target, value:
                        case ast.Name(id=name), _:
                            found.setdefault(name, []).append(value)
                        case ast.Tuple(elts=elts), ast.Tuple(elts=values):
                            for one, two in zip(elts, values, strict=False):
                                if isinstance(one, ast.Name):
                                    found.setdefault(one.id, []).append(two)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                found[name] = [
                    *found.get(name, []),
                    *(ast.BinOp(each, ast.Add(), value) for each in found.get(name, [])),
                ]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
    return found
