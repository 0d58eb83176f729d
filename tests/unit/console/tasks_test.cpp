// Work in the background: seen while it runs, stopped, bounded, and masked for whoever looks.
#include "console/tasks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "console/http.hpp"
#include "rig/eventually.hpp"

namespace wxpipe::console {
namespace {
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Identity kOperator = identity("lin", "operator", {}, Login::password);

std::string id_of(const std::string& task) { return task.substr(task.find("\"id\":\"") + 6, 36); }

class TasksTest : public testing::Test {
 protected:
  std::string ended(const std::string& id, const Identity& who = kOperator) {
    std::string shown;
    EXPECT_TRUE(rig::eventually([&] {
      shown = tasks_.show(id, who);
      return shown.find("\"state\":\"running\"") == shown.npos;
    }));
    return shown;
  }
  Tasks tasks_{system_clock()};
};

TEST_F(TasksTest, TellsItsProgressAndThenItsReport) {
  std::promise<void> told, go_on;
  const auto id = id_of(tasks_.begin("replay", "into tables", kOperator, [&](const Tasks::Tell& tell, const auto&) {
    tell({3, 7, "records"});
    told.set_value();
    go_on.get_future().wait();
    return report::Report{.facts = {{"body", "", "<xml>"}}};
  }));
  told.get_future().wait();
  EXPECT_THAT(tasks_.show(id, kOperator),
              AllOf(HasSubstr(R"("state":"running")"), HasSubstr(R"("by":"lin")"),
                    HasSubstr(R"("progress":{"done":3,"of":7,"unit":"records"})"), HasSubstr(R"("report":null)")));
  go_on.set_value();
  EXPECT_THAT(ended(id), AllOf(HasSubstr(R"("state":"done")"), HasSubstr(R"("report":{"body":"<xml>")")));
  EXPECT_THAT(tasks_.show(id, identity("v", "viewer", {}, Login::password)), Not(HasSubstr("<xml>")));
  EXPECT_THAT(tasks_.list(kOperator), HasSubstr(id));
}

TEST_F(TasksTest, AFailureIsOneSentence) {
  const auto id = id_of(tasks_.begin("audit", "", kOperator, [](const auto&, const auto&) -> report::Report {
    throw Unavailable("no broker answers");
  }));
  EXPECT_THAT(ended(id), AllOf(HasSubstr(R"("state":"failed")"), HasSubstr(R"("text":"no broker answers")"),
                               HasSubstr(R"("code":"server_away")")));
}

TEST_F(TasksTest, StopsWhenAskedTo) {
  const auto id = id_of(tasks_.begin("retry", "", kOperator, [](const auto&, const std::stop_token& stop) {
    runtime::wait(stop, 60s);
    return report::Report();
  }));
  tasks_.stop(id, kOperator);
  EXPECT_THAT(ended(id), HasSubstr(R"("state":"stopped")"));
  EXPECT_THROW(tasks_.show("nothing", kOperator), Problem);
}

TEST_F(TasksTest, OnlyAFewRunAtOnce) {
  const auto wait = [](const auto&, const std::stop_token& stop) {
    runtime::wait(stop, 60s);
    return report::Report();
  };
  for (size_t i = 0; i < Tasks::kMostRunning; ++i) tasks_.begin("retry", "", kOperator, wait);
  EXPECT_THROW(tasks_.begin("retry", "", kOperator, wait), Problem);
  tasks_.stop_all();
}

}  // namespace
}  // namespace wxpipe::console
