// The command line around the commands: which option wins, and what is said of words that name no command.
#include "cli/program.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/result.hpp"

namespace wxpipe::cli {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// Two commands with the shared options, and a group of two.
class CommandLine : public testing::Test {
 protected:
  void TearDown() override { ::unsetenv("WXPIPE_CONFIG"); }

  std::string config_file_of(std::vector<std::string> words) {
    Program program;
    for (const char* name : {"run", "sink"}) add_config_options(*program.app.add_subcommand(name), program);
    std::reverse(words.begin(), words.end());  // CLI11 takes them in reverse order
    program.app.parse(words);
    return program.config_file;
  }
  struct Printed {
    std::string output, errors;
    int code;
    bool operator==(const Printed&) const = default;
  };
  static Printed concluded(std::vector<std::string> options, const report::Report& report) {
    Program program;
    add_report_options(program.app, program, Rows::some);
    program.app.parse(std::move(options));
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    conclude(program, report);
    auto output = testing::internal::GetCapturedStdout();
    return {std::move(output), testing::internal::GetCapturedStderr(), program.exit_code};
  }
  static std::string missing(std::vector<const char*> words) {
    CLI::App app;
    app.add_subcommand("migrate");
    auto* topics = app.add_subcommand("topics");
    topics->add_subcommand("plan", "What apply would do");
    topics->add_subcommand("apply");
    return missing_command(app, words);
  }
};

TEST_F(CommandLine, ConfigComesFromTheOptionElseFromTheEnvironment) {
  EXPECT_EQ(config_file_of({"run"}), "");
  ::setenv("WXPIPE_CONFIG", "environment.toml", 1);
  EXPECT_EQ(config_file_of({"run"}), "environment.toml");
  EXPECT_EQ(config_file_of({"run", "-c", "option.toml"}), "option.toml");
  EXPECT_EQ(config_file_of({"sink", "--config", "option.toml"}), "option.toml");
}

TEST_F(CommandLine, AWrongCommandIsToldWithTheNearestOne) {
  EXPECT_THAT(missing({"migrat"}), AllOf(HasSubstr("'migrat'"), HasSubstr("'migrate'")));
  EXPECT_THAT(missing({"topics", "aply"}), AllOf(HasSubstr("'aply'"), HasSubstr("'apply'")));
}

TEST_F(CommandLine, FindingsAreTheExitCode) {
  using report::Level;
  struct Case {
    std::vector<Level> levels;
    int code;
  };
  for (const auto& [levels, code] :
       {Case{{}, 0}, Case{{Level::fine, Level::note, Level::warning}, 0}, Case{{Level::error, Level::fine}, 1},
        Case{{Level::error, Level::misconfigured, Level::note}, 2}}) {
    report::Report report;
    for (const auto level : levels) report.findings.push_back({level, "it is so"});
    EXPECT_EQ(concluded({}, report).code, code);
  }
  EXPECT_EQ(exit_code_of(UsageError("")), 2);
  EXPECT_EQ(exit_code_of(Unavailable("")), 3);
  EXPECT_EQ(exit_code_of(std::runtime_error("")), 1);
}

TEST_F(CommandLine, AServerThatIsAwayComesWithWhatToCheck) {
  EXPECT_THAT(remedy_of(Unavailable("no Kafka broker answers at k:9092 ([kafka] bootstrap_servers): Local: Timed out")),
              AllOf(HasSubstr("[kafka] bootstrap_servers or KAFKA_BOOTSTRAP"), HasSubstr("`wxpipe doctor`")));
  EXPECT_THAT(remedy_of(Unavailable("Postgres ([postgres] url): connection to server at \"p\" failed")),
              HasSubstr("[postgres] url or DATABASE_URL"));
  EXPECT_THAT(remedy_of(Unavailable("Postgres ([postgres] url): FATAL: database \"shop\" does not exist")),
              HasSubstr("`createdb shop`"));
  EXPECT_THAT(remedy_of(Unavailable("topic x is missing; run `wxpipe topics apply`")), IsEmpty());
  EXPECT_THAT(remedy_of(UsageError("Kafka")), IsEmpty());
}

TEST_F(CommandLine, IsRepeatedAsAShellWouldReadIt) {
  Program program;
  program.words = {"dlq", "drop", "--why", "it's a test", "-c", "a/b.toml"};
  EXPECT_EQ(said_again(program, "--yes"), R"(wxpipe dlq drop --why 'it'\''s a test' -c a/b.toml --yes)");
}

TEST_F(CommandLine, NumbersAreCheckedInSentences) {
  const auto said = [](const CLI::Validator& validator, std::string text) { return validator(text); };
  EXPECT_EQ(said(above_zero(), "0.5"), "");
  for (const auto* wrong : {"0", "-1", "x", "nan"})
    EXPECT_EQ(said(above_zero(), wrong), fmt::format("'{}' is not a number above 0", wrong));
  EXPECT_EQ(said(zero_or_more(), "0"), "");
  EXPECT_EQ(said(zero_or_more(), "-1"), "'-1' is not a number, 0 or more");
}

TEST_F(CommandLine, AReportIsPrintedAsItWasAskedFor) {
  report::Report report;
  report.tables = {{"rows", "", {{"name", "name"}}, {{"上海"}, {"北京"}}}};
  report.findings = {{report::Level::error, "two of them"}};
  EXPECT_EQ(concluded({}, report), (Printed{"name\n上海\n北京\n\nerror: two of them\n", "", 1}));
  EXPECT_EQ(concluded({"--json"}, report),
            (Printed{R"({"rows":[{"name":"上海"},{"name":"北京"}],)"
                     R"("findings":[{"level":"error","text":"two of them","remedy":null}]})"
                     "\n",
                     "", 1}));
  EXPECT_EQ(concluded({"--ndjson"}, report),
            (Printed{"{\"name\":\"上海\"}\n{\"name\":\"北京\"}\n", "error: two of them\n", 1}));
  EXPECT_THROW(concluded({"--json", "--ndjson"}, report), CLI::ParseError);
  report.findings.front().level = report::Level::misconfigured;
  EXPECT_EQ(concluded({}, report), (Printed{"", "name\n上海\n北京\n\nerror: two of them\n", 2}));
}

TEST_F(CommandLine, WithoutACommandThereIsHelp) {
  EXPECT_THAT(missing({}), AllOf(HasSubstr("migrate"), HasSubstr("topics")));
  EXPECT_THAT(missing({"topics"}), AllOf(HasSubstr("plan"), HasSubstr("What apply would do")));
}

TEST_F(CommandLine, NothingIsSaidOfRightCommandsAndOptions) {
  EXPECT_THAT(missing({"migrate", "--check"}), IsEmpty());
  EXPECT_THAT(missing({"topics", "plan"}), IsEmpty());
  EXPECT_THAT(missing({"--nonsense"}), IsEmpty());
}

}  // namespace
}  // namespace wxpipe::cli
