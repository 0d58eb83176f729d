// How long a partition's new owner needs to load its dedupe window. The time is printed but not checked: it depends on
// the machine.
#include "tests/integration/process/process_fixture.hpp"

#include <cstdio>

#include "processors/dedupe/journal_reader.hpp"

namespace wxpipe::processors::test {
namespace {

class TakeoverTest : public ProcessTest {};

// The journal of ten minutes with 2,000 events a second, taken in batches of 20 (batch_interval 10 ms).
TEST_F(TakeoverTest, AWindowOfTenMinutesAtTwoThousandEventsASecondIsReadBackWhole) {
  constexpr int kPerPage = 20, kPages = 60'000, kPagesPerTransaction = 2'000;
  const auto first_at = std::chrono::floor<std::chrono::milliseconds>(system_clock().now()) - 599s;
  RecentIds live(600s);
  int64_t offset = 0;
  for (int page_number = 0; page_number < kPages; ++page_number) {
    if (page_number % kPagesPerTransaction == 0) writer_->begin();
    const auto now = first_at + page_number * 599'000ms / kPages;
    const auto first = offset;
    for (int i = 0; i < kPerPage; ++i, ++offset) {
      const auto number = std::to_string(offset);
      live.stage(schemas::event_id("shop", "", "", number, now), identity_hash("shop", "", number), now, offset);
    }
    const auto page = live.page(first, offset, now);
    const auto written = live.page_time(now);
    writer_->produce(static_cast<size_t>(TopicName::seen_ids), {{}, encode(page), {}, written, 0});
    live.publish(written);
    if (page_number % kPagesPerTransaction == kPagesPerTransaction - 1) writer_->commit();
  }

  Windows windows;
  windows.emplace(0, RecentIds(600s));
  const auto started = std::chrono::steady_clock::now();
  restore_windows(topics_->settings(), topics_->name(TopicName::seen_ids), {{0, offset}}, windows, started + 60s, {});
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
  std::printf("[ measured ] %zu ids of one partition were back after %lld ms\n", windows.at(0).size(),
              static_cast<long long>(took.count()));
  RecordProperty("takeover_ms", static_cast<int>(took.count()));

  EXPECT_EQ(windows.at(0).size(), live.size());
  EXPECT_EQ(live.size(), static_cast<size_t>(kPages) * kPerPage);
  auto& restored = windows.at(0);
  const auto now = first_at + 599s;
  for (const int64_t number : {int64_t{0}, offset / 2, offset - 1}) {
    const auto text = std::to_string(number);
    const auto at = first_at + number / kPerPage * 599'000ms / kPages;
    EXPECT_EQ(restored.stage(schemas::event_id("shop", "", "", text, at), 0, now, offset), Sighting::duplicate)
        << number;
  }
  EXPECT_EQ(restored.stage(schemas::event_id("shop", "", "", "new", now), 0, now, offset), Sighting::fresh);
}

}  // namespace
}  // namespace wxpipe::processors::test
