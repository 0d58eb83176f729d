// docs/guarantees.md law 4 holds with erasures: whether a fact comes before a person was erased, after it, or while it
// is done, in whatever batches and with several workers, the tables end the same, and nothing in them names the person.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "operate/erase.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using operate::Known;
using Random = std::mt19937;
using Lines = std::vector<std::string>;

const std::string kAnna = "oAnna_1234567890", kPhone = "13800138000", kOthersPhone = "13900139000";

int pick(Random& random, int below) { return std::uniform_int_distribution<int>(0, below - 1)(random); }
std::string one_of(Random& random, std::initializer_list<std::string> words) {
  return *(words.begin() + pick(random, static_cast<int>(words.size())));
}

// A value of a family. All facts of an event are from one partition, as on the topics.
struct Value {
  std::string family, text;
  size_t event;
};

// An event and facts that follow from it, as the steps make them.
class Events {
 public:
  explicit Events(unsigned seed) : random_(seed) {}

  std::vector<Value> some(size_t count) {
    for (size_t i = 0; i < count; ++i) add(i);
    return std::move(values_);
  }

 private:
  template <class Fact>
  void add(const std::string& family, const Fact& fact, size_t event) {
    values_.push_back({family, value_of(fact), event});
  }

  void add(size_t number) {
    schemas::Event event;
    event.occurred_at = noon() + 1h * pick(random_, 30) + 1s * pick(random_, 3);
    event.received_at = event.occurred_at + 1s;
    event.timeless = pick(random_, 4) == 0;
    if (event.timeless) event.occurred_at = event.received_at;
    event.account = one_of(random_, {"shop", "desk"});
    event.platform = event.account == "shop" ? "wechat" : "instance";
    event.tenant = event.account == "shop" && pick(random_, 4) == 0 ? "wx77" : "";
    const auto who = one_of(random_, {kAnna, kAnna, "oBert_1234567890", "oCarl_12"});
    const bool in_group = pick(random_, 4) == 0, mentioned = in_group && pick(random_, 2) == 0;
    event.category = pick(random_, 3) == 0 ? "event" : "message";
    event.type = event.category == "event" ? one_of(random_, {"follower.subscribed", "group.member_joined"})
                                           : one_of(random_, {"message.text", "outgoing.text"});
    event.subject = in_group ? "g1@chatroom" : who;
    event.conversation = in_group ? event.subject : "";
    event.sender = event.type == "group.member_joined" ? "sys" : who;
    event.recipient = "wxid_login";
    const auto& phone = who == kAnna ? kPhone : kOthersPhone;
    event.content = fmt::format("{} {}", mentioned ? kAnna : "你好", number);
    if (pick(random_, 3) == 0) event.reply = "欢迎 " + phone;
    event.identity = fmt::format("{}|{}", who, number);
    event.msg_id = fmt::format("{}", number);
    event.attributes = schemas::Attributes{{"who", who}, {"phone", phone}, {"n", fmt::format("{}", number)}};
    event.raw = fmt::format("<xml><who>{}</who><phone>{}</phone>{}</xml>", who, phone, event.content);
    event.id = schemas::event_id(event.account, event.tenant, "", event.raw, event.occurred_at);
    event.receipt = fmt::format("edge-1/boot/{}", number);
    event.trace_id = fmt::format("{:032x}", number);
    add("messages", event, number);

    const auto origin = schemas::origin_of(event);
    const auto& of_subject = event.subject == kAnna ? kPhone : kOthersPhone;
    schemas::FollowerChanged change{
        origin, event.account == "desk" ? "wxid_login" : "", "subscribed", "following", 20, {}, {}};
    if (pick(random_, 2)) change.scene = fmt::format("scene{} of {}", pick(random_, 3), of_subject);
    if (!change.scene.empty() && pick(random_, 2)) change.channel = "海报";
    add("followers", change, number);

    schemas::LeadActivity activity;
    activity.origin = origin;
    activity.rule = one_of(random_, {"menu", "form"});
    activity.activity_id = schemas::derived_id(event.id, "rule:" + activity.rule);
    activity.dimension = "interest";
    activity.points = 7;
    activity.daily_cap = 20;
    activity.half_life_days = 3;
    activity.description = "of " + of_subject;
    if (pick(random_, 2)) activity.profile = {{"contact_phone", of_subject}};
    add("leads", activity, number);

    schemas::IdentityTold told{origin,    schemas::identity_id(event.account, event.tenant, event.subject),
                               "openid",  event.subject,
                               "subject", true};
    add("customers", told, number);
    told.kind = "phone";
    told.value = one_of(random_, {of_subject, kOthersPhone});
    told.links = pick(random_, 2) == 0;
    add("customers", told, number);

    schemas::DirectoryChanged entry;
    entry.origin = origin;
    entry.kind = in_group ? one_of(random_, {"group", "group_member"}) : "contact";
    entry.id = event.subject;
    entry.part = entry.kind == "group" ? "" : in_group ? who : "wxid_login";
    entry.rank = 10 * pick(random_, 4);
    entry.change = "changed";
    entry.told = schemas::Attributes{{"state", entry.rank == 30 ? "removed" : "present"},
                                     {"change", "changed"},
                                     {"remark", fmt::format("remark {}", pick(random_, 9))}};
    if (entry.kind == "group" && who == kAnna) entry.told.emplace_back("owner", kAnna);
    add("directory", entry, number);

    schemas::SendTold send;
    send.origin = origin;
    send.kind = one_of(random_, {"message", "receiver", "task"});
    send.sent_as = fmt::format("m{}", pick(random_, 12));
    send.receiver = send.kind == "receiver" ? who : "";
    send.status = one_of(random_, {"pending", "sent", "delivered"});
    send.rank = send.kind == "task" ? 0 : send.status == "sent" ? 30 : send.status == "delivered" ? 50 : 10;
    send.outcome =
        schemas::Attributes{{"status", send.status}, {"error_message", send.kind == "task" ? "of all" : "of " + phone}};
    send.told = schemas::Attributes{{"template_id", fmt::format("t{}", pick(random_, 3))}};
    if (send.kind == "message") send.told.emplace_back("receiver", who);
    if (send.kind == "message") send.told.emplace_back("content", phone);
    add("receipts", send, number);

    add("logs",
        schemas::LogWritten{origin,
                            schemas::derived_id(event.id, "log"),
                            "info",
                            event.platform,
                            "audit",
                            "audit.passed",
                            "of " + phone,
                            {{"who", who}}},
        number);
    schemas::DeadLetter letter;
    letter.body = event.raw + " broken";
    letter.id = schemas::ingest_dead_letter_id(event.account, "", letter.body);
    letter.occurred_at = letter.failed_at = event.received_at;
    letter.stage = "ingest";
    letter.reason = Reason::malformed_xml;
    letter.account = event.account;
    letter.key = fmt::format("{}||{}", event.account, who);
    letter.context = {{"query", "openid=" + who}};
    letter.receipt = event.receipt + "0";
    add("dead_letters", letter, number);
  }

  Random random_;
  std::vector<Value> values_;
};

class ErasureTest : public ::testing::Test {
 protected:
  static constexpr size_t kWorkers = 3;

  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
  }

  // One worker's values, family by family in batches; `between` runs after each batch.
  template <class Between>
  void write_alone(const std::vector<Value>& values, const std::string& group, size_t worker, unsigned seed,
                   Between&& between) {
    postgres::Connection connection(database_->url(), "test", postgres::Purpose::sink);
    Random random(seed * 100 + static_cast<unsigned>(worker));
    const config::SinkSettings settings;
    support::ManualClock clock(noon());
    std::map<std::string, Lines> by_family;
    for (const auto& value : values)
      if (value.event % kWorkers == worker) by_family[value.family].push_back(value.text);
    for (const auto& [of, own] : by_family) {
      const kafka::Partition partition{of, static_cast<int>(worker)};
      const OffsetStore offsets(group, fmt::format("worker {}", worker));
      ReadBatch read(make_sink(family(of)));
      BatchWriter writer(family(of), offsets, settings, fmt::format("worker {}", worker), clock);
      const auto claim = offsets.claim(connection, {&partition, 1}, "cluster").at(0);
      int64_t next = claim.next_offset;
      for (size_t at = 0; at < own.size();) {
        const auto size = std::min(static_cast<size_t>(1 + pick(random, 40)), own.size() - at);
        Records records(of);
        for (size_t i = at; i < at + size; ++i) records.add(own[i], next + static_cast<int64_t>(i - at));
        const Advance step{partition, claim.epoch, next, next + static_cast<int64_t>(size)};
        read.clear();
        read.read(records.all());
        BatchOutcome outcome;
        for (;;) try {  // a worker waits for a lock, too
            writer.write(connection, read, {&step, 1}, outcome);
            break;
          } catch (const postgres::SqlError& error) {
            if (classify(error) != postgres::Verdict::retry) throw;
          }
        EXPECT_EQ(outcome.dead_letters, std::vector<schemas::DeadLetter>{});
        next += static_cast<int64_t>(size);
        at += size;
        between();
      }
    }
  }
  void write(const std::vector<Value>& values, const std::string& group, unsigned seed) {
    std::vector<std::thread> workers;
    for (size_t worker = 0; worker < kWorkers; ++worker)
      workers.emplace_back([&, worker] { write_alone(values, group, worker, seed, [] {}); });
    for (auto& worker : workers) worker.join();
  }

  operate::ErasedRows erase(const std::vector<Known>& people) const {
    postgres::Connection connection(database_->url(), "test", postgres::Purpose::administration);
    return operate::erase(connection, people, "a request").rows;
  }
  operate::ErasedRows erase_anna() const { return erase({{"desk", kAnna}, {"shop", kAnna}}); }

  Lines tables() const {
    Lines names;
    const auto rows = database_->query(
        "select oid::regclass::text from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace in "
        "('public'::regnamespace, 'wxpipe'::regnamespace) order by 1");
    for (size_t i = 0; i < rows.size(); ++i) names.push_back(rows.text(i, 0));
    return names;
  }

  // All that facts made, with names in the place of random pseudonyms.
  Lines everything() const {
    Lines all;
    for (const auto& table : tables()) {
      if (table == "wxpipe.erasures" || table == "wxpipe.erasure_key" || table == "wxpipe.sink_offsets" ||
          table == "audit_logs" || table == "wxpipe.ledger" || table == "wxpipe.schema_version" ||
          table == "wxpipe.timeless_ids")  // remembers that a fact came, also one of which nothing is stored
        continue;
      for (auto& line : content(*database_, table)) all.push_back(table + " " + line);
    }
    const auto pseudonyms = database_->query("select pseudonym, account || ' ' || number from wxpipe.erasures");
    for (auto& line : all)
      for (size_t i = 0; i < pseudonyms.size(); ++i)
        for (auto at = line.find(pseudonyms.text(i, 0)); at != line.npos; at = line.find(pseudonyms.text(i, 0)))
          line.replace(at, pseudonyms.text(i, 0).size(), "erased in " + pseudonyms.text(i, 1));
    std::sort(all.begin(), all.end());
    return all;
  }

  // Tables in which the text stands, in whatever column.
  Lines tables_with(const std::string& text) const {
    Lines found;
    for (const auto& table : tables())
      if (count(*database_,
                fmt::format("{} t where strpos(t::text, '{}') > 0 or strpos(t::text, encode('{}', 'hex')) > 0", table,
                            text, text)) > 0)
        found.push_back(table);
    return found;
  }

  void empty() const {
    for (const auto& table : tables())
      if (table != "wxpipe.schema_version" && table != "wxpipe.erasure_key") database_->query("truncate " + table);
  }

  static void expect_equal(const Lines& found, const Lines& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]);
  }

  std::unique_ptr<support::TemporaryDatabase> database_;
};

TEST_F(ErasureTest, FactsBeforeItAfterItAndWhileItIsDoneGiveTheSameTables) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const auto values = Events(seed).some(240);
    empty();
    write(values, "facts first", seed);
    const auto rows = count(*database_, "messages"), letters = count(*database_, "dead_letters");
    const auto ledger =
        lines(*database_, "select family, sum(stored), sum(dead_letters) from wxpipe.ledger group by 1 order by 1");
    ASSERT_FALSE(tables_with(kAnna).empty());
    erase_anna();
    const auto expected = everything();
    for (const auto& text : {kAnna, kPhone}) EXPECT_EQ(tables_with(text), Lines{}) << text;
    EXPECT_EQ(count(*database_, "messages"), rows) << "a masked row stays a row";
    EXPECT_EQ(count(*database_, "dead_letters"), letters);
    EXPECT_EQ(
        lines(*database_, "select family, sum(stored), sum(dead_letters) from wxpipe.ledger group by 1 order by 1"),
        ledger);

    empty();
    erase_anna();
    write(values, "erasure first", seed + 10);
    expect_equal(everything(), expected);

    empty();
    auto shuffled = values;
    Random random(seed);
    for (int i = 0; i < 200; ++i)
      shuffled.push_back(values[static_cast<size_t>(pick(random, static_cast<int>(values.size())))]);
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    std::thread sinks([&] { write(shuffled, "meanwhile", seed + 20); });
    while (count(*database_, "messages") < 20) std::this_thread::yield();
    erase_anna();
    sinks.join();
    expect_equal(everything(), expected);
  }
}

TEST_F(ErasureTest, ASecondTimeThereIsNothingLeftAndWhatComesLaterIsStoredAsOfAnybody) {
  auto values = Events(7).some(60);
  write(values, "first", 1);
  EXPECT_GT(erase_anna().tables.at("messages"), 0);
  const auto before = everything();
  EXPECT_EQ(erase_anna().tables, (std::map<std::string, int64_t>{}));
  expect_equal(everything(), before);

  auto event = message(1, noon());
  event.subject = event.sender = kAnna;
  event.received_at = system_clock().now() + 1h;
  write({{"messages", value_of(event), 0}}, "later", 2);
  EXPECT_EQ(lines(*database_, fmt::format("select content from messages where sender = '{}'", kAnna)),
            Lines{"(第1条)"});
  EXPECT_EQ(tables_with(kAnna), (Lines{"conversations", "messages"}));
  // And may be erased in its turn, under another pseudonym.
  EXPECT_EQ(erase({{"shop", kAnna}}).tables.at("messages"), 1);
  EXPECT_EQ(tables_with(kAnna), Lines{});
  EXPECT_EQ(count(*database_, "(select distinct pseudonym from wxpipe.erasures where account = 'shop') p"), 3);
}

TEST_F(ErasureTest, ThatWasInterruptedGoesOn) {
  const auto values = Events(8).some(60);
  write(values, "first", 1);
  erase_anna();
  const auto expected = everything();

  empty();
  write(values, "second", 1);
  // Step 1 alone: what stands only inside stays.
  {
    postgres::Connection connection(database_->url(), "test", postgres::Purpose::administration);
    connection.execute("create function refuse() returns trigger language plpgsql as $$ begin raise 'killed'; end $$");
    connection.execute(
        "create trigger refuse before update of counts on wxpipe.erasures for each row execute function refuse()");
    EXPECT_ANY_THROW(operate::erase(connection, {{"desk", kAnna}, {"shop", kAnna}}, "a request"));
    connection.execute("drop function refuse cascade");
  }
  EXPECT_EQ(count(*database_, "wxpipe.erasures where counts is null"), 2);
  EXPECT_FALSE(tables_with(kAnna).empty());
  erase_anna();
  expect_equal(everything(), expected);
  EXPECT_EQ(count(*database_, "wxpipe.erasures where counts is null"), 0);
  EXPECT_EQ(count(*database_, "wxpipe.erasures"), 2);
}

TEST_F(ErasureTest, IsRefusedForEmployeesAndForWordsThatStandEverywhere) {
  schemas::DirectoryChanged member;
  member.origin = schemas::origin_of(message(1));
  member.kind = "member";
  member.id = "zhangsan";
  member.change = "created";
  write({{"directory", value_of(member), 0}}, "one", 1);
  EXPECT_THROW(erase({{"shop", "zhangsan"}}), UsageError);
  EXPECT_THROW(erase({{"shop", "me"}}), UsageError);
  EXPECT_EQ(count(*database_, "wxpipe.erasures"), 0);
}

}  // namespace
}  // namespace wxpipe::sinks
