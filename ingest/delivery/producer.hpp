// An idempotent Kafka producer whose delivery reports are polled, so that whoever owns it decides on which thread they
// arrive. One thread owns it. Messages belong to the caller until their report: key and value are not copied.
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
  // Called by poll, once for each record that produce took. `error` is RD_KAFKA_RESP_ERR_NO_ERROR when the broker has
  // it on all in-sync replicas.
  using Report = std::function<void(void* opaque, rd_kafka_resp_err_t error)>;

  // No network wait. Throws UsageError.
  Producer(const config::KafkaSettings& settings, Report report);
  // What is still in flight is purged and reported.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Readable when poll may have something to do, and at the beginning. Owned by the producer.
  int event_fd() const { return event_fd_; }

  // The record stays alive and unchanged until its report. Anything but NO_ERROR: it was not taken and gets no report.
  rd_kafka_resp_err_t produce(const Outbound& record, void* opaque);

  // Hands out the reports that have come, waiting up to `wait` for the first.
  void poll(std::chrono::milliseconds wait = {});

  // librdkafka can't go on with this producer (idempotence lost, fenced …): make a new one, a normal path.
  bool broken() const { return broken_; }
  const std::string& why_broken() const { return why_broken_; }

  // Whether a broker answers and knows the topics, within the time; warms their metadata. Empty: yes.
  std::string trouble(std::chrono::milliseconds wait);

 private:
  Report report_;
  kafka::Client client_;
  std::vector<kafka::Topic> topics_;  // by TopicName; destroyed before the client
  kafka::Queue queue_;
  int event_fd_ = -1;
  bool broken_ = false;
  std::string why_broken_;
};

}  // namespace wxpipe::ingest
