#include "operate/logs_to_kafka.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "common/kafka/client_config.hpp"
#include "common/uuid.hpp"
#include "operate/audit_log.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kMostWaiting = 4096;  // lines, each a few kilobytes at most; librdkafka has room for as many again
constexpr milliseconds kEvery = 1s;    // reports are looked at so often, when no line comes
constexpr milliseconds kRoomWithin = 100ms;
constexpr milliseconds kLastLinesWithin = 1s;

// The other clients of the process say what is wrong with Kafka; two of these properties may be set for them.
config::KafkaSettings quiet(config::KafkaSettings settings) {
  settings.properties.insert_or_assign("log_level", "0");
  settings.properties.erase("enable.idempotence");  // a repeat is harmless, and without it no error is fatal
  settings.properties.erase("debug");
  return settings;
}

// Not idempotent: a line has an id, so a repeat meets its own row.
class LineProducer {
 public:
  LineProducer(const config::KafkaSettings& settings, std::string instance, telemetry::Metrics& metrics)
      : instance_(std::move(instance)),
        sent_(metrics.log_lines.Add({{"outcome", "sent"}})),
        dropped_(metrics.log_lines.Add({{"outcome", "dropped"}})) {
    auto conf = kafka::client_config(kafka::ClientRole::log_producer, quiet(settings));
    rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR);
    client_ = kafka::make_producer(std::move(conf));
    topic_ = kafka::Topic(rd_kafka_topic_new(
        client_.get(), schemas::topic_name(settings.topic_prefix, schemas::TopicName::logs).c_str(), nullptr));
    reports_ = kafka::Queue(rd_kafka_queue_get_main(client_.get()));
  }
  // What no broker has taken by now is dropped.
  ~LineProducer() {
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(client_.get()) > 0) poll(50ms);
  }
  LineProducer(const LineProducer&) = delete;
  LineProducer& operator=(const LineProducer&) = delete;

  // False: no room now.
  bool produce(const schemas::LogWritten& line) {
    value_.clear();
    schemas::encode(line, value_);
    std::array<rd_kafka_vu_t, 5> values{};
    values[0].vtype = RD_KAFKA_VTYPE_RKT;
    values[0].u.rkt = topic_.get();
    values[1].vtype = RD_KAFKA_VTYPE_KEY;
    values[1].u.mem = {instance_.data(), instance_.size()};
    values[2].vtype = RD_KAFKA_VTYPE_VALUE;
    values[2].u.mem = {value_.data(), value_.size()};
    values[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    values[3].u.i64 = std::chrono::floor<milliseconds>(line.origin.occurred_at).time_since_epoch().count();
    values[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    values[4].u.i = RD_KAFKA_MSG_F_COPY;
    const kafka::Error error{rd_kafka_produceva(client_.get(), values.data(), values.size())};
    if (!error) return true;
    if (rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
    ended(rd_kafka_error_code(error.get()));
    return true;
  }

  void poll(milliseconds wait) {
    auto timeout = static_cast<int>(wait.count());
    while (const kafka::Event event{rd_kafka_queue_poll(reports_.get(), timeout)}) {
      timeout = 0;
      if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR)
        while (const auto* message = rd_kafka_event_message_next(event.get())) ended(message->err);
    }
  }
  void drop() { dropped_.Increment(); }
  bool all_sent() const { return rd_kafka_outq_len(client_.get()) == 0; }

 private:
  void ended(rd_kafka_resp_err_t error) {
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      sent_.Increment();
      if (std::exchange(hindered_, false)) telemetry::log_info("log_lines_sent_again");
      return;
    }
    dropped_.Increment();
    if (!std::exchange(hindered_, true)) telemetry::log_warn("log_lines_dropped", {{"why", rd_kafka_err2str(error)}});
  }

  std::string instance_;
  prometheus::Counter &sent_, &dropped_;
  kafka::Client client_;
  kafka::Topic topic_;  // must be destroyed before the client
  kafka::Queue reports_;
  std::string value_;
  bool hindered_ = false;
};

class LogRole : public runtime::Role {
 public:
  LogRole(const runtime::RoleContext& context, const std::string& command)
      : queue_({command, context.settings.instance.name, to_string(new_command_id())}, kMostWaiting,
               context.metrics.log_lines.Add({{"outcome", "dropped"}})),
        producer_(context.settings.kafka, context.settings.instance.name, context.metrics),
        thread_([this](const std::stop_token& stop) { send(stop); }),
        target_(queue_) {}

  std::string_view name() const override { return "logs"; }

  void run(std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
  }

 private:
  void send(const std::stop_token& stop) {
    const telemetry::StandardErrorOnly about_itself;
    std::optional<schemas::LogWritten> line;
    while (!stop.stop_requested()) {
      if (!line) line = queue_.next(kEvery, stop);
      if (line && producer_.produce(*line)) line.reset();
      producer_.poll(line ? kRoomWithin : 0ms);
    }
    const auto end = steady_clock::now() + kLastLinesWithin;
    while (steady_clock::now() < end) {
      if (!line) line = queue_.next(0ms, {});
      if (!line && producer_.all_sent()) return;
      if (line && producer_.produce(*line)) line.reset();
      producer_.poll(10ms);
    }
    for (; line || (line = queue_.next(0ms, {})); line.reset()) producer_.drop();
  }

  LogQueue queue_;
  LineProducer producer_;
  std::jthread thread_;
  telemetry::SecondTarget target_;  // goes first: then no further line comes
};
}  // namespace

LogQueue::LogQueue(Speaker speaker, size_t most, prometheus::Counter& dropped)
    : speaker_(std::move(speaker)),
      most_(most),
      dropped_(dropped) {}

void LogQueue::take(const telemetry::Line& line) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    ++sequence_;
    if (lines_.size() >= most_) return dropped_.Increment();
    lines_.push_back(fact_of(line, speaker_, sequence_));
  } catch (const std::exception&) {  // no memory: standard error has the line
    dropped_.Increment();
  }
  filled_.notify_one();
}

std::optional<schemas::LogWritten> LogQueue::next(milliseconds wait, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!filled_.wait_for(lock, stop, wait, [this] { return !lines_.empty(); })) return std::nullopt;
  std::optional line(std::move(lines_.front()));
  lines_.pop_front();
  return line;
}

std::unique_ptr<runtime::Role> make_log_role(const runtime::RoleContext& context, const std::string& command) {
  return std::make_unique<LogRole>(context, command);
}

std::vector<runtime::MakeRole> with_lines_to_kafka(std::vector<runtime::MakeRole> roles,
                                                   const config::Settings& settings, const std::string& command) {
  if (settings.log.to_kafka)
    roles.insert(roles.begin(), [command](runtime::RoleContext context) { return make_log_role(context, command); });
  return roles;
}

}  // namespace wxpipe::operate
