#include "rig/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <system_error>

namespace wxpipe::rig {
namespace {
using namespace std::chrono_literals;

TEST(Process, GivesOutputErrorsAndExitCode) {
  Process process({.program = "sh",
                   .arguments = {"-c", "echo out $1 $GREETING; echo err >&2; exit 3", "sh", "a b"},
                   .environment = {{"GREETING", "hello"}}});
  EXPECT_EQ(process.wait(), (Exit{.code = 3, .signal = 0}));
  EXPECT_EQ(process.output(), "out a b hello\n");
  EXPECT_EQ(process.errors(), "err\n");
}

TEST(Process, RunsInTheFolderAndWithoutRemovedVariables) {
  const TemporaryFolder folder;
  Process process({.program = "sh",
                   .arguments = {"-c", "pwd; echo ${HOME-none}"},
                   .environment = {{"HOME", ""}},
                   .folder = folder.path()});
  EXPECT_EQ(process.wait(), Exit{});
  EXPECT_EQ(process.output(), folder.path().string() + "\nnone\n");
}

TEST(Process, TellsWhichSignalEndedIt) {
  Process process({.program = "sleep", .arguments = {"60"}});
  EXPECT_EQ(process.wait(1ms), std::nullopt);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), (Exit{.code = 0, .signal = SIGTERM}));
  process.signal(SIGTERM);  // it is gone: nothing happens
}

TEST(Process, IsKilledWithItsObject) {
  pid_t pid = 0;
  {
    Process process({.program = "sh", .arguments = {"-c", "trap '' TERM; sleep 60"}});
    pid = process.pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(Process, ThatDoesNotExistIsAnErrorNotAnExitCode) {
  EXPECT_THROW(Process({.program = "/no/such/program"}), std::system_error);
}

TEST(Eventually, WaitsForTheConditionAndGivesUpAtTheDeadline) {
  int asked = 0;
  EXPECT_TRUE(eventually([&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
  EXPECT_FALSE(eventually([] { return false; }, 5ms));
  EXPECT_EQ(eventually_equal([&] { return ++asked; }, 6), 6);
  EXPECT_EQ(eventually_equal([] { return 1; }, 2, 5ms), 1);
}

}  // namespace
}  // namespace wxpipe::rig
