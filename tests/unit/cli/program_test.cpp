// The command line around the commands: what beats what, and what is said of words that name no command.
#include "cli/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

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
    std::reverse(words.begin(), words.end());  // as CLI11 takes them
    program.app.parse(words);
    return program.config_file;
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
