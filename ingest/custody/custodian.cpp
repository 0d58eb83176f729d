#include "ingest/custody/custodian.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/telemetry/log.hpp"
#include "schemas/fact_json.hpp"

namespace wxpipe::ingest {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace {
constexpr auto kEvery = 1s;
constexpr auto kBudget = 2s;  // to make a mark durable
constexpr auto kAgainWhenEnding = 20ms;

std::string record_key(const schemas::CustodyMark& mark) { return mark.instance + '/' + mark.boot; }
}  // namespace

Custodian::Custodian(asio::io_context& io, Delivery& delivery, Spool* spool, std::vector<Thread> threads,
                     const Receipts& receipts, const Clock& clock)
    : io_(io),
      delivery_(delivery),
      spool_(spool),
      threads_(std::move(threads)),
      receipts_(receipts),
      clock_(clock),
      builder_(receipts.instance(), receipts.boot()),
      tick_(io),
      gathered_(io),
      spare_(threads_.size()) {}

void Custodian::start() { asio::co_spawn(io_, run(), asio::detached); }

bool Custodian::finish(std::chrono::milliseconds patience) {
  asio::post(io_, [this] {
    finishing_ = true;
    tick_.cancel();
  });
  return finished_.get_future().wait_for(patience) == std::future_status::ready;
}

asio::awaitable<void> Custodian::run() {
  boost::system::error_code ignored;
  for (bool ended = false; !ended;) {
    const bool ending = finishing_;
    co_await gather();
    if (ending) builder_.void_open(receipts_.last());
    ended = co_await say(ending) && ending;
    if (ended || (finishing_ && !ending)) continue;
    tick_.expires_after(ending ? steady_clock::duration(kAgainWhenEnding) : steady_clock::duration(kEvery));
    co_await tick_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  finished_.set_value();
}

// Each io thread hands over its own decisions, so that no lock is needed.
asio::awaitable<void> Custodian::gather() {
  boost::system::error_code ignored;
  open_ = threads_.size();
  for (size_t i = 0; i < threads_.size(); ++i)
    asio::post(threads_[i].io, [this, i, empty = std::move(spare_[i])]() mutable {
      auto decisions = threads_[i].decisions.fetch(std::move(empty));
      asio::post(io_, [this, i, decisions = std::move(decisions)]() mutable {
        builder_.add(decisions);
        spare_[i] = std::move(decisions);
        if (--open_ == 0) gathered_.cancel();
      });
    });
  gathered_.expires_at(steady_clock::time_point::max());
  while (open_ > 0) co_await gathered_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// Writes all marks there are, one after another. False if one couldn't be made durable.
asio::awaitable<bool> Custodian::say(bool ending) {
  for (;;) {
    // Read the spool's state last: a mark that says "empty" must be true for every receipt in it.
    if (!unsaid_) unsaid_ = builder_.next(clock_.now(), spool_events(), ending);
    if (!unsaid_) co_return true;
    Outbound record;
    record.topic = schemas::TopicName::custody;
    record.key = record_key(*unsaid_);
    record.timestamp = unsaid_->marked_at;
    schemas::encode(*unsaid_, record.value);
    const auto deadline = steady_clock::now() + kBudget;
    const bool durable = co_await delivery_.deliver(record, deadline) != DeliveryPath::nowhere;
    if (durable == waiting_shown_) {
      if (durable)
        telemetry::log_info("custody_mark_written", {{"number", unsaid_->number}});
      else
        telemetry::log_warn("custody_mark_waits",
                            {{"number", unsaid_->number}, {"why", "neither broker nor spool took it"}});
      waiting_shown_ = !durable;
    }
    if (!durable) co_return false;
    if (spool_ != nullptr) spool_->marked(record_key(*unsaid_), unsaid_->next);
    unsaid_.reset();
  }
}

std::optional<int64_t> Custodian::spool_events() const {
  if (spool_ == nullptr) return std::nullopt;
  // Where copies are kept, the spool has rows at any time. Those that the broker has in time never wait.
  return spool_->keeps_copies() ? spool_->holding() : spool_->events();
}

}  // namespace wxpipe::ingest
