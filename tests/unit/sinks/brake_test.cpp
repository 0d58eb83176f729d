// The brake: a run of rejections stops the consumer, a few bad records don't.
#include "sinks/brake.hpp"

#include <gtest/gtest.h>

namespace wxpipe::sinks {
namespace {

config::SinkSettings settings(int consecutive, double ratio, int sample) {
  config::SinkSettings settings;
  settings.brake_consecutive = consecutive;
  settings.brake_ratio = ratio;
  settings.brake_sample = sample;
  return settings;
}
std::vector<bool> outcomes(size_t good, size_t rejected) {
  std::vector<bool> list(good, false);
  list.resize(good + rejected, true);
  return list;
}

TEST(Brake, LetsGoodRecordsPass) {
  Brake brake(settings(3, 0.5, 10));
  EXPECT_EQ(brake.try_outcomes(outcomes(100, 0)), std::nullopt);
}

TEST(Brake, StopsARunOfRejectionsAndSaysWhichSettingDid) {
  Brake brake(settings(3, 0.5, 1000));
  EXPECT_EQ(brake.try_outcomes(outcomes(5, 2)), std::nullopt);
  EXPECT_EQ(brake.try_outcomes(outcomes(5, 3)), "3 records in a row were rejected (sink.brake_consecutive = 3)");
}

TEST(Brake, CountsARunOverBatches) {
  Brake brake(settings(3, 0.5, 1000));
  brake.commit(outcomes(5, 2));
  EXPECT_EQ(brake.try_outcomes(outcomes(0, 1)), "3 records in a row were rejected (sink.brake_consecutive = 3)");
  EXPECT_EQ(brake.try_outcomes({false, true, true}), std::nullopt) << "a good record ends the run";
}

TEST(Brake, TryingABatchChangesNothing) {
  Brake brake(settings(3, 0.5, 1000));
  EXPECT_EQ(brake.try_outcomes(outcomes(0, 2)), std::nullopt);
  EXPECT_EQ(brake.try_outcomes(outcomes(0, 2)), std::nullopt);
}

TEST(Brake, StopsAtARatioOnceTheSampleIsFull) {
  Brake brake(settings(1000, 0.5, 10));
  const std::vector<bool> every_second{true, false, true, false, true, false, true, false, true};
  EXPECT_EQ(brake.try_outcomes(every_second), std::nullopt) << "nine of ten are no sample yet";
  brake.commit(every_second);
  EXPECT_EQ(brake.try_outcomes({false, true}), "5 of the last 10 records were rejected (sink.brake_ratio = 0.5)");
}

TEST(Brake, ForgetsWhatIsOlderThanItsSample) {
  Brake brake(settings(1000, 0.5, 10));
  brake.commit(outcomes(0, 4));
  brake.commit(outcomes(6, 0));
  brake.commit(outcomes(4, 0));
  EXPECT_EQ(brake.try_outcomes(outcomes(0, 4)), std::nullopt) << "the first four rejections are out of the sample";
}

}  // namespace
}  // namespace wxpipe::sinks
