#include "common/kafka/partition_reader.hpp"

#include <algorithm>
#include <thread>

#include "common/kafka/error.hpp"
#include "common/result.hpp"

namespace wxpipe::kafka {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPause = 20ms;  // before a leader that is changing is asked again

// ListOffsets takes these in the place of a time.
constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;

Client reader(const config::KafkaSettings& settings, int fetch_bytes, const char* isolation) {
  return make_consumer(client_config(ClientRole::reader, settings,
                                     {{"isolation.level", isolation},
                                      {"group.id", "wxpipe-reader"},  // never joined; assign needs one
                                      {"enable.partition.eof", "true"},
                                      {"fetch.message.max.bytes", std::to_string(fetch_bytes)},
                                      {"fetch.wait.max.ms", "10"}}));  // an empty fetch shows the end
}

// A leader refuses for a moment after its election, or after its topic was created.
bool leader_is_changing(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list) {
  const auto changing = [](rd_kafka_resp_err_t one) {
    return one == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || one == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  };
  return changing(code) ||
         std::any_of(list->elems, list->elems + list->cnt, [&](const auto& element) { return changing(element.err); });
}

std::vector<PartitionOffset> list_offsets(rd_kafka_t* client, std::vector<PartitionOffset> times,
                                          milliseconds timeout) {
  if (times.empty()) return {};
  for (const auto deadline = steady_clock::now() + timeout;;) {
    const auto list = to_list(times);
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    const auto code = rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(std::max(left, 1ms).count()));
    if (leader_is_changing(code, list.get()) && left > kPause) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    throw_unless_ok("rd_kafka_offsets_for_times", code);
    return from_list("rd_kafka_offsets_for_times", list.get());
  }
}

std::vector<PartitionOffset> everywhere(const std::vector<Partition>& partitions, int64_t time) {
  std::vector<PartitionOffset> times;
  for (const auto& partition : partitions) times.push_back({partition, time});
  return times;
}
}  // namespace

PartitionReader::PartitionReader(const config::KafkaSettings& settings, int fetch_bytes)
    : committed_(reader(settings, fetch_bytes, "read_committed")),
      everything_(reader(settings, fetch_bytes, "read_uncommitted")) {
  throw_unless_ok("rd_kafka_poll_set_consumer", rd_kafka_poll_set_consumer(committed_.get()));
}

std::vector<PartitionOffset> PartitionReader::beginnings(const std::vector<Partition>& partitions,
                                                         milliseconds timeout) {
  return list_offsets(everything_.get(), everywhere(partitions, kEarliest), timeout);
}

std::vector<PartitionOffset> PartitionReader::ends(const std::vector<Partition>& partitions, milliseconds timeout) {
  return list_offsets(everything_.get(), everywhere(partitions, kLatest), timeout);
}

std::vector<PartitionOffset> PartitionReader::stable_ends(const std::vector<Partition>& partitions,
                                                          milliseconds timeout) {
  return list_offsets(committed_.get(), everywhere(partitions, kLatest), timeout);
}

std::vector<PartitionOffset> PartitionReader::at_times(const std::vector<Moment>& moments, milliseconds timeout) {
  std::vector<PartitionOffset> times;
  for (const auto& [partition, at] : moments)
    times.push_back({partition, std::chrono::floor<milliseconds>(at).time_since_epoch().count()});
  return list_offsets(everything_.get(), std::move(times), timeout);
}

void PartitionReader::read(const std::vector<Stretch>& stretches, const std::function<void(const Record&)>& visit,
                           milliseconds timeout, const std::stop_token& stop) {
  std::vector<Stretch> open;
  std::vector<PartitionOffset> starts;
  for (const auto& stretch : stretches) {
    if (stretch.from >= stretch.to) continue;
    open.push_back(stretch);
    starts.push_back({stretch.partition, stretch.from});
  }
  if (open.empty()) return;
  const auto list = to_list(starts);
  throw_unless_ok("rd_kafka_assign", rd_kafka_assign(committed_.get(), list.get()));
  rd_kafka_resume_partitions(committed_.get(), list.get());  // an earlier read may have paused them

  auto deadline = steady_clock::now() + timeout;
  while (!open.empty()) {
    Message message(stop.stop_requested() ? nullptr : rd_kafka_consumer_poll(committed_.get(), 100));
    if (!message) {
      if (steady_clock::now() < deadline && !stop.stop_requested()) continue;
      rd_kafka_assign(committed_.get(), nullptr);
      throw Unavailable(fmt::format("{} partition {} could not be read up to offset {} in {} ms",
                                    open.front().partition.topic, open.front().partition.number, open.front().to,
                                    timeout.count()));
    }
    const bool at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (!at_end && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto code = message->err;
      const std::string why = rd_kafka_message_errstr(message.get());
      message.reset();
      if (heals_by_waiting(code) && steady_clock::now() < deadline) continue;
      rd_kafka_assign(committed_.get(), nullptr);
      throw_error("reader", code, why);
    }
    const int64_t next = at_end ? message->offset : message->offset + 1;
    const auto stretch = std::find_if(open.begin(), open.end(), [&](const Stretch& candidate) {
      return candidate.partition.number == message->partition &&
             candidate.partition.topic == rd_kafka_topic_name(message->rkt);
    });
    if (stretch == open.end()) continue;  // prefetched, after the end of a finished range
    const auto to = stretch->to;
    if (next >= to) {
      // What lies behind it isn't fetched while others are read. Without effect, only more than needed is read.
      const PartitionOffset done{stretch->partition, to};
      rd_kafka_pause_partitions(committed_.get(), to_list({&done, 1}).get());
      open.erase(stretch);
    }
    if (at_end || next > to) continue;
    visit(Record(std::move(message)));
    deadline = steady_clock::now() + timeout;  // a visit may take its time
  }
  rd_kafka_assign(committed_.get(), nullptr);
}

}  // namespace wxpipe::kafka
