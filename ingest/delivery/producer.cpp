#include "ingest/delivery/producer.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

#include "common/kafka/client_config.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::ingest {
namespace {
constexpr std::array kTopicsWritten{schemas::TopicName::events, schemas::TopicName::dead_letters,
                                    schemas::TopicName::custody};
}  // namespace

Producer::Producer(const config::KafkaSettings& settings, Report report) : report_(std::move(report)) {
  auto conf = kafka::client_config(kafka::ClientRole::ingest_producer, settings,
                                   {{"message.max.bytes", std::to_string(schemas::kMaxMessageBytes)}});
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  client_ = kafka::make_producer(std::move(conf));
  topics_.resize(schemas::kTopics.size());
  for (const auto name : kTopicsWritten)
    topics_[static_cast<size_t>(name)] = kafka::Topic(
        rd_kafka_topic_new(client_.get(), schemas::topic_name(settings.topic_prefix, name).c_str(), nullptr));
  queue_ = kafka::Queue(rd_kafka_queue_get_main(client_.get()));
  event_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);  // librdkafka writes to it while it holds the queue's lock
  if (event_fd_ < 0) throw Unavailable("eventfd: no file descriptor left; raise the limit (ulimit -n)");
  constexpr uint64_t kOne = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), event_fd_, &kOne, sizeof kOne);
  // librdkafka writes to the descriptor only when an empty queue gets its first entry. Entries from before it knew the
  // descriptor woke nobody, and then the queue would never become empty. So wake the owner once by hand.
  [[maybe_unused]] const auto written = ::write(event_fd_, &kOne, sizeof kOne);
}

Producer::~Producer() {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(client_.get()) > 0) poll(std::chrono::milliseconds(50));
  rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  ::close(event_fd_);
}

rd_kafka_resp_err_t Producer::produce(const Outbound& record, void* opaque) {
  kafka::Headers headers(rd_kafka_headers_new(1));
  if (!record.traceparent.empty())
    rd_kafka_header_add(headers.get(), schemas::kTraceparentHeader, -1, record.traceparent.data(),
                        static_cast<ssize_t>(record.traceparent.size()));
  std::array<rd_kafka_vu_t, 7> values{};
  values[0].vtype = RD_KAFKA_VTYPE_RKT;
  values[0].u.rkt = topics_[static_cast<size_t>(record.topic)].get();
  values[1].vtype = RD_KAFKA_VTYPE_KEY;
  values[1].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};
  values[2].vtype = RD_KAFKA_VTYPE_VALUE;  // not copied: the bytes must stay until the report
  values[2].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  values[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  values[3].u.i64 = std::chrono::floor<std::chrono::milliseconds>(record.timestamp).time_since_epoch().count();
  values[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  values[4].u.headers = headers.get();
  values[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  values[5].u.ptr = opaque;
  values[6].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  values[6].u.i = 0;
  const kafka::Error error{rd_kafka_produceva(client_.get(), values.data(), values.size())};
  if (error) return rd_kafka_error_code(error.get());
  headers.release();  // librdkafka owns them from here on
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Producer::poll(std::chrono::milliseconds wait) {
  uint64_t wake_ups;
  while (::read(event_fd_, &wake_ups, sizeof wake_ups) > 0) {
  }
  auto timeout = static_cast<int>(wait.count());
  // Until empty: librdkafka writes to the descriptor only when an empty queue fills
  while (const kafka::Event event{rd_kafka_queue_poll(queue_.get(), timeout)}) {
    timeout = 0;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
      while (const auto* message = rd_kafka_event_message_next(event.get())) report_(message->_private, message->err);
    } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      char why[512];
      if (rd_kafka_event_error_is_fatal(event.get()) && rd_kafka_fatal_error(client_.get(), why, sizeof why)) {
        broken_ = true;
        why_broken_ = why;
      } else {
        telemetry::log_debug("producer_hindered", {{"why", rd_kafka_event_error_string(event.get())}});
      }
    }
  }
}

std::string Producer::trouble(std::chrono::milliseconds wait) {
  for (const auto name : kTopicsWritten) {
    auto* topic = topics_[static_cast<size_t>(name)].get();
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client_.get(), 0, topic, &raw, static_cast<int>(wait.count()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return fmt::format("no broker answers: {}", rd_kafka_err2str(error));
    const kafka::Metadata metadata(raw);
    if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return fmt::format("topic {} is missing; run `wxpipe topics apply`", rd_kafka_topic_name(topic));
  }
  return {};
}

}  // namespace wxpipe::ingest
