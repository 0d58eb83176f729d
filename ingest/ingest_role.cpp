#include "ingest/ingest_role.hpp"

#include <openssl/rand.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "common/crypto/sealer.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/custody/custodian.hpp"
#include "ingest/delivery/delivery.hpp"
#include "ingest/delivery/drainer.hpp"
#include "ingest/delivery/hold.hpp"
#include "ingest/delivery/left_spools.hpp"
#include "ingest/delivery/spool.hpp"
#include "ingest/http/server.hpp"
#include "ingest/platforms.hpp"
#include "ingest/receiver.hpp"
#include "ingest/refusals.hpp"

namespace wxpipe::ingest {
namespace asio = boost::asio;
using namespace std::chrono_literals;
namespace {

constexpr auto kLastMark = 800ms;  // a stop may take 10 s, and connections may already have used nine of them

void fill_with_random_bytes(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system has no random bytes to give");
}

// Everything that one io thread owns, in the order in which it is built.
struct Worker {
  Worker(const config::Settings& settings, std::shared_ptr<const AccountBook> accounts, Spool* spool, const Hold* hold,
         Receipts& receipts, DeadLetterLimit& dead_letter_limit, Refusals& refusals, telemetry::Metrics& metrics,
         http::ServerShared& shared, uint16_t port)
      : delivery(io, settings.kafka, spool, hold),
        receiver(std::move(accounts), settings.ingest, receipts, dead_letter_limit, refusals, delivery, metrics),
        server(io, shared, receiver, port) {}

  asio::io_context io{1};
  Delivery delivery;
  Receiver receiver;
  http::Server server;
};

// The accounts in use. Each io thread has them as its own, so a callback costs no lock and no atomic operation; new
// ones are handed to each thread, which takes them between two steps of its work. Any thread.
class Accounts {
 public:
  explicit Accounts(std::shared_ptr<const AccountBook> book) : book_(std::move(book)) {}

  // While `workers` run; give them `current` when they are made.
  std::shared_ptr<const AccountBook> current() const {
    const std::lock_guard lock(mutex_);
    return book_;
  }
  void serve(std::deque<Worker>* workers) {
    const std::lock_guard lock(mutex_);
    workers_ = workers;
    hand_out();
  }
  void replace(std::shared_ptr<const AccountBook> book) {
    const std::lock_guard lock(mutex_);
    book_ = std::move(book);
    hand_out();
  }

 private:
  void hand_out() {
    if (workers_ == nullptr) return;
    for (auto& worker : *workers_)
      asio::post(worker.io, [&worker, book = book_]() mutable { worker.receiver.use(std::move(book)); });
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const AccountBook> book_;
  std::deque<Worker>* workers_ = nullptr;  // null: none are running
};

std::shared_ptr<const AccountBook> make_book(const config::Settings& settings) {
  const crypto::Sealer sealer(settings.sealing.key, settings.sealing.previous_keys);
  return std::make_shared<const AccountBook>(settings.accounts, sealer, fill_with_random_bytes);
}

class IngestRole : public runtime::Role {
 public:
  IngestRole(runtime::RoleContext context, const Clock& clock, std::function<void(uint16_t)> on_listening)
      : context_(context),
        clock_(clock),
        on_listening_(std::move(on_listening)),
        accounts_(make_book(context.settings)),
        refusals_(http::proxy_networks(context.settings.ingest)),
        certificates_(context.settings.ingest) {
    if (context_.pages != nullptr)
      context_.pages->add("/refusals", [this](auto query) { return refusals_json(refusals_, query, clock_.now()); });
    context_.readiness.not_ready("ingest", "starting");
  }

  std::string_view name() const override { return "ingest"; }

  std::function<void()> prepare(const config::Settings& fresh) override {
    return [this, book = make_book(fresh)] { accounts_.replace(book); };
  }

  void run(std::stop_token stop) override {
    const auto& settings = context_.settings;
    Producer probe(settings.kafka, [](void*, rd_kafka_resp_err_t) {});
    look_at_broker(probe, !settings.spool.directory.empty());
    std::unique_ptr<Hold> hold;
    std::unique_ptr<Spool> spool;
    std::unique_ptr<Drainer> drainer;  // must stop before the spool closes
    std::unique_ptr<LeftSpools> left;
    if (!settings.spool.directory.empty()) {
      try {
        spool = std::make_unique<Spool>(settings.spool, settings.instance.name, settings.kafka.topic_prefix, clock_,
                                        context_.metrics,
                                        Spool::Options{.keep = config::copies_kept(settings), .stop = stop});
      } catch (const Unavailable&) {  // told to stop while it waited for the spool's lock
        return;
      }
      hold = std::make_unique<Hold>(settings.kafka);
      if (trouble_.empty()) hold->look(2s);
      hold->start();
      drainer = std::make_unique<Drainer>(settings.kafka, *spool, hold.get());
      left = std::make_unique<LeftSpools>(settings, hold.get(), clock_, context_.metrics);
    }
    Receipts receipts(settings.instance.name, clock_.now());
    DeadLetterLimit dead_letter_limit(settings.ingest.repeated_dead_letters);
    http::ServerShared shared{settings.ingest, clock_, context_.metrics, certificates_, {}};

    std::deque<Worker> workers;
    for (int i = 0; i < settings.ingest.threads; ++i) {
      const auto port = workers.empty() ? settings.ingest.listen.port : workers.front().server.port();
      workers.emplace_back(settings, accounts_.current(), spool.get(), hold.get(), receipts, dead_letter_limit,
                           refusals_, context_.metrics, shared, port);
    }
    accounts_.serve(&workers);
    struct ServeNobody {
      Accounts& accounts;
      ~ServeNobody() { accounts.serve(nullptr); }
    } const serve_nobody{accounts_};
    std::vector<Custodian::Thread> deciding;
    for (auto& worker : workers) deciding.push_back({worker.io, worker.receiver.decisions()});
    Custodian custodian(workers.front().io, workers.front().delivery, spool.get(), deciding, receipts, clock_);
    custodian.start();

    std::mutex mutex;
    std::exception_ptr failure;
    std::stop_source failed;
    {
      std::vector<std::jthread> threads;
      for (auto& worker : workers)
        threads.emplace_back([&] {
          try {
            worker.server.start();
            worker.io.run();
          } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            failed.request_stop();
          }
        });
      const auto port = workers.front().server.port();
      context_.readiness.ready("ingest");
      telemetry::log_info("listening", {{"host", settings.ingest.listen.host},
                                        {"port", port},
                                        {"tls", certificates_.current() != nullptr},
                                        {"threads", workers.size()},
                                        {"accounts", settings.accounts.size()}});
      if (on_listening_) on_listening_(port);
      const std::stop_callback stopping(stop, [&] { failed.request_stop(); });
      while (!failed.stop_requested()) {
        runtime::wait(failed.get_token(), 2s);
        if (failed.stop_requested()) break;
        look_at_broker(probe, spool != nullptr);
        certificates_.look();
        if (spool && spool->damaged()) failed.request_stop();
      }
      context_.readiness.not_ready("ingest", "stopping");
      drain(workers, shared);
      const bool healthy = [&] {
        const std::lock_guard lock(mutex);
        return failure == nullptr;
      }();
      if (healthy && !custodian.finish(kLastMark))
        telemetry::log_warn("custody_tail_in_doubt", {{"boot", receipts.boot()},
                                                      {"why", "neither broker nor spool took the last custody mark"}});
      for (auto& worker : workers) worker.io.stop();
    }
    telemetry::log_info("ingest_stopped");
    if (failure) std::rethrow_exception(failure);
    if (spool && spool->damaged())
      throw std::runtime_error("the spool was damaged while it was in use; the next start saves what it holds");
  }

 private:
  // With a spool we take callbacks even while the broker is away.
  void look_at_broker(Producer& probe, bool has_spool) {
    probe.poll();
    const auto trouble = probe.trouble(1s);
    if (trouble != trouble_ && !trouble.empty())
      telemetry::log_warn(
          "kafka_away", {{"why", trouble}, {"events_go_to", has_spool ? "the spool" : "nowhere: set spool.directory"}});
    if (trouble.empty() && !trouble_.empty()) telemetry::log_info("kafka_back");
    trouble_ = trouble;
    if (trouble.empty() || has_spool)
      context_.readiness.ready("kafka");
    else
      context_.readiness.not_ready("kafka", trouble);
  }

  // No new connections. Requests under way are answered; after the drain time the rest is closed.
  void drain(std::deque<Worker>& workers, const http::ServerShared& shared) {
    for (auto& worker : workers) asio::post(worker.io, [&worker] { worker.server.drain(); });
    const auto until = std::chrono::steady_clock::now() + context_.settings.ingest.drain_timeout;
    while (shared.connections > 0 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(5ms);
    if (shared.connections > 0) telemetry::log_warn("connections_cut", {{"connections", shared.connections.load()}});
    for (auto& worker : workers) asio::post(worker.io, [&worker] { worker.server.abort(); });
    while (shared.connections > 0 && std::chrono::steady_clock::now() < until + 1s) std::this_thread::sleep_for(5ms);
  }

  runtime::RoleContext context_;
  const Clock& clock_;
  const std::function<void(uint16_t)> on_listening_;
  Accounts accounts_;
  Refusals refusals_;
  http::Certificates certificates_;
  std::string trouble_;
};
}  // namespace

std::unique_ptr<runtime::Role> make_ingest_role(runtime::RoleContext context, const Clock& clock,
                                                std::function<void(uint16_t)> on_listening) {
  return std::make_unique<IngestRole>(context, clock, std::move(on_listening));
}

}  // namespace wxpipe::ingest
