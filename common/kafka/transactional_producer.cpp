#include "common/kafka/transactional_producer.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <future>
#include <system_error>
#include <thread>

#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::kafka {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kOverdue = 4s;  // after a call's timeout: its last request may take 3 s more (socket.timeout.ms)
constexpr int kMostCallsUnderWay = 64;

std::atomic<int> calls_under_way_now{0};

// One of kMostCallsUnderWay.
class CallUnderWay {
 public:
  CallUnderWay() {
    if (++calls_under_way_now <= kMostCallsUnderWay) return;
    --calls_under_way_now;
    throw Unavailable(
        fmt::format("{} calls of librdkafka wait for their group's coordinator already", kMostCallsUnderWay));
  }
  ~CallUnderWay() { --calls_under_way_now; }
  CallUnderWay(const CallUnderWay&) = delete;
  CallUnderWay& operator=(const CallUnderWay&) = delete;
};

// A record that can't be delivered makes commit fail with an abortable error. Only this callback gets the reason.
void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
      message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    return;
  auto& undelivered = *static_cast<Undelivered*>(opaque);
  if (undelivered.records++ > 0) return;
  undelivered.topic = rd_kafka_topic_name(message->rkt);
  undelivered.error = message->err;
}

milliseconds socket_timeout_of(rd_kafka_t* client) {
  char value[32];
  size_t size = sizeof value;
  if (rd_kafka_conf_get(rd_kafka_conf(client), "socket.timeout.ms", value, &size) != RD_KAFKA_CONF_OK)
    throw UsageError("kafka: librdkafka doesn't know socket.timeout.ms");
  return milliseconds(std::stoi(value));
}

struct Offsets {
  PartitionList next;
  GroupMetadata group;
};
}  // namespace

// Everything that a call into librdkafka needs while it runs.
struct TransactionalProducer::Session {
  Session(const config::KafkaSettings& settings, const std::string& transactional_id,
          const std::vector<std::string>& topic_names, std::vector<std::pair<std::string, std::string>> extra) {
    extra.emplace_back("transactional.id", transactional_id);
    auto conf = client_config(ClientRole::transactional_producer, settings, extra);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
    rd_kafka_conf_set_opaque(conf.get(), &undelivered);
    throw_unless_ok("interceptor", rd_kafka_conf_interceptor_add_on_new(conf.get(), "wxpipe", on_new, this));
    client = make_producer(std::move(conf));
    socket_timeout = socket_timeout_of(client.get());
    for (const auto& name : topic_names) {
      topics.emplace_back(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
      if (!topics.back()) throw_error("rd_kafka_topic_new", rd_kafka_last_error());
    }
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  // Queued records belong to a transaction that nobody will commit: don't wait for them.
  ~Session() {
    if (client)
      rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  static rd_kafka_resp_err_t on_new(rd_kafka_t* made, const rd_kafka_conf_t*, void* session, char*, size_t) {
    return rd_kafka_interceptor_add_on_broker_state_change(made, "wxpipe", on_broker_state, session);
  }
  // On librdkafka's threads. It closes a connection on which a request timed out (socket.max.fails=1), so this tells of
  // time-outs as well. The log tells the same, but leaves out repeats. Bootstrap connections (-1) carry nothing of a
  // transaction, and end when they were idle for long.
  static rd_kafka_resp_err_t on_broker_state(rd_kafka_t*, int32_t id, const char*, const char* name, int,
                                             const char* state, void* session) {
    const bool of_transactions = id >= 0 || std::string_view(name) == "TxnCoordinator";
    if (of_transactions && std::string_view(state) == "DOWN") static_cast<Session*>(session)->connection_lost = true;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  // librdkafka holds the addresses of these.
  Undelivered undelivered;
  std::atomic<bool> connection_lost{false};  // since begin
  Client client;
  std::vector<Topic> topics;  // destroyed before the client
  milliseconds socket_timeout{};
};

TransactionalProducer::TransactionalProducer(const config::KafkaSettings& settings, const std::string& transactional_id,
                                             std::span<const std::string> topics,
                                             const std::vector<std::pair<std::string, std::string>>& extra,
                                             milliseconds patience)
    : patience_(patience),
      open_([settings, transactional_id, names = std::vector(topics.begin(), topics.end()), extra] {
        return std::make_shared<Session>(settings, transactional_id, names, extra);
      }),
      session_(open_()) {}

TransactionalProducer::~TransactionalProducer() = default;

void TransactionalProducer::needs_renewal(Renewal why) {
  if (!renewal_ || why < *renewal_) renewal_ = why;
}

template <class Call>
void TransactionalProducer::retry(const char* name, Call&& call) {
  const auto why = repeat(session_->client.get(), name, patience_, session_->socket_timeout, std::forward<Call>(call));
  if (why) needs_renewal(*why);
}

void TransactionalProducer::init() {
  retry("init_transactions", [&](int timeout) { return rd_kafka_init_transactions(session_->client.get(), timeout); });
  // Metadata now, so that the first records don't wait for the one-second timer (librdkafka #5032).
  for (const auto& topic : session_->topics) {
    const rd_kafka_metadata_t* metadata = nullptr;
    throw_unless_ok("metadata", rd_kafka_metadata(session_->client.get(), 0, topic.get(), &metadata,
                                                  static_cast<int>(patience_.count())));
    const Metadata held(metadata);
    if (held->topic_cnt != 1 || held->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw Unavailable(describe(rd_kafka_topic_name(topic.get()),
                                 held->topic_cnt == 1 ? held->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC));
  }
  renewal_.reset();
}

std::optional<Renewal> TransactionalProducer::begin() {
  // begin can hang after a fatal error (librdkafka #4420).
  char text[256];
  if (const auto fatal = rd_kafka_fatal_error(session_->client.get(), text, sizeof text);
      fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw Fenced(describe("begin_transaction", fatal, text));
  const auto why = renewal_;
  if (why) {
    session_ = open_();
    init();
  }
  session_->connection_lost = false;
  retry("begin_transaction", [&](int) { return rd_kafka_begin_transaction(session_->client.get()); });
  return why;
}

void TransactionalProducer::produce(size_t topic, const OutboundRecord& record) {
  Headers headers;
  if (!record.headers.empty()) {
    headers.reset(rd_kafka_headers_new(record.headers.size()));
    for (const auto& [name, value] : record.headers)
      throw_unless_ok("rd_kafka_header_add",
                      rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                                          static_cast<ssize_t>(value.size())));
  }
  std::array<rd_kafka_vu_t, 7> values{};
  size_t count = 0;
  const auto add = [&](rd_kafka_vtype_t type) -> auto& {
    auto& value = values[count++];
    value.vtype = type;
    return value.u;
  };
  add(RD_KAFKA_VTYPE_RKT).rkt = session_->topics[topic].get();
  add(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  auto& value = add(RD_KAFKA_VTYPE_VALUE).mem;
  value.ptr = const_cast<char*>(record.value.data());  // copied, never written to
  value.size = record.value.size();
  if (!record.key.empty()) {
    auto& key = add(RD_KAFKA_VTYPE_KEY).mem;
    key.ptr = const_cast<char*>(record.key.data());
    key.size = record.key.size();
  }
  add(RD_KAFKA_VTYPE_TIMESTAMP).i64 =
      std::chrono::duration_cast<milliseconds>(record.timestamp.time_since_epoch()).count();
  if (headers) add(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();

  const auto deadline = steady_clock::now() + patience_;
  for (;;) {
    const Error error{rd_kafka_produceva(session_->client.get(), values.data(), count)};
    if (!error) {
      headers.release();  // librdkafka owns them now
      return;
    }
    const auto code = rd_kafka_error_code(error.get());
    const auto what = describe("produce", error.get());
    if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED) throw Fenced(what);
    // Any error but a full queue: this transaction can't be completed. librdkafka has aborted it, or the record is
    // impossible.
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) throw TransactionAborted(what);
    if (steady_clock::now() >= deadline) throw Unavailable(what);
    rd_kafka_poll(session_->client.get(), 20);
  }
}

void TransactionalProducer::send_offsets(std::span<const PartitionOffset> next, GroupMetadata group) {
  const auto offsets = std::make_shared<const Offsets>(Offsets{to_list(next), std::move(group)});
  // This call may never end and can't be interrupted. So it runs in a thread of its own.
  const auto send = [session = session_, offsets](int timeout) -> Error {
    const auto under_way = std::make_shared<CallUnderWay>();
    std::packaged_task<Error()> call([session, offsets, timeout, under_way] {
      return Error(rd_kafka_send_offsets_to_transaction(session->client.get(), offsets->next.get(),
                                                        offsets->group.get(), timeout));
    });
    auto answer = call.get_future();
    std::thread thread;
    try {
      thread = std::thread(std::move(call));
    } catch (const std::system_error& error) {
      throw Unavailable(fmt::format("no thread for send_offsets_to_transaction: {}", error.what()));
    }
    const auto wait = milliseconds(timeout) + kOverdue;
    if (answer.wait_for(wait) == std::future_status::ready) {
      thread.join();
      return answer.get();
    }
    thread.detach();
    throw Unavailable(fmt::format(
        "send_offsets_to_transaction: no answer in {} ms; the group's coordinator can't be found", wait.count()));
  };
  retry("send_offsets_to_transaction", send);
}

int TransactionalProducer::calls_under_way() { return calls_under_way_now; }

void TransactionalProducer::commit() {
  retry("commit_transaction",
        [&](int timeout) { return rd_kafka_commit_transaction(session_->client.get(), timeout); });
  if (session_->connection_lost) needs_renewal(Renewal::connection_lost);
}

void TransactionalProducer::abort() {
  // EndTxn can overtake the first AddPartitionsToTxn; the broker then answers with a fatal INVALID_TXN_STATE (#4849).
  // So wait first until all records are acknowledged. If that fails, the abort goes on all the same.
  rd_kafka_flush(session_->client.get(), 1000);
  if (session_->undelivered.records > 0)
    telemetry::log_warn("records_not_delivered", {{"records", session_->undelivered.records},
                                                  {"first_topic", session_->undelivered.topic},
                                                  {"first_error", rd_kafka_err2name(session_->undelivered.error)}});
  session_->undelivered = {};
  try {
    retry("abort_transaction",
          [&](int timeout) { return rd_kafka_abort_transaction(session_->client.get(), timeout); });
  } catch (const TransactionAborted& error) {
    throw Fenced(error.what());
  }
  needs_renewal(Renewal::aborted);
}

}  // namespace wxpipe::kafka
