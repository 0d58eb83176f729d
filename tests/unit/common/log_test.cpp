#include "common/telemetry/log.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace wxpipe::telemetry {
namespace {
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

class Recorded : public LogTarget {
 public:
  void take(const Line& line) noexcept override {
    std::string text = fmt::format("{} {}", to_string(line.level), line.event);
    append_fields(text, line.fields);
    lines.push_back(std::move(text));
    file = line.file;
  }
  std::vector<std::string> lines;
  std::string file;
};

TEST(SecondTarget, GetsEveryLineWhileItLivesAndWhoWroteIt) {
  Recorded recorded;
  log_info("before");
  {
    const SecondTarget target(recorded);
    log_info("batch_written", {{"sink", "messages"}, {"rows", 500}});
    log_error("spool_full", {{"why", "no room left"}});
  }
  log_warn("behind");
  EXPECT_THAT(recorded.lines,
              ElementsAre("info batch_written sink=messages rows=500", R"(error spool_full why="no room left")"));
  EXPECT_THAT(recorded.file, EndsWith("tests/unit/common/log_test.cpp"));
}

TEST(SecondTarget, GetsNoLinesOfLevelDebug) {
  configure_log("debug", "logfmt");
  Recorded recorded;
  const SecondTarget target(recorded);
  log_debug("batch_committed");
  configure_log("info", "logfmt");
  EXPECT_THAT(recorded.lines, IsEmpty());
}

TEST(SecondTarget, GetsNoLinesAboutItself) {
  Recorded recorded;
  const SecondTarget target(recorded);
  {
    const StandardErrorOnly about_itself;
    const StandardErrorOnly within;
    log_warn("log_lines_dropped");
  }
  log_warn("spool_waits");
  EXPECT_THAT(recorded.lines, ElementsAre("warn spool_waits"));
}

}  // namespace
}  // namespace wxpipe::telemetry
