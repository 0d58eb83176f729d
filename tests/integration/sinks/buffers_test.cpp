// What a row costs doesn't depend on how large the tables are, nor on what the planner believes about them. Counted in
// pages asked for, which other load can't change: each kind of batch of each sink, on small and on large tables, with
// plans from when the tables were empty or small, without statistics and with fresh ones, with generic and custom
// plans.
//
// WXPIPE_BUFFERS_ROWS="1000 100000 1000000" gives other sizes (dev/bench buffers). buffers.txt has the limits.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "sinks/batch_writer.hpp"
#include "sinks/custody/custody_store.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using support::TemporaryDatabase;

constexpr int kRows = 200;  // of a measured batch
// A row's new version costs half if it fits into its page. Dead versions stay in the pages here, because nothing
// removes them. A plan that reads a table instead of looking into its index costs ten times as much and more.
constexpr double kMostApart = 2.0;
const kafka::Partition kPartition{"t", 0};

std::vector<int64_t> sizes() {
  const char* const given = std::getenv("WXPIPE_BUFFERS_ROWS");
  std::istringstream words(given != nullptr && *given != '\0' ? given : "1000 10000");
  std::vector<int64_t> list;
  for (int64_t size = 0; words >> size;) list.push_back(size);
  return list;
}

// A sink process of each family. Its connections, and so its plans, stay.
class Process {
 public:
  Process(const TemporaryDatabase& database, std::string name) : database_(database), name_(std::move(name)) {}

  void write(std::string_view of, const std::vector<std::string>& values) {
    auto& its = writer(of);
    Records records;
    for (const auto& value : values)
      records.add(value, its.claim.next_offset + static_cast<int64_t>(records.all().size()));
    const Advance step{kPartition, its.claim.epoch, its.claim.next_offset,
                       its.claim.next_offset + static_cast<int64_t>(values.size())};
    BatchOutcome outcome;
    its.batch.clear();
    its.batch.read(records.all());
    its.writer.write(its.connection, its.batch, {&step, 1}, outcome);
    its.claim.next_offset = step.to;
    ASSERT_EQ(outcome.dead_letters, std::vector<schemas::DeadLetter>{});
  }
  postgres::Connection& connection(std::string_view of) { return writer(of).connection; }
  // A server process keeps its counts to itself for up to ten seconds; they would fall into a measurement.
  void tell_counts() {
    for (auto& [of, its] : writers_) its->connection.execute("select pg_stat_force_next_flush()");
  }

 private:
  struct Writer {
    Writer(const TemporaryDatabase& database, const std::string& group, const schemas::FamilyInfo& family)
        : batch(make_sink(family)),
          connection(database.url(), "test", postgres::Purpose::sink),
          offsets(group, "me"),
          writer(family, offsets, settings, "me", clock),
          claim(offsets.claim(connection, {&kPartition, 1}, "cluster").at(0)) {}
    ReadBatch batch;
    const config::SinkSettings settings;
    support::ManualClock clock{noon()};
    postgres::Connection connection;
    OffsetStore offsets;
    BatchWriter writer;
    Claim claim;
  };
  Writer& writer(std::string_view of) {
    auto& its = writers_[std::string(of)];
    if (!its) its = std::make_unique<Writer>(database_, fmt::format("{} {}", name_, of), family(of));
    return *its;
  }

  const TemporaryDatabase& database_;
  const std::string name_;
  std::map<std::string, std::unique_ptr<Writer>> writers_;
};

// Facts by number. Equal numbers are the same person, and the same event if `event` is equal too.
// Fresh ones have numbers far beyond, but the time of the first: new rows go into the same partitions.
Timestamp at(int64_t number) { return noon() + std::chrono::milliseconds(number % 500'000'000); }
schemas::Origin origin(int64_t number, int64_t event) {
  schemas::Origin origin;
  origin.account = "shop";
  origin.platform = "wechat";
  origin.subject = fmt::format("oGZUI0egBJY1zhBYw2Kh{:08}", number);
  origin.event_type = "follower.subscribed";
  origin.occurred_at = origin.received_at = at(number) + std::chrono::microseconds(event);  // a later one is newer
  origin.event_id = schemas::event_id("shop", "", "", fmt::format("{} {}", number, event), origin.occurred_at);
  origin.receipt = fmt::format("edge-1/boot/{}", number);
  origin.trace_id = fmt::format("{:032x}", number);
  return origin;
}
schemas::Event event_of(int64_t number, const std::string& receipt = "edge-1/boot") {
  auto event = message(static_cast<int>(number), at(number));
  event.subject = event.sender =
      fmt::format("oGZUI0egBJY1zhBYw2Kh{:08}", number);  // each has a conversation of its own
  event.received_at = at(number);
  event.receipt = fmt::format("{}/{}", receipt, number);
  return event;
}
std::string change(int64_t number, int64_t event) {
  const bool leaves = event % 2 == 1;
  return value_of(schemas::FollowerChanged{origin(number, event), "", leaves ? "unsubscribed" : "subscribed",
                                           leaves ? "left" : "following", leaves ? 30 : 20, "poster", ""});
}
std::string activity(int64_t number, int64_t event) {
  schemas::LeadActivity fact;
  fact.origin = origin(number, event);
  fact.activity_id = schemas::derived_id(fact.origin.event_id, "rule:menu");
  fact.rule = fact.dimension = "menu";
  fact.points = 5;
  fact.daily_cap = 20;
  fact.half_life_days = 30;
  fact.profile = {{"contact_name", fmt::format("name {}", event)}};
  return value_of(fact);
}
std::string identity(int64_t number, int64_t event) {
  schemas::IdentityTold fact;
  fact.origin = origin(number, event);
  fact.identity_id = schemas::identity_id(fact.origin.account, "", fact.origin.subject);
  fact.kind = event % 2 == 0 ? "openid" : "name";
  fact.value = event % 2 == 0 ? fact.origin.subject : fmt::format("name {}", event);
  fact.source = "subject";
  fact.links = event % 2 == 0;
  return value_of(fact);
}
// Of this account: it joins those of that number in other accounts.
std::string joined_identity(int64_t number, const std::string& account) {
  auto fact = schemas::decode<schemas::IdentityTold>(identity(number, 0)).value();
  fact.origin.account = account;
  fact.identity_id = schemas::identity_id(account, "", fact.origin.subject);
  return value_of(fact);
}
std::string entry(int64_t number, int64_t event) {
  schemas::DirectoryChanged fact;
  fact.origin = origin(number, event);
  fact.kind = "contact";
  fact.id = fact.origin.subject;
  fact.part = "zhangsan";
  fact.change = "edited";
  fact.told = {{"nickname", fmt::format("name {}", event)}, {"remark", "regular"}};
  return value_of(fact);
}
std::string receipt_of(int64_t number, int64_t event) {
  schemas::SendTold fact;
  fact.origin = origin(number, event);
  fact.kind = "message";
  fact.sent_as = fmt::format("{}", number);
  fact.status = "sent";
  fact.rank = 30;
  fact.outcome = {{"status", "sent"}};
  fact.told = {{"receiver", fact.origin.subject}};
  return value_of(fact);
}
// Of an instance of its own each, with one metric.
std::string instance(int64_t number, int64_t event) {
  schemas::InstanceTold fact;
  fact.origin = origin(number, event);
  fact.origin.account = fmt::format("desk{}", number);
  fact.origin.event_type = "instance.heartbeat";
  fact.told = {{"status", "online"}, {"version", fmt::format("4.{}", event)}};
  return value_of(fact);
}
std::string metric(int64_t number) {
  schemas::MetricMeasured fact;
  fact.origin = origin(number, 0);
  fact.metric = "cpu_usage";
  fact.value = "21.5";
  return value_of(fact);
}
std::string alert(int64_t number, int64_t event) {
  schemas::AlertTold fact;
  fact.origin = origin(number, event);
  fact.alert_uuid = fmt::format("a{}", number);
  fact.over = event % 2 == 1;
  fact.told = {{"title", "memory"}, {"metric_value", "93.1"}};
  return value_of(fact);
}
std::string log_of(int64_t number) {
  const auto its = origin(number, 0);
  return value_of(schemas::LogWritten{
      its, schemas::derived_id(its.event_id, "log"), "info", "wechat", "audit", "audit.passed", "fine", {}});
}
std::string call_of(int64_t number) {
  schemas::ApiCalled fact;
  fact.occurred_at = at(number);
  fact.call_id = schemas::event_id("", "", "", fmt::format("call {}", number), fact.occurred_at);
  fact.service = "crm";
  fact.request_id = fmt::format("req-{}", number);
  fact.url = "https://api/send";
  fact.trace_id = fmt::format("{:032x}", number);
  return value_of(fact);
}
std::string dead_letter(int64_t number, const std::string& receipt) {
  schemas::DeadLetter letter;
  letter.body = fmt::format("<xml>{}", number);
  letter.id = schemas::ingest_dead_letter_id("shop", "", letter.body);
  letter.occurred_at = letter.failed_at = at(number);
  letter.stage = "ingest";
  letter.reason = Reason::malformed_xml;
  letter.account = "shop";
  letter.receipt = fmt::format("{}/{}", receipt, number);
  return value_of(letter);
}
schemas::CustodyMark mark(const std::string& instance, int64_t number) {
  schemas::CustodyMark mark;
  mark.instance = instance;
  mark.boot = "boot";
  mark.number = number;
  mark.first = number;
  mark.next = number + 1;
  mark.marked_at = mark.received_from = mark.received_to = at(number);
  mark.acknowledged = {{"shop", std::chrono::floor<std::chrono::minutes>(at(number)), false, 1}};
  mark.outcomes = {{1, 1}};
  return mark;
}

// A database with facts 0 … filled - 1 of each family.
class World {
 public:
  World() : filler_(database, "filler") {
    fill(kRows);
    // Nothing but this test says when statistics are taken.
    database.query(
        "do $$ declare t regclass; begin for t in select oid from pg_class where relkind = 'r' and relnamespace in "
        "('public'::regnamespace, 'wxpipe'::regnamespace) loop execute format('alter table %s set (autovacuum_enabled = "
        "off)', t); end loop; end $$");
  }

  void fill(int64_t until) {
    constexpr int64_t kAtOnce = 2'000;
    for (; filled_ < until; filled_ = std::min(until, filled_ + kAtOnce)) {
      std::map<std::string_view, std::vector<std::string>> values;
      for (auto i = filled_; i < std::min(until, filled_ + kAtOnce); ++i) {
        values["messages"].push_back(value_of(event_of(i)));
        values["followers"].push_back(change(i, 0));
        values["leads"].push_back(activity(i, 0));
        values["customers"].push_back(identity(i, 0));
        values["logs"].push_back(log_of(i));
        values["directory"].push_back(entry(i, 0));
        values["receipts"].push_back(receipt_of(i, 0));
        values["calls"].push_back(call_of(i));
        for (const auto& value : {instance(i, 0), metric(i), alert(i, 0)}) values["instances"].push_back(value);
        values["dead_letters"].push_back(dead_letter(i, "edge-1/boot"));
        values["custody"].push_back(value_of(mark("edge-1", i + 1)));
      }
      for (const auto& [of, list] : values) filler_.write(of, list);
    }
    filler_.tell_counts();
    // Without autovacuum nobody else does.
    database.query("select brin_summarize_new_values('" +
                   database
                       .query("select max(c.oid::regclass::text) from pg_class c where relname like "
                              "'messages_202611_received_at%'")
                       .text(0, 0) +
                   "')");
  }
  // A number of the first ones, spread over all that was filled. Each round has other ones: rows that are changed again
  // and again leave dead versions behind, and nothing removes them here.
  int64_t known(int64_t i, int64_t round = 0) const {
    const auto step = filled_ / kRows;
    return i * step + round % step;
  }
  int64_t fresh() { return kBeyond + fresh_++; }
  int64_t filled() const { return filled_; }

  // Pages of tables and indexes that anybody asked for, by table or index.
  std::map<std::string, int64_t> pages(postgres::Connection& by) const {
    by.execute("select pg_stat_force_next_flush()");  // what its statements counted
    const auto rows = database.query(
        "select coalesce(pg_partition_root(oid), oid)::regclass::text, sum(pg_stat_get_blocks_fetched(oid))::int8 "
        "from pg_class where relkind in ('r', 'i') and relnamespace in ('public'::regnamespace, 'wxpipe'::regnamespace) "
        "group by 1");
    std::map<std::string, int64_t> found;
    for (size_t i = 0; i < rows.size(); ++i) found[rows.text(i, 0)] = rows.integer(i, 1);
    return found;
  }

  TemporaryDatabase database;

 private:
  static constexpr int64_t kBeyond = 2'000'000'000;  // numbers that are never filled

  Process filler_;
  int64_t filled_ = 0, fresh_ = 0;
};

// A kind of batch: makes the values of one, for rows that are spread over the tables. Each call makes other ones.
struct Kind {
  std::string name;
  std::string_view family;
  std::function<std::string(World&, int64_t row, int64_t round)> value;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"messages new", "messages", [](World& world, int64_t, int64_t) { return value_of(event_of(world.fresh())); }},
      {"messages with late repeats", "messages",
       [](World& world, int64_t row, int64_t round) {
         return row % 20 == 0 ? value_of(event_of(world.known(row), fmt::format("late-{}/boot", round)))
                              : value_of(event_of(world.fresh()));
       }},
      {"messages all there", "messages",
       [](World& world, int64_t row, int64_t) { return value_of(event_of(world.known(row))); }},
      {"messages receipts of repeats", "messages",
       [](World& world, int64_t row, int64_t round) {
         return value_of(duplicate_of(event_of(world.known(row), fmt::format("again-{}/boot", round))));
       }},
      {"messages timeless", "messages",
       [](World& world, int64_t, int64_t) {
         auto event = event_of(world.fresh());
         event.timeless = true;
         return value_of(event);
       }},
      {"followers new", "followers", [](World& world, int64_t, int64_t) { return change(world.fresh(), 0); }},
      {"followers known", "followers",
       [](World& world, int64_t row, int64_t round) { return change(world.known(row, round), round); }},
      {"followers all there", "followers",
       [](World& world, int64_t row, int64_t) { return change(world.known(row), 0); }},
      {"leads new", "leads", [](World& world, int64_t, int64_t) { return activity(world.fresh(), 0); }},
      {"leads known", "leads",
       [](World& world, int64_t row, int64_t round) { return activity(world.known(row, round), round); }},
      {"customers new", "customers", [](World& world, int64_t, int64_t) { return identity(world.fresh(), 0); }},
      {"customers known", "customers",
       [](World& world, int64_t row, int64_t round) { return identity(world.known(row, round), round); }},
      {"customers joined", "customers",
       [number = int64_t{0}](World& world, int64_t row, int64_t) mutable {
         if (row % 2 == 0) number = world.fresh();
         return joined_identity(number, row % 2 == 0 ? "shop" : "outlet");
       }},
      {"directory new", "directory", [](World& world, int64_t, int64_t) { return entry(world.fresh(), 0); }},
      {"directory known", "directory",
       [](World& world, int64_t row, int64_t round) { return entry(world.known(row, round), round); }},
      {"receipts new", "receipts", [](World& world, int64_t, int64_t) { return receipt_of(world.fresh(), 0); }},
      {"receipts known", "receipts",
       [](World& world, int64_t row, int64_t round) { return receipt_of(world.known(row, round), round); }},
      {"instances new", "instances", [](World& world, int64_t, int64_t) { return instance(world.fresh(), 0); }},
      {"instances known", "instances",
       [](World& world, int64_t row, int64_t round) { return instance(world.known(row, round), round); }},
      {"metrics new", "instances", [](World& world, int64_t, int64_t) { return metric(world.fresh()); }},
      {"alerts new", "instances", [](World& world, int64_t, int64_t) { return alert(world.fresh(), 0); }},
      {"alerts known", "instances",
       [](World& world, int64_t row, int64_t round) { return alert(world.known(row, round), round); }},
      {"logs new", "logs", [](World& world, int64_t, int64_t) { return log_of(world.fresh()); }},
      {"calls new", "calls", [](World& world, int64_t, int64_t) { return call_of(world.fresh()); }},
      {"calls all there", "calls", [](World& world, int64_t row, int64_t) { return call_of(world.known(row)); }},
      {"dead letters new", "dead_letters",
       [](World& world, int64_t, int64_t) { return dead_letter(world.fresh(), "edge-1/boot"); }},
      {"dead letters repeated", "dead_letters",
       [](World& world, int64_t row, int64_t round) {
         return dead_letter(world.known(row), fmt::format("again-{}/boot", round));
       }},
      {"custody marks", "custody",
       [](World& world, int64_t, int64_t) { return value_of(mark("edge-2", world.fresh())); }},
  };
  return all;
}

class Buffers : public ::testing::Test {
 protected:
  void SetUp() override { WXPIPE_NEEDS_STACK(); }

  void measure_all(World& world, Process& process, const std::string& state) {
    for (const auto& kind : kinds()) {
      write(world, process, kind);  // plans, and what the batch before was like
      auto& connection = process.connection(kind.family);
      const auto before = world.pages(connection);
      write(world, process, kind);
      keep(world, kind.name, state, before, world.pages(connection));
    }
    measure_custody(world, state);
  }
  // What the audit and the watch ask about receipts that aren't in messages, and what they store.
  void measure_custody(World& world, const std::string& state) {
    const auto connection = world.database.connect();
    CustodyStore store(*connection);
    std::vector<schemas::CustodyMark> ghosts;
    std::vector<CustodyStore::Verdict> verdicts;
    for (int64_t row = 0; row < kRows; ++row) {
      ghosts.push_back(mark("ghost", row + 1));
      ghosts.back().received_from = ghosts.back().received_to = at(row) - 24h;
      verdicts.push_back({"edge-1", "boot", world.known(row) + 1, int64_t{0}, false});
    }
    MarkedReceipts missing(ghosts, {});
    auto before = world.pages(*connection);
    store.find(missing);
    keep(world, "audit missing", state, before, world.pages(*connection));
    before = world.pages(*connection);
    store.remember(verdicts);
    keep(world, "audit verdicts", state, before, world.pages(*connection));
  }

  void judge() {
    std::map<std::string, double> limits;
    std::ifstream file("tests/integration/sinks/buffers.txt");
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      const auto colon = line.find(':');
      limits[line.substr(0, colon)] = std::stod(line.substr(colon + 1));
    }
    for (const auto& [name, found] : found_) {
      const auto [least, most] = std::minmax_element(
          found.begin(), found.end(), [](const auto& a, const auto& b) { return a.per_row < b.per_row; });
      fmt::print("{:30} {:6.2f} … {:6.2f} pages a row\n", name, least->per_row, most->per_row);
      EXPECT_LE(most->per_row, least->per_row * kMostApart)
          << name << ": " << most->where << ", " << least->where << "\n"
          << most->pages << "\n"
          << least->pages;
      ASSERT_TRUE(limits.contains(name)) << "buffers.txt has no limit for " << name;
      EXPECT_LE(most->per_row, limits[name]) << name << ": " << most->where << "\n" << most->pages;
    }
    EXPECT_EQ(found_.size(), limits.size()) << "buffers.txt has a limit for what isn't measured";
  }

 private:
  struct Found {
    double per_row;
    std::string where, pages;
  };

  void write(World& world, Process& process, const Kind& kind) {
    ++round_;
    std::vector<std::string> values;
    for (int64_t row = 0; row < kRows; ++row) values.push_back(kind.value(world, row, round_));
    process.write(kind.family, values);
  }
  void keep(const World& world, const std::string& name, const std::string& state,
            const std::map<std::string, int64_t>& before, const std::map<std::string, int64_t>& after) {
    Found found{0, fmt::format("{} at {} rows", state, world.filled()), {}};
    for (const auto& [relation, pages] : after) {
      const auto known = before.find(relation);
      const auto more = static_cast<double>(pages - (known == before.end() ? 0 : known->second)) / kRows;
      if (more == 0) continue;
      found.per_row += more;
      found.pages += fmt::format("  {} {:.2f}", relation, more);
    }
    found_[name].push_back(std::move(found));
  }

  int64_t round_ = 0;
  std::map<std::string, std::vector<Found>> found_;
};

TEST_F(Buffers, OfARowDependNeitherOnTheTablesSizeNorOnStatistics) {
  World never;
  Process from_the_start(never.database, "from the start");
  measure_all(never, from_the_start, "never analysed, plans of empty tables");
  World analysed;
  analysed.fill(sizes().front());
  analysed.database.query("analyze");
  Process from_small_tables(analysed.database, "from small tables");
  for (const auto size : sizes()) {
    never.fill(size);
    measure_all(never, from_the_start, "never analysed, plans of empty tables");
    Process later(never.database, fmt::format("later {}", size));
    measure_all(never, later, "never analysed, plans of now");

    analysed.fill(size);
    measure_all(analysed, from_small_tables, "analysed when it was small, plans of then");
    analysed.database.query("analyze");
    Process fresh(analysed.database, fmt::format("fresh {}", size));
    measure_all(analysed, fresh, "just analysed, generic plans");
    Process custom(analysed.database, fmt::format("custom {}", size));
    for (const auto& kind : kinds()) custom.connection(kind.family).execute("set plan_cache_mode = force_custom_plan");
    measure_all(analysed, custom, "just analysed, custom plans");
  }
  judge();
}

}  // namespace
}  // namespace wxpipe::sinks
