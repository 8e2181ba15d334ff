"""`$filter`: what it says, what it takes to be answered, and which objects it lets through.

odata-query parses; judging and evaluating are ours. An absent value is unequal to every other: `ne` lets it pass.
"""

import re
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser
from sly.lex import Token

from o365desk.practice.graph.call import GraphError
from o365desk.practice.graph.properties import ObjectKind
from o365desk.practice.graph.reads.filterable import ADVANCED, NOT, Rule, Rules

Test = Callable[[Any], bool]
Exactly = tuple[tuple[str, frozenset[str]], ...]
Node = Any  # of the syntax tree: odata-query says no more of its own

# odata-query knows no `$count` behind a collection; this name, which nothing has, stands for it.
_COUNT = "count_of_the_collection"
_LITERALS = re.compile(r"('(?:[^']|'')*')")
_FUNCTIONS = frozenset({"startswith", "endswith", "contains"})
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EDM: dict[type, str] = {
    ast.String: "String", ast.Boolean: "Boolean", ast.GUID: "Guid", ast.DateTime: "DateTimeOffset",
    ast.Date: "Date", ast.Integer: "Int32", ast.Float: "Double", ast.Time: "TimeOfDay", ast.Duration: "Duration",
    ast.Geography: "Geography",
}  # fmt: skip
_OPERATORS: dict[type, str] = {
    ast.Eq: "Equal", ast.NotEq: "NotEqual", ast.In: "Equal", ast.GtE: "GreaterThanOrEqual", ast.Gt: "GreaterThan",
    ast.LtE: "LessThanOrEqual", ast.Lt: "LessThan",
}  # fmt: skip
_ORDER: dict[type, Callable[[Any, Any], bool]] = {
    ast.GtE: lambda value, limit: bool(value >= limit),
    ast.Gt: lambda value, limit: bool(value > limit),
    ast.LtE: lambda value, limit: bool(value <= limit),
    ast.Lt: lambda value, limit: bool(value < limit),
}


@dataclass(frozen=True)
class Filter:
    """A filter understood. `advanced`: whether it needs the header and `$count=true`.

    `widest`: the largest number of alternatives (each value of a list is one); `longest`: of letters in a value.
    `exactly`: if all it says is that one of some properties has one of some values, these; else ().
    """

    matches: Test
    advanced: bool
    widest: int
    longest: int
    names: frozenset[str]  # of the properties that it judges by
    exactly: Exactly = ()


def invalid(why: str) -> GraphError:
    """A filter that says nothing."""
    return GraphError(400, "BadRequest", f"Invalid filter clause: {why}")


def unsupported(message: str) -> GraphError:
    """A filter that is understood and not answered."""
    return GraphError(400, "Request_UnsupportedQuery", message)


@lru_cache(maxsize=256)
def understood(text: str, rules: Rules, kind: ObjectKind) -> Filter:
    """What `text` says of objects of this kind; GraphError if it says nothing or what is not supported."""
    try:
        compiler = _Compiler(rules, kind)
        tree = _parsed(text)
        matches, names = compiler.test(tree), frozenset(compiler.names)
        exactly = _exactly(tree, rules)
        return Filter(matches, compiler.advanced, compiler.widest, compiler.longest, names, exactly)
    except RecursionError:
        raise invalid("The expression is nested too deeply.") from None


def _parsed(text: str) -> Node:
    """The syntax tree, or Graph's refusal."""
    pieces = _LITERALS.split(text.strip())
    outside = "".join(pieces[::2])
    if "=" in outside or _COUNT in outside:
        raise invalid(f"Syntax error in '{text}'.")
    pieces[::2] = [piece.replace("/$count", f"/{_COUNT}") for piece in pieces[::2]]
    try:
        tokens = list(ODataLexer().tokenize("".join(pieces)))
        found = ODataParser().parse(_completed(tokens))
    except ODataException as error:
        at = getattr(getattr(error, "token", None), "index", len(text))
        raise invalid(f"Syntax error at position {at} in '{text}'.") from None
    except (AttributeError, TypeError, NotImplementedError):  # slips of the parser on what no grammar allows
        raise invalid(f"Syntax error in '{text}'.") from None
    if found is None:
        raise invalid(f"Syntax error in '{text}'.")
    return found


def _completed(tokens: list[Token]) -> Iterator[Token]:
    """The tokens as the parser wants them: a list of one has a comma, `not` and functions its spelling."""
    listing = 0  # 1 behind `in`, 2 behind its parenthesis, 3 behind its first value
    for token in tokens:
        if token.type == "ODATA_IDENTIFIER":
            name = token.value.full_name().lower()
            if name == "not":
                token.type, token.value = "NOT", ast.Not()
            elif name in _FUNCTIONS:
                token.value = ast.Identifier(name)
        if token.type != "WS":
            if listing == 3 and token.type == ")":
                comma = copy(token)
                comma.type = comma.value = ","
                yield comma
            listing = 1 if token.type == "IN" else listing + 1 if listing in (1, 2) else 0
        yield token


class _Compiler:
    """Makes a test of a syntax tree, noting on the way what it takes."""

    def __init__(self, rules: Rules, kind: ObjectKind) -> None:
        self._rules = rules
        self._kind = kind
        self._known = kind.spelled
        self._variable = ""  # inside any(): its variable, and the collection that it goes through
        self._collection = ""
        self.advanced = False
        self.widest = 1
        self.longest = 0
        self.names: set[str] = set()

    def test(self, node: Node) -> Test:
        """Whether an object (inside any(): an item) matches `node`."""
        if isinstance(node, ast.BoolOp):
            return self._joined(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.advanced = True
            inner = self.test(node.operand)
            return lambda item: not inner(item)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.CollectionLambda):
            return self._any(node)
        raise invalid("The expression is not a comparison.")

    def _joined(self, node: ast.BoolOp) -> Test:
        """`and` and `or`; a chain of the same word is one."""
        word, left = type(node.op), node.left
        parts: list[Node] = [node.right]
        while isinstance(left, ast.BoolOp) and isinstance(left.op, word):
            parts.append(left.right)
            left = left.left
        parts.append(left)
        self.advanced |= bool(self._variable)  # a complex query on a collection
        tests = [self.test(part) for part in reversed(parts)]
        if word is ast.And:
            return lambda item: all(test(item) for test in tests)
        alternatives = (len(part.right.val) if _is_list(part) else 1 for part in parts)
        self.widest = max(self.widest, sum(alternatives))
        return lambda item: any(test(item) for test in tests)

    def _any(self, node: ast.CollectionLambda) -> Test:
        name = _path(node.owner)
        self._root(name)
        if self._variable or node.lambda_ is None or not isinstance(node.operator, ast.Any):
            raise unsupported(f"Unsupported or invalid query filter clause specified for property '{name}'.")
        self._variable, self._collection = node.lambda_.identifier.name, name
        inner = self.test(node.lambda_.expression)
        self._variable = self._collection = ""
        name = self._spelled(name)
        return lambda item: any(inner(one) for one in item.get(name) or ())

    def _compared(self, node: ast.Compare) -> Test:
        operator = type(node.comparator)
        right: Node = node.right
        rule, path = self._rule(_path(node.left))
        if rule is None:
            return self._counted(path, operator, node.right)
        value = _getter(path)
        if operator is ast.In:
            wanted = frozenset(self._value(rule, one, operator) for one in right.val)
            self.widest = max(self.widest, len(right.val))
            self._take(rule, rule.eq)
            return lambda item: _plain(value(item), rule.edm) in wanted
        if isinstance(node.right, ast.Null):
            self._take(rule, rule.null if operator in (ast.Eq, ast.NotEq) else NOT)
            self.advanced |= operator is ast.NotEq
            return lambda item: (value(item) is None) is (operator is ast.Eq)
        if operator in (ast.Eq, ast.NotEq):
            self._take(rule, rule.eq)
            self.advanced |= operator is ast.NotEq
            one = self._value(rule, node.right, operator)
            return lambda item: (_plain(value(item), rule.edm) == one) is (operator is ast.Eq)
        return self._ordered(rule, value, node)

    def _ordered(self, rule: Rule, value: Callable[[Any], Any], node: ast.Compare) -> Test:
        self._take(rule, rule.order)
        holds, limit = _ORDER[type(node.comparator)], self._value(rule, node.right, type(node.comparator))

        def ordered(item: Any) -> bool:
            found = _plain(value(item), rule.edm)
            return found is not None and holds(found, limit)

        return ordered

    def _counted(self, name: str, operator: type, right: Node) -> Test:
        """`collection/$count eq 0` or `ne 0`: no other number, no other comparison."""
        if operator not in (ast.Eq, ast.NotEq) or not isinstance(right, ast.Integer) or right.py_val != 0:
            raise unsupported(f"Unsupported or invalid query filter clause specified for property '{name}'.")
        self.advanced = True
        return lambda item: (not item.get(name)) is (operator is ast.Eq)

    def _called(self, node: ast.Call) -> Test:
        name = _path(node.func)
        if name not in ("startswith", "endswith"):
            raise unsupported(f"Unsupported property filter clause operator '{name.capitalize()}'.")
        rule, path = self._rule(_path(node.args[0]))
        if rule is None:
            raise unsupported(f"Unsupported or invalid query filter clause specified for property '{path}'.")
        self._take(rule, rule.starts_with if name == "startswith" else rule.ends_with)
        if not isinstance(node.args[1], ast.String):
            raise invalid(f"No function signature for the function with name '{name}' matches its arguments.")
        value, part = _getter(path), _caseless(node.args[1].py_val)
        self.longest = max(self.longest, len(part))
        test = str.startswith if name == "startswith" else str.endswith
        return lambda item: (found := value(item)) is not None and test(_caseless(found), part)

    def _rule(self, path: str) -> tuple[Rule | None, str]:
        """The rule of what is compared, and where it is in the object or item; None: the number of items."""
        head, _, rest = path.partition("/")
        if self._variable:
            if head != self._variable:
                raise invalid(f"Could not find a property named '{head}' on type '{self._kind.type_name}'.")
            key = f"{self._collection}/any" + (f"/{rest}" if rest else "")
            rule = self._rules.by_name.get(key.lower())
            if rule is None:
                raise self._not_indexed(self._collection)
            return rule, rest and rule.name.rpartition("/")[2]
        self._root(head)
        if rest == _COUNT and head.lower() in self._rules.counted:
            return None, self._spelled(head)
        rule = self._rules.by_name.get(path.lower())
        if rule is None:
            raise self._not_indexed(head)
        self.names.add(rule.name)
        return rule, rule.name

    def _root(self, name: str) -> None:
        """Refuses what no object of this kind has."""
        lower = name.lower()
        if lower in self._rules.unmodelled:
            raise GraphError(501, "NotImplemented", f"The practice tenant does not model filters on {name}.")
        filtered = lower in self._rules.by_name or f"{lower}/any" in self._rules.by_name
        if not filtered and lower not in self._known:
            raise invalid(f"Could not find a property named '{name}' on type '{self._kind.type_name}'.")

    def _spelled(self, name: str) -> str:
        spelled = self._known.get(name.lower(), name)
        self.names.add(spelled)
        return spelled

    def _take(self, rule: Rule, column: str) -> None:
        if column == NOT:
            raise self._not_indexed(rule.name.partition("/")[0])
        self.advanced |= column == ADVANCED

    def _not_indexed(self, name: str) -> GraphError:
        return unsupported(
            f"Unsupported or invalid query filter clause specified for property '{name}' of resource "
            f"'{self._rules.resource}': it is not indexed for this operator."
        )

    def _value(self, rule: Rule, node: Node, operator: type) -> Any:
        """A literal as it is compared; one of another type is refused."""
        if type(node) not in _EDM:
            raise invalid(f"Property '{rule.name}' can only be compared with a value.")
        found = _EDM[type(node)]
        self.longest = max(self.longest, len(node.val))
        if found == rule.edm or (found == "Date" and rule.edm == "DateTimeOffset"):
            return _literal(node, rule.edm)
        if rule.edm == "Guid" and found == "String" and _GUID.fullmatch(node.val):
            return node.val.lower()  # Graph's own examples leave the quotes out; with them it is accepted too
        raise invalid(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'Edm.{rule.edm}' and 'Edm.{found}' for operator kind '{_OPERATORS[operator]}'."
        )


def _exactly(node: Node, rules: Rules) -> Exactly:
    """The values that are looked for, if nothing but names being equal to them is asked; else ()."""
    found: list[tuple[str, frozenset[str]]] = []
    rest: list[Node] = [node]
    while rest:
        one = rest.pop()
        if isinstance(one, ast.BoolOp) and isinstance(one.op, ast.Or):
            rest += [one.left, one.right]
            continue
        within = _within(one)
        if within is not None:
            one = within[1]
        plain = isinstance(one, ast.Compare) and isinstance(one.comparator, (ast.Eq, ast.In))
        name = (within[0] if within else _path(one.left)) if plain else ""
        rule = rules.by_name.get(name.lower())
        if rule is None or rule.edm != "String" or isinstance(one.right, ast.Null):
            return ()
        values = one.right.val if _is_list(one) else [one.right]
        found.append((rule.name.removesuffix("/any"), frozenset(value.val.casefold() for value in values)))
    return tuple(found)


def _within(node: Node) -> tuple[str, Node] | None:
    """What `collection/any(one:one …)` says of an item that is a plain value, with the rule's name."""
    if not isinstance(node, ast.CollectionLambda) or node.lambda_ is None:
        return None
    inner = node.lambda_.expression
    if not isinstance(inner, ast.Compare) or inner.left != node.lambda_.identifier:
        return None
    return f"{_path(node.owner)}/any", inner


def _is_list(node: Node) -> bool:
    return isinstance(node, ast.Compare) and isinstance(node.comparator, ast.In)


def _path(node: Node) -> str:
    """`displayName`, `assignedLicenses/…`: the property that an expression names."""
    if isinstance(node, ast.Identifier):
        return ".".join((*node.namespace, node.name))
    if isinstance(node, ast.Attribute):
        return f"{_path(node.owner)}/{node.attr}"
    if isinstance(node, ast.Call):
        raise unsupported(f"Unsupported property filter clause operator '{_path(node.func).capitalize()}'.")
    raise invalid("A property is expected on the left side.")


def _getter(path: str) -> Callable[[Any], Any]:
    """What reads a property of an object; an item of a collection of plain values is itself the value."""
    return (lambda item: item.get(path)) if path and "/" not in path else lambda item: item


def _literal(node: Node, edm: str) -> Any:
    if edm != "DateTimeOffset":
        return _plain(node.py_val if edm == "Boolean" else node.val, edm)
    try:
        moment = datetime.fromisoformat(node.val)
    except ValueError:
        raise invalid(f"'{node.val}' is not a moment.") from None
    if isinstance(node, ast.Date):
        return moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        raise invalid(f"'{node.val}' says no offset.")
    return moment


def _plain(value: Any, edm: str) -> Any:
    """A value of an object as it is compared: names without case, moments as moments."""
    if value is None or edm == "Boolean":
        return value
    return datetime.fromisoformat(value) if edm == "DateTimeOffset" else _caseless(str(value))


def _caseless(text: str) -> str:
    """A text as it is compared: letter by letter, without case. How Microsoft compares is not published; this finds
    the least that it may. So ß is not ss, as it is where whole texts are folded, and é in two code points is not é
    in one."""
    folded = text.casefold()
    if len(folded) == len(text):
        return folded
    return "".join(one if len(one) == 1 else letter for letter in text for one in (letter.casefold(),))
