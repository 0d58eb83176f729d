#!/usr/bin/env python3
"""check_architecture.py notices what it forbids: each rule is tested on a small tree that breaks it and on one that
doesn't."""
import pathlib
import tempfile
import unittest

import check_architecture


def problems(files, graph=None):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return check_architecture.check(root, graph)[1]


def header(body="", comment="// For something.\n"):
    return comment + "#pragma once\n" + body


class Rules(unittest.TestCase):
    def test_a_good_tree_is_fine(self):
        self.assertEqual(problems({
            "processors/score/score.hpp": header('#include <string>\n#include "schemas/event.hpp"\nnamespace wxpipe::processors {\n}'),
            "processors/transaction_loop.cpp": '// The shell.\n#include <librdkafka/rdkafka.h>\nnamespace wxpipe::processors {\n}',
            "schemas/event.hpp": header("namespace wxpipe::schemas {\n}"),
            "common/kafka/handles.hpp": header("#include <librdkafka/rdkafka.h>\nnamespace wxpipe::kafka {\n}"),
        }), [])

    def test_a_forbidden_header_is_seen_directly_and_through_others(self):
        found = problems({
            "schemas/event.hpp": header("#include <pqxx/pqxx>\n"),
            "ingest/query.hpp": header('#include "common/kafka/handles.hpp"\n'),
            "common/kafka/handles.hpp": header("#  include <librdkafka/rdkafka.h>\n"),
            "sinks/brake.hpp": header("#include <boost/asio/post.hpp>\n"),
        })
        self.assertEqual(found, [
            "ingest/query.hpp: is pure and includes common/kafka/handles.hpp -> librdkafka/rdkafka.h",
            "schemas/event.hpp: is pure and includes pqxx/pqxx",
            "sinks/brake.hpp: is pure and includes boost/asio/post.hpp",
        ])

    def test_new_files_in_a_pure_folder_are_pure(self):
        self.assertEqual(len(problems({"processors/coupons/coupon.hpp": header("#include <boost/beast/http.hpp>\n")})), 1)
        self.assertEqual(len(problems({"ingest/wechat/normalize.cpp": "// X.\n#include <sqlite3.h>\n"})), 1)

    def test_clocks_and_chance_are_seen_but_not_in_comments(self):
        self.assertEqual(problems({"ingest/query.hpp": header("auto x = std::chrono::system_clock::now();\n")}),
                         ["ingest/query.hpp: is pure and uses system_clock::now; give it the value as an argument"])
        self.assertEqual(problems({"ingest/query.hpp": header("// never system_clock::now\n")}), [])
        self.assertEqual(problems({"ingest/receiver.hpp": header("auto x = std::chrono::steady_clock::now();\n")}), [])

    def test_property_tree_is_forbidden_everywhere(self):
        self.assertEqual(len(problems({"tests/a.cpp": "#include <boost/property_tree/xml_parser.hpp>\n"})), 1)

    def test_includes_are_written_from_the_root(self):
        self.assertEqual(len(problems({"sinks/a.hpp": header(), "sinks/b.hpp": header('#include "a.hpp"\n')})), 1)
        self.assertEqual(len(problems({"sinks/b.hpp": header('#include "fmt/format.h"\n')})), 1)
        self.assertEqual(len(problems({"sinks/a.hpp": header(), "sinks/b.hpp": header("#include <sinks/a.hpp>\n")})), 1)

    def test_arrows_between_folders_run_down(self):
        def one(including, included):
            return problems({included: header(), including: header(f'#include "{included}"\n')})
        self.assertEqual(one("sinks/a.hpp", "processors/b.hpp"),
                         ["sinks/a.hpp: sinks/ may not include processors/b.hpp; it may: schemas common"])
        self.assertEqual(one("common/kafka/a.hpp", "schemas/b.hpp"),
                         ["common/kafka/a.hpp: common/ may not include schemas/b.hpp; it may: only its own"])
        for including, included in (("chaos/a.hpp", "simulate/b.hpp"), ("simulate/a.hpp", "chaos/b.hpp"), ("rig/a.hpp", "sinks/b.hpp"),
                                    ("ingest/a.hpp", "rig/b.hpp"), ("chaos/a.hpp", "cli/b.hpp"), ("cli/a.hpp", "tests/b.hpp")):
            self.assertEqual(len(one(including, included)), 1, including)
        for including, included in (("cli/a.hpp", "simulate/b.hpp"), ("chaos/a.hpp", "rig/b.hpp"), ("sinks/a.hpp", "common/b.hpp"),
                                    ("tests/a.hpp", "sinks/b.hpp"), ("sinks/leads/a.hpp", "sinks/b.hpp")):
            self.assertEqual(one(including, included), [], including)

    def test_a_folder_that_no_rule_knows_is_seen(self):
        self.assertEqual(problems({"plugins/a.hpp": header()}),
                         ["plugins/a.hpp: check_architecture.py has no word on what plugins/ may include; add it to FOLDERS"])

    def test_the_table_of_folders_has_no_circle(self):
        below = {folder: set(may.split()) for folder, may in check_architecture.FOLDERS.items()}
        for folder, others in below.items():
            self.assertLessEqual(others, set(below), folder)
            self.assertEqual([other for other in others if folder in below[other]], [], folder)

    def test_headers_open_with_a_comment(self):
        self.assertEqual(len(problems({"sinks/a.hpp": header(comment="")})), 1)
        self.assertEqual(len(problems({"sinks/a.hpp": header(comment="\n// Late.\n")})), 1)
        self.assertEqual(len(problems({"cli/main.cpp": "int main() {}\n"})), 1)

    def test_namespaces_are_folders(self):
        self.assertEqual(len(problems({"sinks/a.hpp": header("namespace wxpipe::processors {\n}")})), 1)
        self.assertEqual(len(problems({"common/kafka/a.hpp": header("namespace wxpipe::postgres {\n}")})), 1)
        self.assertEqual(len(problems({"schemas/a.hpp": header("namespace wxpipe {\n}")})), 1)
        self.assertEqual(problems({"sinks/leads/a.hpp": header("namespace wxpipe::sinks {\n}")}), [])
        self.assertEqual(problems({"ingest/standard_webhooks.hpp": header("namespace wxpipe::ingest::standard_webhooks {\n}")}), [])

    def test_pure_targets_link_nothing_that_acts(self):
        graph = ("wxpipe_steps\tprocessors\tprocess_batch.cpp\twxpipe_helper,fmt::fmt\n"
                 "wxpipe_helper\tcommon\tclock.cpp\t$<LINK_ONLY:PkgConfig::RDKAFKA>\n"
                 "wxpipe_loop\tprocessors\ttransaction_loop.cpp\tPkgConfig::RDKAFKA\n")
        self.assertEqual(problems({}, graph), [
            "target wxpipe_steps -> wxpipe_helper -> $<LINK_ONLY:PkgConfig::RDKAFKA>: a pure target links it".replace(
                "$<LINK_ONLY:PkgConfig::RDKAFKA>", "PkgConfig::RDKAFKA"),
            "target wxpipe_helper -> PkgConfig::RDKAFKA: a pure target links it"])


if __name__ == "__main__":
    unittest.main()
