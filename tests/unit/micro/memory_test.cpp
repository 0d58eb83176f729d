// What other people's tests ask of `wxpipe micro`.
#include "micro/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/result.hpp"

namespace wxpipe::micro {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string message(const std::string& id, const std::string& type, const std::string& content) {
  return R"({"schema":"wxpipe.message.v1","id":")" + id + R"(","receipt":"a/b/)" + id +
         R"(","account":"shop","type":")" + type + R"(","content":")" + content + "\"}";
}
std::string letter(const std::string& id, const std::string& reason) {
  return R"({"schema":"wxpipe.dead_letter.v1","dead_letter_id":")" + id + R"(","account":"shop","reason":")" + reason +
         "\"}";
}

TEST(Memory, HasWhatCameAndWhatWasMadeOfIt) {
  Memory memory;
  memory.take("messages.v1", message("1", "message.text", "run-17: how much?"));
  memory.take("leads.v1", R"({"schema":"wxpipe.lead_activity.v1","event_id":"1","points":15})");
  memory.take("messages.v1", R"({"schema":"wxpipe.duplicate.v1","event_id":"1","receipt":"a/b/9"})");
  memory.take("dead_letters.v1", letter("2", "undecryptable"));
  EXPECT_EQ(memory.answer(Kind::good, ""),
            R"({"good":1,"bad":1,"repeats":1,"forgotten":0,"found":1,"events":[{"event":)" +
                message("1", "message.text", "run-17: how much?") +
                R"(,"facts":[{"schema":"wxpipe.lead_activity.v1","event_id":"1","points":15}],"repeats":1}]})"
                "\n");
  EXPECT_THAT(memory.answer(Kind::bad, ""),
              AllOf(HasSubstr(R"("found":1)"), HasSubstr("undecryptable"), Not(HasSubstr("run-17"))));
  EXPECT_THAT(memory.answer(Kind::all, ""),
              AllOf(HasSubstr(R"("found":2)"), HasSubstr("undecryptable"), HasSubstr("run-17")));
}

TEST(Memory, FindsByIdTagAndValues) {
  Memory memory;
  memory.take("messages.v1", message("1", "message.text", "run-17"));
  memory.take("messages.v1", message("2", "message.image", "run-18"));
  memory.take("messages.v1", message("3", "menu.clicked", "run-18"));
  memory.take("dead_letters.v1", letter("4", "nul_byte"));
  const auto found = [&](const std::string& query) {
    const auto answer = memory.answer(Kind::all, query);
    const auto at = answer.find(R"("found":)") + 8;
    return std::stoi(answer.substr(at));
  };
  EXPECT_EQ(found("id=2"), 1);
  EXPECT_EQ(found("id=a%2Fb%2F3"), 1) << "by receipt";
  EXPECT_EQ(found("id=4"), 1);
  EXPECT_EQ(found("id=5"), 0);
  EXPECT_EQ(found("tag=run-18"), 2);
  EXPECT_EQ(found("type=message.*"), 2);
  EXPECT_EQ(found("type=message.*&tag=run-18"), 1);
  EXPECT_EQ(found("reason=nul_byte"), 1);
  EXPECT_EQ(found("account=shop"), 4);
  EXPECT_EQ(found("account=sho"), 0);
}

TEST(Memory, GivesTheNewestOfMany) {
  Memory memory;
  for (int i = 0; i < 5; ++i) memory.take("messages.v1", message(std::to_string(i), "message.text", "x"));
  const auto answer = memory.answer(Kind::good, "limit=2");
  EXPECT_THAT(answer, AllOf(HasSubstr(R"("found":5)"), HasSubstr(R"("id":"4")"), HasSubstr(R"("id":"3")"),
                            Not(HasSubstr(R"("id":"2")"))));
}

TEST(Memory, ForgetsTheOldestOfTooMany) {
  Memory memory;
  for (size_t i = 0; i <= Memory::kMost; ++i)
    memory.take("messages.v1", message(std::to_string(i), "message.text", "x"));
  const auto answer = memory.answer(Kind::good, "limit=1&id=0");
  EXPECT_THAT(answer, AllOf(HasSubstr(R"("good":10000)"), HasSubstr(R"("forgotten":1)"), HasSubstr(R"("found":0)")));
  // What belongs to a forgotten event doesn't harm the others.
  memory.take("leads.v1", R"({"schema":"wxpipe.lead_activity.v1","event_id":"1","points":15})");
  EXPECT_THAT(memory.answer(Kind::good, "id=1"), HasSubstr("points"));
}

TEST(Memory, WaitsUntilThereAreEnough) {
  Memory memory;
  std::thread later([&] {
    memory.take("messages.v1", message("1", "message.text", "x"));
    memory.take("messages.v1", message("2", "message.text", "x"));
  });
  EXPECT_THAT(memory.answer(Kind::good, "count=2&within=20"), HasSubstr(R"("found":2)"));
  later.join();
  EXPECT_THAT(memory.answer(Kind::good, "count=3&within=1"), HasSubstr(R"("found":2)")) << "it says what is there";
}

TEST(Memory, ForgetsAllWhenTold) {
  Memory memory;
  memory.take("messages.v1", message("1", "message.text", "x"));
  EXPECT_EQ(memory.reset(), "{\"good\":1,\"bad\":0,\"repeats\":0,\"forgotten\":0}\n");
  EXPECT_THAT(memory.answer(Kind::all, ""), HasSubstr(R"("found":0)"));
}

TEST(Memory, SaysWhatItDoesntUnderstand) {
  const Memory memory;
  EXPECT_THROW(memory.answer(Kind::all, "colour=red"), UsageError);
  EXPECT_THROW(memory.answer(Kind::all, "count=many"), UsageError);
  EXPECT_THROW(memory.answer(Kind::all, "within=60"), UsageError);
  EXPECT_THROW(memory.answer(Kind::all, "tag=%zz"), UsageError);
}

TEST(Memory, LeavesOutWhatIsNoRecordOfOurs) {
  Memory memory;
  memory.take("messages.v1", "not JSON");
  memory.take("messages.v1", "{}");
  memory.take("leads.v1", R"({"schema":"x"})");
  EXPECT_EQ(memory.answer(Kind::all, ""),
            "{\"good\":0,\"bad\":0,\"repeats\":0,\"forgotten\":0,\"found\":0,\"events\":[],\"dead_letters\":[]}\n");
}

}  // namespace
}  // namespace wxpipe::micro
