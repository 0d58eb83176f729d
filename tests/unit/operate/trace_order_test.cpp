// The order of a story's stations: as things happened, also where times are cut or clocks differ.
#include <gtest/gtest.h>

#include "operate/trace.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

const Timestamp kReceived = Timestamp(1'700'000'000s) + 123'456us;
const Timestamp kCut = std::chrono::floor<std::chrono::milliseconds>(kReceived);  // as records have it

// The stations in their order, each as it is told here: "kafka p.events.v1-0@7".
Names ordered(std::vector<Station> stations) {
  put_in_order(stations);
  Names names;
  for (const auto& one : stations) names.push_back(one.station + (one.where.empty() ? "" : " " + one.where));
  return names;
}

TEST(TraceOrder, ACallbackIsReceivedBeforeItsRecordsAndTheEventComesBeforeWhatIsMadeOfIt) {
  EXPECT_EQ(ordered({{kReceived + 40ms, "stored", "messages_202311", ""},
                     {kCut, "kafka", "p.leads.v1-3@2", ""},
                     {kCut, "kafka", "p.messages.v1-0@5", ""},
                     {kReceived + 30ms, "score", "lead_activities_202311", ""},
                     {kCut, "kafka", "p.events.v1-0@7", ""},
                     {kReceived, "received", "in/1/1", ""},
                     {kReceived - 456us, "happened", "shop", ""}}),
            (Names{"happened shop", "received in/1/1", "kafka p.events.v1-0@7", "kafka p.leads.v1-3@2",
                   "kafka p.messages.v1-0@5", "score lead_activities_202311", "stored messages_202311"}));
}

TEST(TraceOrder, ARepeatStandsWhereItCameWithARecordOfItsOwn) {
  EXPECT_EQ(
      ordered({{kCut + 5s, "kafka", "p.events.v1-0@9", ""},
               {kCut, "kafka", "p.events.v1-0@7", ""},
               {kReceived, "received", "in/1/1", ""},
               {kReceived + 5s, "repeat", "in/1/2", ""},
               {kReceived + 40ms, "stored", "messages", ""}}),
      (Names{"received in/1/1", "kafka p.events.v1-0@7", "stored messages", "repeat in/1/2", "kafka p.events.v1-0@9"}));
  // The second delivery was read before the first one.
  EXPECT_EQ(ordered({{kReceived, "received", "in/1/2", ""}, {kReceived - 5s, "repeat", "in/1/1", ""}}),
            (Names{"repeat in/1/1", "received in/1/2"}));
}

TEST(TraceOrder, ClocksThatAreAheadOrBehindChangeNoStory) {
  EXPECT_EQ(ordered({{kReceived - 2s, "stored", "messages", ""},
                     {kCut, "kafka", "p.messages.v1-0@5", ""},
                     {kCut, "kafka", "p.events.v1-0@7", ""},
                     {kReceived, "received", "in/1/1", ""},
                     {kReceived + 3s, "happened", "shop", ""}}),
            (Names{"happened shop", "received in/1/1", "kafka p.events.v1-0@7", "kafka p.messages.v1-0@5",
                   "stored messages"}));
}

TEST(TraceOrder, ADeadLetterIsGivenUpBeforeItsRecordThatHasTheTimeOfItsCallback) {
  EXPECT_EQ(ordered({{kReceived - 1s, "kafka", "p.dead_letters.v1-0@1", ""},
                     {kReceived - 1s, "happened", "shop", ""},
                     {kReceived + 9ms, "stored", "dead_letters", ""},
                     {kReceived, "dead_letter", "ingest", ""}}),
            (Names{"happened shop", "dead_letter ingest", "kafka p.dead_letters.v1-0@1", "stored dead_letters"}));
}

}  // namespace
}  // namespace wxpipe::operate
