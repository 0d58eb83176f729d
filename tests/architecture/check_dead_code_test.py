#!/usr/bin/env python3
"""check_dead_code.py finds what nothing calls, and doesn't report what something calls."""
import pathlib
import tempfile
import unittest

import check_dead_code


def dead(files, allowed=None):
    """The names reported as dead, or what is reported about permissions."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return [problem.split(" uses ")[-1].split(";")[0] for problem in check_dead_code.check(root, allowed or {})]


USER = '#include "sinks/a.hpp"\n'


class DeadCode(unittest.TestCase):
    def expect_dead(self, header, names, user=""):
        self.assertEqual(dead({"sinks/a.hpp": header, "sinks/user.cpp": USER + user}), names)

    def test_a_function_that_nothing_calls_is_told_and_one_that_is_called_is_not(self):
        self.expect_dead("int used(int x);\nint unused(int x);\n", ["unused"], "int y = used(1);")

    def test_a_problem_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "sinks").mkdir()
            (pathlib.Path(root) / "sinks/a.hpp").write_text("// About it.\n\nvoid unused();\n", encoding="utf-8")
            self.assertEqual(check_dead_code.check(root, {})[0].split(" ")[0], "sinks/a.hpp:3:")

    def test_neither_a_declaration_nor_a_definition_is_a_call(self):
        self.expect_dead("namespace s {\nstruct T {\n  std::string& unused() const;\n  static T* other();\n};\n}\n",
                         ["unused", "other"],
                         "std::string& T::unused() const { return x; }\nT* s::T::other() { return nullptr; }\n")

    def test_calls_have_many_shapes(self):
        for call in ("f();", "x = f();", "return f();", "co_await f();", "a && f();", "a & f();", "a * f();", "a > f();",
                     "!f();", "{ f(); }", "if (f()) {}", "x.f();", "x->f();", "s::f();", "return s::T::f();", "g(f());",
                     "T t{f()};", "else f();", "f<int>();", "(f<A<B, C>, i>(x), ...);", "std::vector<int>{s::f()};"):
            self.expect_dead("int f();\n", [], "void g0() { " + call + " }")

    def test_named_as_a_value_it_is_used(self):
        for use in ("g(&f);", "g(s::f);", "auto* p = &T::f;", "std::for_each(a, b, f);", "using s::f;"):
            self.expect_dead("int f();\n", [], "void g0() { " + use + " }")

    def test_a_variable_of_that_name_is_no_use(self):
        self.expect_dead("std::string hashed(std::string_view x);\n", ["hashed"],
                         "void g() { const auto hashed = sha256(x); copy(hashed.begin(), hashed.end()); h(hashed); }")
        self.expect_dead("int size();\n", ["size"], "void g() { std::string size(3, 'a'); }")

    def test_only_files_that_include_the_header_use_it(self):
        header = {"sinks/a.hpp": "int f();\n", "sinks/b.cpp": "int y = f();\n"}
        self.assertEqual(dead(header), ["f"])
        through = {"sinks/a.hpp": "int f();\n", "sinks/b.hpp": USER, "sinks/b.cpp": '#include "sinks/b.hpp"\nint y = f();\n'}
        self.assertEqual(dead(through), [])

    def test_a_template_uses_what_it_is_compiled_with(self):
        files = {"schemas/fact.hpp": "template <class T>\nvoid write(T& t) {\n  if constexpr (T::kFields > 1) t.go();\n}\n",
                 "schemas/a.hpp": "struct A {\n  static constexpr int kFields = 1;\n  void go();\n};\n"}
        self.assertEqual(dead({**files, "sinks/b.cpp": '#include "schemas/a.hpp"\n#include "schemas/fact.hpp"\nA a; write(a);'}), [])
        self.assertEqual(dead({**files, "sinks/b.cpp": '#include "schemas/a.hpp"\nA a;\n',
                               "sinks/c.cpp": '#include "schemas/fact.hpp"\nwrite(b);'}), ["go", "kFields"])

    def test_tests_comments_and_strings_keep_nothing_alive(self):
        header = {"sinks/a.hpp": "int f();  // f()\n", "sinks/b.cpp": USER + 'auto t = "f()"; /* f(); */ auto r = R"(f())";\n'}
        self.assertEqual(dead(header), ["f"])
        self.assertEqual(dead({**header, "tests/a_test.cpp": USER + "int y = f();\n"}), ["f"])
        self.assertEqual(dead({**header, "benchmarks/a.cpp": USER + "int y = f();\n"}), [])

    def test_what_is_made_for_tests_may_be_used_by_them_alone(self):
        self.assertEqual(dead({"rig/a.hpp": "int f();\n"}), ["f"])
        self.assertEqual(dead({"rig/a.hpp": "int f();\n", "tests/a_test.cpp": '#include "rig/a.hpp"\nint y = f();\n'}), [])

    def test_overrides_constructors_operators_and_parameters_are_left_alone(self):
        self.expect_dead("class T : public U {\n public:\n  explicit T(int x);\n  ~T();\n  void called_by_others() override;\n"
                         "  explicit operator bool() const;\n  bool operator==(const T&) const;\n  int go(int (*how)(int));\n};\n",
                         [], "T t(1); t.go(h);")

    def test_what_stands_in_a_body_is_no_declaration(self):
        self.expect_dead("inline int f() {\n  std::string text(3, 'a');\n  return text[0];\n}\n", [], "int y = f();")

    def test_digit_separators_and_quotes_confuse_nothing(self):
        self.expect_dead("inline int f() { return 1'000'000; }\nint unused();\n", ["unused"],
                         "char c = '\"'; int y = f(); char d = '\\'';")

    def test_constants_and_types_are_told_too(self):
        self.expect_dead("inline constexpr int kUsed = 1, kSecond = 2;\ninline constexpr int kUnused = 1;\n"
                         "struct Used { int a; };\nstruct Unused {};\nenum class Odd { a };\nusing Alias = int;\n",
                         ["kUnused", "Unused", "Odd", "Alias"], "Used u{kUsed};")

    def test_a_permission_holds_as_long_as_it_is_needed(self):
        header = {"sinks/a.hpp": "int f();\n"}
        self.assertEqual(dead(header, {"sinks/a.hpp: f": "somebody else calls it"}), [])
        self.assertEqual(dead({**header, "sinks/b.cpp": USER + "int y = f();"}, {"sinks/a.hpp: f": "somebody else calls it"}),
                         ["check_dead_code.py: sinks/a.hpp: f needs no permission any more"])


if __name__ == "__main__":
    unittest.main()
