#include "common/kafka/client_config.hpp"

#include <fmt/format.h>

#include <mutex>
#include <set>

#include "common/kafka/client_log.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::kafka {
namespace {
using Pairs = std::vector<std::pair<std::string, std::string>>;

const Pairs kEverywhere{
    {"client.id", "wxpipe"},
    {"reconnect.backoff.ms", "50"},  // the default maximum of 10 s delays both failure reports and recovery
    {"reconnect.backoff.max.ms", "500"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"enable.metrics.push", "false"},  // librdkafka >= 2.5 only
    {"log.connection.close", "false"},
    {"topic.metadata.refresh.interval.ms", "5000"},  // how soon new partitions are read (300 s by default)
};

int64_t how_many_left_out(const char* text, bool& write) {
  static std::mutex mutex;
  static ClientLog log;
  const std::lock_guard lock(mutex);
  const auto left_out = log.admit(text, std::chrono::steady_clock::now());
  write = left_out.has_value();
  return left_out.value_or(0);
}

// librdkafka's messages in our own form. Called from any of its threads.
void on_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  using telemetry::Level;
  const auto ours = level <= 3 ? Level::error : level == 4 ? Level::warn : level <= 6 ? Level::info : Level::debug;
  bool write = false;
  const auto left_out = how_many_left_out(text, write);
  if (!write) return;
  if (left_out == 0)
    telemetry::log(ours, "kafka_client", {{"facility", facility}, {"why", text}});
  else
    telemetry::log(ours, "kafka_client", {{"facility", facility}, {"why", text}, {"times_before", left_out}});
}

bool is_sink(ClientRole role) { return role == ClientRole::sink_consumer || role == ClientRole::patient_sink_consumer; }

const char* longest_fetch_ms(ClientRole role) {
  if (role == ClientRole::patient_sink_consumer) return "100";
  return role == ClientRole::sink_consumer ? "20" : "10";
}

Pairs defaults(ClientRole role) {
  switch (role) {
    case ClientRole::ingest_producer:
      return {
          {"linger.ms", "5"},
          {"compression.codec", "lz4"},
          {"socket.timeout.ms", "3000"},    // a frozen broker: a stall of 3.7 s instead of 9 s
          {"message.timeout.ms", "30000"},  // longer than any failover: a shorter one causes duplicates or fatal errors
          {"queue.buffering.max.messages", "100000"},
          {"queue.buffering.max.kbytes", "65536"},
          {"partitioner", "murmur2_random"}};  // the same partition as Java clients
    case ClientRole::transactional_producer:
      return {{"transaction.timeout.ms", "10000"},  // a dead producer blocks readers no longer than this
              {"compression.codec", "lz4"},
              {"retry.backoff.ms", "10"},  // the wait after CONCURRENT_TRANSACTIONS; 100 costs many commits 100 ms
              {"socket.timeout.ms", "3000"},
              {"partitioner", "murmur2_random"}};
    case ClientRole::log_producer:  // few records, in no hurry, and little memory
      return {{"linger.ms", "200"},
              {"compression.codec", "lz4"},
              {"message.timeout.ms", "300000"},  // lines wait so long for a broker that is away
              {"queue.buffering.max.messages", "4096"},
              {"queue.buffering.max.kbytes", "8192"},
              {"topic.metadata.refresh.interval.ms", "60000"},
              {"partitioner", "murmur2_random"}};
    case ClientRole::processor_consumer:
    case ClientRole::sink_consumer:
    case ClientRole::patient_sink_consumer:
      return {{"socket.timeout.ms", "10000"},
              {"session.timeout.ms", "10000"},
              {"heartbeat.interval.ms", "1000"},
              {"max.poll.interval.ms", is_sink(role) ? "300000" : "60000"},
              {"queued.max.messages.kbytes", "4096"},  // records fetched and not yet polled
              {"fetch.queue.backoff.ms", "20"},
              {"fetch.message.max.bytes", "131072"},  // per partition and fetch, compressed
              {"fetch.error.backoff.ms", "50"},
              // An answer costs broker and client the same with one record or with many. So the broker gathers some,
              // but not for long: at a low rate they don't come. Nobody waits for the rows of a patient sink.
              {"fetch.min.bytes", "65536"},
              {"fetch.wait.max.ms", longest_fetch_ms(role)}};
    case ClientRole::reader:
      return {
          {"queued.max.messages.kbytes", "16384"}, {"fetch.error.backoff.ms", "50"}, {"auto.offset.reset", "earliest"}};
    case ClientRole::admin:
      return {};
  }
  return {};
}

// Guarantees depend on these: nobody may change them.
Pairs guarantees(ClientRole role) {
  switch (role) {
    case ClientRole::ingest_producer:
      return {{"acks", "all"}, {"enable.idempotence", "true"}};
    case ClientRole::transactional_producer:
      return {{"acks", "all"},
              {"enable.idempotence", "true"},
              {"socket.max.fails", "1"}};  // a time-out ends the connection: how a producer knows that it needs renewal
    case ClientRole::processor_consumer:
    case ClientRole::sink_consumer:
    case ClientRole::patient_sink_consumer:
      return {
          // With the protocol `consumer`, the broker refuses a new member that has the group.instance.id of one that is
          // still there. With `classic` the new one takes over, which a restart needs (docs/decisions 0007).
          {"group.protocol", "classic"},               // librdkafka >= 2.4 only
          {"partition.assignment.strategy", "range"},  // cooperative-sticky commits wrongly during rebalances (#4059)
          {"enable.auto.commit", "false"},
          {"enable.auto.offset.store", "false"},
          {"enable.partition.eof", "false"},
          {"isolation.level", "read_committed"},
          {"auto.offset.reset", is_sink(role) ? "error" : "earliest"}};
    case ClientRole::reader:
      return {{"enable.auto.commit", "false"}, {"isolation.level", "read_committed"}};
    case ClientRole::log_producer:
    case ClientRole::admin:
      return {};
  }
  return {};
}

const std::set<std::string> kNewerVersionsOnly{"enable.metrics.push", "fetch.queue.backoff.ms", "group.protocol"};

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value, const char* where) {
  char why[512];
  const auto result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why);
  if (result == RD_KAFKA_CONF_OK) return;
  if (result == RD_KAFKA_CONF_UNKNOWN && kNewerVersionsOnly.contains(name)) return;
  throw UsageError(fmt::format("{}{}: {}", where, name, why));
}
}  // namespace

Conf client_config(ClientRole role, const config::KafkaSettings& settings, const Pairs& extra) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  for (const auto& [name, value] : kEverywhere) set(conf.get(), name, value, "");
  for (const auto& [name, value] : defaults(role)) set(conf.get(), name, value, "");
  Pairs fixed = guarantees(role);
  fixed.insert(fixed.end(), extra.begin(), extra.end());
  for (const auto& [name, value] : settings.properties) {
    for (const auto& [fixed_name, fixed_value] : fixed)
      if (name == fixed_name && value != fixed_value)
        throw UsageError(fmt::format("kafka.properties.{}: wxpipe's guarantees need it to be {}; take the line out",
                                     name, fixed_value));
    set(conf.get(), name, value, "kafka.properties.");
  }
  set(conf.get(), "bootstrap.servers", settings.bootstrap_servers, "kafka.");
  for (const auto& [name, value] : fixed) set(conf.get(), name, value, "");
  return conf;
}

namespace {
Client make(rd_kafka_type_t type, Conf conf) {
  char why[512];
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), why, sizeof why);
  if (!client) throw UsageError(fmt::format("kafka: {}", why));
  conf.release();  // rd_kafka_new owns it now
  return Client(client);
}
}  // namespace

Client make_producer(Conf conf) { return make(RD_KAFKA_PRODUCER, std::move(conf)); }
Client make_consumer(Conf conf) { return make(RD_KAFKA_CONSUMER, std::move(conf)); }

}  // namespace wxpipe::kafka
