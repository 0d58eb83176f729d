#!/usr/bin/env python3
"""Finds dead code: functions, methods, constants and types that a header of the product declares, but no code outside
of tests uses. Use by a test alone is no reason to keep something, except in the tools for tests (rig/, chaos/).

    check_dead_code.py REPOSITORY

prints one line for each and exits with 1 if there is any. It reads text, not C++: a name counts as used if it is
called, or named as a value, in any file that includes its header. So if one of two functions with the same name is
used, both count as used; but what is reported as dead is dead. A template's code counts wherever it is compiled
together with that header. Not checked: constructors, operators, and what overrides or implements a foreign interface.
"""
import pathlib
import re
import sys

import check_architecture

# Names to keep for a reason that this script can't see: "header: name": the reason.
ALLOWED = {
    "common/http/connection.hpp: finish_sending": "how a test says that its half of a connection is over",
    "common/kafka/mock_cluster.hpp: handle": "how a test makes the mock answer with errors",
    "common/kafka/transactional_producer.hpp: calls_under_way": "how a test sees that a call which was given up is over",
    "common/result.hpp: throw_exception_from_error": "Boost.System calls it, where a Result without a value is asked for one",
}

# Whose use keeps a name alive. For tools made for tests, the tests' use counts too.
USERS = ("benchmarks", "chaos", "cli", "common", "console", "dev", "ingest", "operate", "processors", "rig", "schemas", "simulate", "sinks")
PRODUCT = tuple(folder for folder in USERS if folder not in ("benchmarks", "dev"))
FOR_TESTS = ("chaos", "rig")

NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-zA-Z_])\'(?:\\.|[^\'\\\n])+\''
    r"|^[ \t]*#[ \t]*(?:include|pragma|error)[^\n]*", re.S | re.M)
NAME = re.compile(r"[A-Za-z_]\w*")
BEFORE = re.compile(r"(?:[A-Za-z_]\w*|::|->|&&|\|\||[^\s\w])\Z")
TEMPLATE_CALL = re.compile(r"<(?:[^<>;{}]|<(?:[^<>;{}]|<[^<>;{}]*>)*>)*>\(")
# Words that stand before a call. Before a declaration a type stands there.
NO_TYPES = {"return", "co_return", "co_await", "co_yield", "throw", "case", "else", "do", "and", "or", "not", "goto", "in"}
KEYWORDS = NO_TYPES | {"if", "for", "while", "switch", "catch", "sizeof", "alignof", "decltype", "noexcept", "static_assert",
                       "requires", "new", "delete", "operator", "defined", "explicit", "alignas", "constexpr", "consteval", "auto", "static_cast", "const_cast",
                       "reinterpret_cast", "dynamic_cast", "assert", "main", "concept"}
FUNCTION = re.compile(r"[a-z]\w*\Z")
CONSTANT = re.compile(r"\bconstexpr\b[^;{}()=]*?\b(k[A-Z]\w*)\s*(?:=|\{|\[)")
TYPE = re.compile(r"\b(?:struct|class|enum(?:\s+class)?)\s+([A-Z]\w*)\s*(?:final\s*)?(?::[^;{]*)?\{|\busing\s+([A-Z]\w*)\s*=")


def code_only(text):
    """The text without comments, strings and includes. All other characters keep their positions."""
    return NOISE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


class Mention:
    """One place where a name is used, and what it is there."""

    def __init__(self, text, start, end):
        self.start, self.name = start, text[start:end]
        before = text[max(0, start - 200):start]
        chain = before.rstrip()
        self.qualified = False
        while chain.endswith("::"):  # the qualifiers of a::b::name; a template's arguments among them end the chain
            self.qualified = True
            chain = re.sub(r"[A-Za-z_]\w*\s*\Z", "", chain[:-2].rstrip()).rstrip() if NAME.search(chain[:-2]) else chain[:-2]
        self.apart = chain != before if self.qualified else before[-1:].isspace()
        last = BEFORE.search(chain)
        self.before = last[0] if last else ""
        self.spaced_before = chain[:len(chain) - len(self.before)][-1:].isspace()  # "a & f()", not "T& f()"
        after = text[end:end + 40].lstrip()
        self.called = after.startswith("(") or TEMPLATE_CALL.match(text, end) is not None
        self.after = after[:2]

    def declares(self):
        """Whether a type stands before name(…): then it is a declaration, a definition, or a variable of that name."""
        if not self.called:
            return False
        if NAME.fullmatch(self.before):
            return self.before not in NO_TYPES
        if self.before == "~":
            return True
        return self.before in (">", "&", "*", "&&") and self.apart and not self.spaced_before

    def member(self):
        return self.before in (".", "->")

    def uses(self):
        if self.called:
            return not self.declares()
        if self.qualified or (self.before == "&" and not self.apart):
            return True
        return (self.before in ("(", ",", "=", "{", "?", ":", "||", "&&", "!", "return") and
                self.after[:1] in (")", ",", ";", "}", ":", "?"))


def declared_functions(text):
    """The names that a header declares or defines as functions, with their offsets."""
    for found in NAME.finditer(text):
        if not FUNCTION.match(found[0]) or found[0] in KEYWORDS:
            continue
        mention = Mention(text, found.start(), found.end())
        if not mention.declares() or mention.qualified or mention.before == "operator":
            continue
        statement = text[found.end():]
        end = re.search(r"[;{]", statement)
        if end and re.search(r"\b(?:override|final)\b", statement[:end.start()]):
            continue
        line = text[text.rfind("\n", 0, found.start()) + 1:found.start()]
        if re.search(r"\bfriend\b|\btypedef\b", line) or is_local(text, found.start()):
            continue
        yield found[0], found.start()


def is_local(text, at):
    """Whether it is inside a function's body or parentheses: then it is a variable or parameter, not the header's
    function."""
    depth, parens = 0, 0
    for i in range(at - 1, -1, -1):
        c = text[i]
        if c == ")":
            parens += 1
        elif c == "(":
            if parens == 0:
                return True
            parens -= 1
        elif c == "}":
            depth += 1
        elif c == "{":
            if depth == 0:
                head = text[max(text.rfind(";", 0, i), text.rfind("}", 0, i), text.rfind("{", 0, i)) + 1:i]
                if not re.search(r"\b(?:struct|class|namespace|union|enum)\b|extern\s*\Z", head):
                    return True
            else:
                depth -= 1
    return False


def is_variable_of(text, name):
    """Whether a file has a variable, parameter or field of that name."""
    return re.search(r"(?:\bauto|[\w>])[&*]*\s+&?" + name + r"\s*(?:=(?!=)|;|\{|,|\)|:(?!:)|\[)", text) is not None


class DeadCode:
    def __init__(self, root):
        tree = check_architecture.Tree(root)
        self.includes = tree.includes
        self.code = {path: code_only(text) for path, text in tree.text.items() if path.split("/")[0] in USERS + ("tests",)}
        self.names = {path: {} for path in self.code}
        for path, text in self.code.items():
            for found in NAME.finditer(text):
                self.names[path].setdefault(found[0], []).append(found)
        self.reach, self.compiled_in = {}, {}

    def sees(self, path):
        """The project's files that this one includes, directly or through others, and itself."""
        if path not in self.reach:
            queue, seen = [path], {path}
            for each in queue:
                for mark, name in self.includes[each]:
                    if mark == '"' and name in self.code and name not in seen:
                        seen.add(name)
                        queue.append(name)
            self.reach[path] = seen
        return self.reach[path]

    def units(self, path):
        """The sources that a file is compiled in."""
        if not self.compiled_in:
            for source in self.code:
                if source.endswith(".cpp"):
                    for each in self.sees(source):
                        self.compiled_in.setdefault(each, set()).add(source)
        return self.compiled_in.get(path, set())

    def users(self, header, name):
        """The files whose use keeps a header's name alive, and that have the name."""
        for path, names in self.names.items():
            if name not in names or (path.startswith("tests/") and header.split("/")[0] not in FOR_TESTS):
                continue
            if header in self.sees(path) or (path.endswith(".hpp") and not self.units(path).isdisjoint(self.units(header))):
                yield path, names[name]

    def function_is_used(self, header, name):
        for path, places in self.users(header, name):
            text = self.code[path]
            mentions = [Mention(text, found.start(), found.end()) for found in places]
            if any(mention.called and mention.uses() for mention in mentions):
                return True
            if any(not mention.called and mention.uses() for mention in mentions) and not is_variable_of(text, name):
                return True
        return False

    def mentions(self, header, name):
        return sum(len(places) for _, places in self.users(header, name))

    def dead(self):
        for header in sorted(self.code):
            if not header.endswith(".hpp") or header.split("/")[0] not in PRODUCT:
                continue
            text = self.code[header]
            told = set()
            for name, at in declared_functions(text):
                if name not in told and not self.function_is_used(header, name):
                    told.add(name)
                    yield header, text.count("\n", 0, at) + 1, name
            for pattern in (CONSTANT, TYPE):
                for found in pattern.finditer(text):
                    name = next(group for group in found.groups() if group)
                    if name not in told and self.mentions(header, name) == 1:
                        told.add(name)
                        yield header, text.count("\n", 0, found.start()) + 1, name


def check(root, allowed=None):
    allowed = ALLOWED if allowed is None else allowed
    problems, met = [], set()
    for header, line, name in DeadCode(root).dead():
        if f"{header}: {name}" in allowed:
            met.add(f"{header}: {name}")
        else:
            problems.append(f"{header}:{line}: nothing but tests uses {name}; delete it, or say in check_dead_code.py why it stays")
    problems += [f"check_dead_code.py: {each} needs no permission any more" for each in allowed if each not in met]
    return problems


def main(arguments):
    problems = check(pathlib.Path(arguments[0]))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
