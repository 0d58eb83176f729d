// The floor for process: a transactional loop that consumes, copies and produces, with process's fan-out, batch size
// and client settings, but without its work.
//   floor_copy_loop BOOTSTRAP IN_TOPIC OUT_TOPIC EXTRA_TOPIC EXTRAS EXTRA_BYTES BATCH COUNT
// Every record goes to OUT_TOPIC. Its first EXTRA_BYTES go to EXTRA_TOPIC, on average EXTRAS times per record (like the
// facts beside a message). A fifth of COUNT is for warming up; then it prints "measuring". At the end it prints JSON:
// the rate and its own CPU per record.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/kafka/client_config.hpp"
#include "common/kafka/handles.hpp"

namespace {
using namespace wxpipe;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void check(rd_kafka_error_t* raw, const char* what) {
  const kafka::Error error(raw);
  if (error) throw std::runtime_error(fmt::format("{}: {}", what, rd_kafka_error_string(error.get())));
}
void check(rd_kafka_resp_err_t error, const char* what) {
  if (error) throw std::runtime_error(fmt::format("{}: {}", what, rd_kafka_err2str(error)));
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) {
    fmt::print(stderr,
               "usage: floor_copy_loop BOOTSTRAP IN_TOPIC OUT_TOPIC EXTRA_TOPIC EXTRAS EXTRA_BYTES BATCH COUNT\n");
    return 2;
  }
  config::KafkaSettings settings;
  settings.bootstrap_servers = argv[1];
  const std::string in = argv[2], out_name = argv[3], extra_name = argv[4];
  const double extras = std::atof(argv[5]);
  const auto extra_bytes = static_cast<size_t>(std::atol(argv[6])), batch = static_cast<size_t>(std::atol(argv[7]));
  const long count = std::atol(argv[8]), warm_up = count / 5;

  const auto unique = fmt::format("floor-{}", std::chrono::steady_clock::now().time_since_epoch().count());
  const auto consumer =
      kafka::make_consumer(kafka::client_config(kafka::ClientRole::processor_consumer, settings,
                                                {{"group.id", unique}, {"queued.max.messages.kbytes", "1048576"}}));
  rd_kafka_poll_set_consumer(consumer.get());
  const auto producer = kafka::make_producer(
      kafka::client_config(kafka::ClientRole::transactional_producer, settings, {{"transactional.id", unique}}));
  check(rd_kafka_init_transactions(producer.get(), 30'000), "init_transactions");
  const kafka::Topic out(rd_kafka_topic_new(producer.get(), out_name.c_str(), nullptr));
  const kafka::Topic extra(rd_kafka_topic_new(producer.get(), extra_name.c_str(), nullptr));
  const kafka::PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), in.c_str(), RD_KAFKA_PARTITION_UA);
  check(rd_kafka_subscribe(consumer.get(), topics.get()), "subscribe");

  long done = 0, done_at_start = 0;
  std::chrono::steady_clock::time_point start;
  double cpu_at_start = 0, extras_due = 0;
  while (done < count) {
    std::vector<kafka::Message> messages;
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    while (messages.size() < batch && std::chrono::steady_clock::now() < deadline) {
      kafka::Message message(rd_kafka_consumer_poll(consumer.get(), messages.empty() ? 1000 : 1));
      if (!message) continue;
      check(message->err, "consume");
      if (messages.empty()) deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
      messages.push_back(std::move(message));
    }
    if (messages.empty()) continue;
    if (done_at_start == 0 && done >= warm_up) {
      fmt::print("measuring\n");
      std::fflush(stdout);
      start = std::chrono::steady_clock::now();
      cpu_at_start = cpu_seconds();
      done_at_start = done;
    }
    check(rd_kafka_begin_transaction(producer.get()), "begin");
    const kafka::PartitionList next(rd_kafka_topic_partition_list_new(8));
    for (const auto& message : messages) {
      const auto send = [&](rd_kafka_topic_t* topic, size_t size) {
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, message->payload, size, message->key,
                                message->key_len, nullptr) == -1) {
          if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) check(rd_kafka_last_error(), "produce");
          rd_kafka_poll(producer.get(), 1);
        }
      };
      send(out.get(), message->len);
      for (extras_due += extras; extras_due >= 1; extras_due -= 1)
        send(extra.get(), std::min(extra_bytes, message->len));
      ++done;
      auto* entry = rd_kafka_topic_partition_list_find(next.get(), in.c_str(), message->partition);
      if (!entry) entry = rd_kafka_topic_partition_list_add(next.get(), in.c_str(), message->partition);
      entry->offset = message->offset + 1;
    }
    rd_kafka_poll(producer.get(), 0);
    const kafka::GroupMetadata group(rd_kafka_consumer_group_metadata(consumer.get()));
    check(rd_kafka_send_offsets_to_transaction(producer.get(), next.get(), group.get(), 30'000), "send_offsets");
    check(rd_kafka_commit_transaction(producer.get(), 30'000), "commit");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto measured = static_cast<double>(done - done_at_start);
  fmt::print(R"({{"records":{},"seconds":{:.3f},"rate":{:.0f},"cpu_us":{:.2f}}})"
             "\n",
             done - done_at_start, seconds, measured / seconds, (cpu_seconds() - cpu_at_start) * 1e6 / measured);
  rd_kafka_consumer_close(consumer.get());
}
