// What trace shows of a story, as people and as programs read it.
#include "operate/trace_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Timestamp kNoon = Timestamp(1'700'000'000s);

TEST(TraceReport, NamesTheBatchesAndTheReplays) {
  Story story;
  story.match.id = "01934f2a";
  story.stations = {{kNoon, "stored", "messages_202311", "row written"}};
  story.batches = {{kNoon, "messages", "edge-1", "messages_202311", 1812}};
  story.replays.list = {
      {"events.v1-3@41", "schema:try", true, kNoon + 60s, kNoon + 90s, "anna", true, "from=2h where=account=shop"},
      {"events.v1-3@41", "tables", std::nullopt, kNoon + 30s, kNoon + 31s, "", false, "where=content=a b"}};
  const auto report = report_of("23871", story);

  const auto json = to_json(report);
  EXPECT_THAT(json,
              HasSubstr(R"("batches":[{"began_at":"2023-11-14T22:13:20.000000Z","sink":"messages","writer":"edge-1",)"
                        R"("table":"messages_202311","rows_at_least":1812}])"));
  EXPECT_THAT(
      json,
      HasSubstr(R"("replays":[{"begun_at":"2023-11-14T22:14:20.000000Z","record":"events.v1-3@41","into":"schema:try",)"
                R"("takes":true,"finished":true,"asked_by":"anna","order":"from=2h where=account=shop",)"
                R"("moved_at":"2023-11-14T22:14:50.000000Z"},{"begun_at":"2023-11-14T22:13:50.000000Z",)"
                R"("record":"events.v1-3@41","into":"tables","takes":null,"finished":false,"asked_by":"",)"
                R"("order":"where=content=a b","moved_at":"2023-11-14T22:13:51.000000Z"}])"));
  const auto text = to_text(report, {});
  EXPECT_THAT(text, AllOf(HasSubstr("rows committed together:"), HasSubstr("1,812"),
                          HasSubstr("replays that have read it again:"), HasSubstr("schema:try")));
}

TEST(TraceReport, IsSilentAboutBatchesAndReplaysThatItDoesNotKnow) {
  EXPECT_THAT(to_json(report_of("23871", Story{})), AllOf(HasSubstr(R"("batches":[])"), HasSubstr(R"("replays":[])")));
  EXPECT_THAT(to_text(report_of("23871", Story{}), {}), AllOf(Not(HasSubstr("together")), Not(HasSubstr("replays"))));
}

TEST(TraceReport, SaysWhichSideSchemasItCouldNotAsk) {
  Story story;
  story.replays.unreadable = {"try_wxpipe"};
  EXPECT_THAT(to_text(report_of("23871", story), {}), HasSubstr("this login may not read try_wxpipe.replays"));
}

}  // namespace
}  // namespace wxpipe::operate
