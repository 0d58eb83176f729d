// An idempotent Kafka producer with polled delivery reports: its owner decides on which thread they arrive. One thread
// owns it. Key and value are not copied: they must stay until the record's report.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/handles.hpp"
#include "ingest/delivery/outbound.hpp"

namespace wxpipe::ingest {

class Producer {
 public:
  // Called by poll, once for each record that produce took. `error` is RD_KAFKA_RESP_ERR_NO_ERROR when all in-sync
  // replicas have it.
  using Report = std::function<void(void* opaque, rd_kafka_resp_err_t error)>;

  // Doesn't wait for the network. Throws UsageError.
  Producer(const config::KafkaSettings& settings, Report report);
  // Purges and reports what is still in flight.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Readable when poll may have something to do, and once at the start. Owned by the producer.
  int event_fd() const { return event_fd_; }

  // The record must stay alive and unchanged until its report. Any result but NO_ERROR: not taken, and no report comes.
  rd_kafka_resp_err_t produce(const Outbound& record, void* opaque);

  // Calls Report for each report that has come. Waits up to `wait` for the first.
  void poll(std::chrono::milliseconds wait = {});

  // librdkafka can't go on with this producer (idempotence lost, fenced …). This is normal: make a new one.
  bool broken() const { return broken_; }
  const std::string& why_broken() const { return why_broken_; }

  // Empty if a broker answers within the time and knows the topics; else what is wrong. Also loads their metadata.
  std::string trouble(std::chrono::milliseconds wait);

 private:
  Report report_;
  kafka::Client client_;
  std::vector<kafka::Topic> topics_;  // by TopicName; must be destroyed before the client
  kafka::Queue queue_;
  int event_fd_ = -1;
  bool broken_ = false;
  std::string why_broken_;
};

}  // namespace wxpipe::ingest
