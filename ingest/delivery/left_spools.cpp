#include "ingest/delivery/left_spools.hpp"

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/drainer.hpp"
#include "ingest/delivery/producer.hpp"
#include "ingest/delivery/spool.hpp"
#include "ingest/delivery/spool_folder.hpp"
#include "ingest/delivery/spool_ledger.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/custody_mark.hpp"

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

// An owner that comes back waits for its lock (Spool); so a large spool is delivered in several turns.
constexpr auto kTurn = 10s;

// Folders can be shared by pipelines with other topics: their events must not get into ours.
bool is_ours(const SpoolLedger::Contents& ledger, const std::string& topic_prefix) {
  return ledger.topic_prefix.value_or(topic_prefix) == topic_prefix;
}
bool holds_events(const SpoolLedger::Contents& ledger) { return !ledger.whole() || !ledger.waiting.empty(); }

// Whether nobody has written to it for so long that no copy in it can be young enough to be kept.
bool is_outdated(const SpoolFiles& files, std::chrono::seconds keep) {
  std::error_code gone;
  const auto written = fs::last_write_time(files.ledger, gone);
  return !gone && fs::file_time_type::clock::now() - written > keep;
}

// The last boot that wrote to the spool. Boots are in hexadecimal, without leading zeros.
std::string newest_boot(const SpoolFiles& files) {
  std::string newest;
  for (const auto& [id, entry] : SpoolLedger::read(files.ledger).waiting) {
    const auto receipt = schemas::parse_receipt(entry.receipt);
    const std::string_view process = receipt ? receipt->process : std::string_view(entry.key);
    const std::string boot(process.substr(process.rfind('/') + 1));
    if (boot.size() != newest.size() ? boot.size() > newest.size() : boot > newest) newest = boot;
  }
  return newest;
}

// Tells the audit that nothing of this boot, or of an earlier one, waits in a spool any more.
bool say_emptied(const config::KafkaSettings& settings, const std::string& instance, const std::string& boot,
                 Timestamp now) {
  schemas::CustodyMark mark;
  mark.instance = instance;
  mark.boot = boot;
  mark.number = schemas::kEmptiedMark;
  mark.marked_at = now;
  mark.spool_events = 0;
  Outbound record;
  record.topic = schemas::TopicName::custody;
  record.key = instance + '/' + boot;
  record.timestamp = now;
  schemas::encode(mark, record.value);
  bool durable = false, reported = false;
  Producer producer(settings, [&](void*, rd_kafka_resp_err_t error) {
    reported = true;
    durable = error == RD_KAFKA_RESP_ERR_NO_ERROR;
  });
  if (producer.produce(record, nullptr) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  for (const auto until = steady_clock::now() + 10s; !reported && steady_clock::now() < until;) producer.poll(100ms);
  return durable;
}
}  // namespace

LeftSpools::LeftSpools(const config::Settings& settings, const Hold* hold, const Clock& clock,
                       telemetry::Metrics& metrics, Patience patience)
    : settings_(settings),
      hold_(hold),
      clock_(clock),
      metrics_(metrics),
      patience_(patience),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void LeftSpools::work(const std::stop_token& stop) {
  for (; !stop.stop_requested(); runtime::wait(stop, patience_.look_every)) {
    std::vector<std::string> outdated;
    try {
      look();
      outdated = unowned([&](const SpoolFiles& files, const auto& ledger) {
        return !holds_events(ledger) && is_outdated(files, settings_.spool.keep);
      });
    } catch (const std::exception& error) {  // the folder can't be read
      telemetry::log_warn("spool_left_hindered", {{"spool_of", "any"}, {"why", error.what()}});
      continue;
    }
    for (const auto& [instance, since] : seen_)
      if (!stop.stop_requested() && steady_clock::now() - since >= patience_.unowned_for) deliver(instance, stop);
    for (const auto& instance : outdated)
      if (!stop.stop_requested()) deliver(instance, stop);
  }
}

void LeftSpools::look() {
  const auto left = unowned([](const SpoolFiles&, const auto& ledger) { return holds_events(ledger); });
  metrics_.spools_left.Set(static_cast<double>(left.size()));
  // Operators move damaged files away while this process runs.
  metrics_.spool_damaged_files.Set(static_cast<double>(damaged_spools_in(settings_.spool.directory).size()));
  std::map<std::string, steady_clock::time_point> seen;
  for (const auto& instance : left) {
    const auto known = seen_.find(instance);
    seen[instance] = known == seen_.end() ? steady_clock::now() : known->second;
    if (known == seen_.end())
      telemetry::log_warn("spool_left_behind",
                          {{"spool_of", instance}, {"why", "no process has it"}, {"taken_over", "soon"}});
  }
  seen_ = std::move(seen);
}

std::vector<std::string> LeftSpools::unowned(const Wanted& wanted) const {
  std::vector<std::string> left;
  for (const auto& instance : spools_in(settings_.spool.directory)) {
    const SpoolFiles files(settings_.spool.directory, instance);
    if (instance == settings_.instance.name || has_owner(files)) continue;
    const auto ledger = SpoolLedger::read(files.ledger);
    if (is_ours(ledger, settings_.kafka.topic_prefix) && wanted(files, ledger)) left.push_back(instance);
  }
  return left;
}

void LeftSpools::deliver(const std::string& instance, const std::stop_token& stop) {
  const SpoolFiles files(settings_.spool.directory, instance);
  try {
    if (hold_ != nullptr && hold_->on(steady_clock::now())) return;
    Producer probe(settings_.kafka, [](void*, rd_kafka_resp_err_t) {});
    if (!probe.trouble(1s).empty() || has_owner(files)) return;
    auto boot = newest_boot(files);  // before the spool is mended: what it has lost counts, too
    const bool outdated = is_outdated(files, settings_.spool.keep);
    Spool spool(settings_.spool, instance, settings_.kafka.topic_prefix, clock_, metrics_,
                {.keep = config::copies_kept(settings_), .stop = stop});
    if (boot.empty()) boot = newest_boot(files);
    const auto events = spool.events();
    {
      const Drainer drainer(settings_.kafka, spool, hold_);
      const auto until = steady_clock::now() + kTurn;
      while (spool.events() > 0 && !spool.damaged() && !stop.stop_requested() && steady_clock::now() < until &&
             probe.trouble(1s).empty())
        runtime::wait(stop, 50ms);
    }
    if (spool.events() > 0 || (!boot.empty() && !say_emptied(settings_.kafka, instance, boot, clock_.now()))) return;
    if (outdated || spool.copies() == 0)
      for (const auto& file : {files.ledger, files.file, files.wal, files.shm}) fs::remove(file);
    telemetry::log_info("spool_left_delivered", {{"spool_of", instance}, {"events", events}});
  } catch (const std::exception& error) {  // in use again, or the disk: looked at again next time
    if (!stop.stop_requested())
      telemetry::log_warn("spool_left_hindered", {{"spool_of", instance}, {"why", error.what()}});
  }
}

}  // namespace wxpipe::ingest
