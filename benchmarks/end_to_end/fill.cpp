// Fills a topic at full speed with COUNT events: on events.v1 as ingest writes them, or on messages.v1, leads.v1 … as
// process writes them with their facts.
//   fill BOOTSTRAP TOPIC_PREFIX day-events|day-facts SEED COUNT
//   fill BOOTSTRAP TOPIC_PREFIX events|facts FIRST COUNT BYTES [SECONDS_AGO]
// day-…: a day's traffic (support/day.hpp), repeats included; process meets those among a thousand events, the sink
// the others. Else text messages, all different: FIRST is the first one's number, so that two fills can hold different
// ones. They were received SECONDS_AGO, or just now. Prints JSON: how many of the events are no repeats, how many
// records it wrote on each topic, and their mean size: the fan-out that the floor of process copies.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>

#include "benchmarks/support/day.hpp"
#include "benchmarks/support/events.hpp"
#include "common/kafka/client_config.hpp"
#include "common/kafka/handles.hpp"
#include "processors/steps.hpp"

namespace {
using namespace wxpipe;

struct Written {
  uint64_t records = 0, bytes = 0;
};

class Writer {
 public:
  Writer(const std::string& bootstrap, const std::string& prefix) {
    config::KafkaSettings settings;
    settings.bootstrap_servers = bootstrap;
    producer_ = kafka::make_producer(kafka::client_config(kafka::ClientRole::ingest_producer, settings,
                                                          {{"linger.ms", "20"}, {"message.timeout.ms", "120000"}}));
    for (const auto& topic : schemas::kTopics)
      topics_[static_cast<size_t>(topic.name)] =
          kafka::Topic(rd_kafka_topic_new(producer_.get(), schemas::topic_name(prefix, topic.name).c_str(), nullptr));
  }

  void write(const processors::OutputRecord& record) {
    auto& written = written_[static_cast<size_t>(record.topic)];
    ++written.records;
    const auto value = record.value(), key = record.key();
    written.bytes += value.size();
    auto* topic = topics_[static_cast<size_t>(record.topic)].get();
    kafka::Headers headers(rd_kafka_headers_new(1));
    if (const auto traceparent = record.traceparent(); !traceparent.empty())
      rd_kafka_header_add(headers.get(), schemas::kTraceparentHeader, -1, traceparent.data(),
                          static_cast<ssize_t>(traceparent.size()));
    std::array<rd_kafka_vu_t, 6> values{};
    values[0].vtype = RD_KAFKA_VTYPE_RKT;
    values[0].u.rkt = topic;
    values[1].vtype = RD_KAFKA_VTYPE_KEY;
    values[1].u.mem = {const_cast<char*>(key.data()), key.size()};
    values[2].vtype = RD_KAFKA_VTYPE_VALUE;
    values[2].u.mem = {const_cast<char*>(value.data()), value.size()};
    values[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    values[3].u.i64 = std::chrono::floor<std::chrono::milliseconds>(record.timestamp).time_since_epoch().count();
    values[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    values[4].u.headers = headers.get();
    values[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    values[5].u.i = RD_KAFKA_MSG_F_COPY;
    for (;;) {
      const kafka::Error error{rd_kafka_produceva(producer_.get(), values.data(), values.size())};
      if (!error) break;
      if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        throw std::runtime_error(rd_kafka_error_string(error.get()));
      rd_kafka_poll(producer_.get(), 10);
    }
    headers.release();  // librdkafka owns them from here on
    rd_kafka_poll(producer_.get(), 0);
  }

  void finish() {
    if (const auto error = rd_kafka_flush(producer_.get(), 120'000)) throw std::runtime_error(rd_kafka_err2str(error));
  }

  std::string report(uint64_t fresh) const {
    std::vector<std::string> parts{fmt::format(R"("fresh":{})", fresh)};
    for (const auto& topic : schemas::kTopics)
      if (const auto& [records, bytes] = written_[static_cast<size_t>(topic.name)]; records > 0)
        parts.push_back(fmt::format(R"("{}":{{"records":{},"mean_bytes":{}}})", schemas::topic_name("", topic.name),
                                    records, bytes / records));
    return fmt::format("{{{}}}", fmt::join(parts, ","));
  }

 private:
  kafka::Client producer_;
  std::array<kafka::Topic, schemas::kTopics.size()> topics_;
  std::array<Written, schemas::kTopics.size()> written_;
};

void write_events(Writer& writer, const std::vector<schemas::Event>& events) {
  for (const auto& event : events)
    writer.write({schemas::TopicName::events, schemas::partition_key(event),
                  fmt::format("00-{}-00f067aa0ba902b7-01", event.trace_id), benchmarks::envelope(event),
                  event.received_at});
}

void write_facts(Writer& writer, const std::vector<schemas::Event>& events) {
  static const auto steps = processors::make_steps(benchmarks::processing_settings());
  processors::Windows windows;
  windows.emplace(0, processors::RecentIds(std::chrono::seconds(600)));
  const benchmarks::EventRecords records(events);
  const auto effects = process_batch(records.all(), steps, windows, {"events", events.front().received_at});
  for (const auto& record : effects.records) writer.write(record);
}
}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc >= 6 && argc <= 8 ? argv[3] : "";
  const bool day = what == "day-events" || what == "day-facts";
  if (day ? argc != 6 : argc < 7 || (what != "events" && what != "facts")) {
    fmt::print(stderr,
               "usage: fill BOOTSTRAP TOPIC_PREFIX day-events|day-facts SEED COUNT\n"
               "       fill BOOTSTRAP TOPIC_PREFIX events|facts FIRST COUNT BYTES [SECONDS_AGO]\n");
    return 2;
  }
  try {
    const auto first = static_cast<uint64_t>(std::atoll(argv[4])),
               end = first + static_cast<uint64_t>(std::atoll(argv[5]));
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().now()) -
                     std::chrono::seconds(argc == 8 ? std::atoll(argv[7]) : 0);
    Writer writer(argv[1], argv[2]);
    const benchmarks::TextEvents text(day ? 0 : static_cast<size_t>(std::atol(argv[6])), now);
    benchmarks::Day traffic(first, now);
    uint64_t fresh = 0;
    std::vector<schemas::Event> events;
    for (uint64_t number = first; number < end;) {
      events.clear();
      while (number < end && events.size() < 1000) {
        const auto said =
            day ? std::optional(traffic.next(now - std::chrono::milliseconds(end - number))) : std::nullopt;
        auto event = said ? traffic.event(*said) : std::optional(text(number));
        if (!event) continue;  // a dead letter: it never comes here
        fresh += said && said->resend != simulate::Resend::none ? 0 : 1;
        events.push_back(std::move(*event));
        ++number;
      }
      what.ends_with("events") ? write_events(writer, events) : write_facts(writer, events);
    }
    writer.finish();
    fmt::print("{}\n", writer.report(fresh));
  } catch (const std::exception& error) {
    fmt::print(stderr, "fill: {}\n", error.what());
    return 1;
  }
}
