// Who is who (sinks/customers), by docs/guarantees.md law 4: however the facts are shuffled, repeated, cut into batches
// and spread over workers, the tables end the same, and as a model says that knows nothing of the SQL.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "operate/customers.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using Random = std::mt19937;
using schemas::IdentityTold;

int pick(Random& random, int below) { return std::uniform_int_distribution<int>(0, below - 1)(random); }

IdentityTold told(const std::string& account, const std::string& subject, const std::string& kind,
                  const std::string& value, bool links, int number) {
  IdentityTold fact;
  auto& origin = fact.origin;
  origin.account = account;
  origin.subject = subject;
  origin.platform = "channel";
  origin.event_type = "lead.submitted";
  origin.occurred_at = origin.received_at = noon() + 1s * (number % 600);
  origin.event_id =
      schemas::event_id(account, "", "", fmt::format("{} {} {}", subject, value, number), origin.occurred_at);
  origin.receipt = fmt::format("edge-1/boot/{}", number);
  origin.trace_id = fmt::format("{:032x}", number);
  fact.identity_id = schemas::identity_id(account, "", subject);
  fact.kind = kind;
  fact.value = value;
  fact.source = "form";
  fact.links = links;
  return fact;
}

// Few people, so that they have many values in common; numbers that too many hold, and people who hold too many.
std::vector<IdentityTold> some_facts(Random& random, int count) {
  std::vector<IdentityTold> facts;
  for (int i = 0; i < count; ++i) {
    const bool kiosk = pick(random, 100) == 0, hot = pick(random, 30) == 0;
    const auto account = fmt::format("account{}", pick(random, 4));
    const auto subject = kiosk ? std::string("kiosk") : fmt::format("s{}", pick(random, 40));
    const int person = static_cast<int>(std::hash<std::string>()(account + subject) % 50);
    IdentityTold fact;
    switch (pick(random, 6)) {
      case 0:
        fact =
            told(account, subject, "phone", hot ? "100" : fmt::format("{}", (kiosk ? i : person * 2 + pick(random, 2))),
                 pick(random, 4) != 0, i);
        break;
      case 1:
        fact = told(account, subject, "openid", fmt::format("o{}", person * 3 + pick(random, 2) * pick(random, 2)),
                    true, i);
        break;
      case 2:
        fact = told(account, subject, "unionid", fmt::format("u{}", person * 2), true, i);
        break;
      case 3:
        fact = told(account, subject, "email", fmt::format("{}@x", pick(random, 40)), false, i);
        break;
      default:
        fact = told(account, subject, pick(random, 2) ? "name" : "remark", fmt::format("name {}", pick(random, 9)),
                    false, i);
    }
    fact.origin.timeless = pick(random, 3) == 0;
    if (fact.origin.timeless && pick(random, 3)) fact.origin.stated_at = noon() + 1s * pick(random, 500);
    facts.push_back(std::move(fact));
  }
  return facts;
}

using Lines = std::vector<std::string>;
struct Tables {
  Lines identities, values, customers;
  bool operator==(const Tables&) const = default;
};

// The rules of schemas/postgres/0019_customers.sql, in another way: all facts at once, and a union-find.
class Model {
 public:
  explicit Model(const std::vector<IdentityTold>& facts) {
    for (const auto& fact : facts) {
      auto& value = values_[{fact.identity_id, fact.kind, fact.value}];
      ++value.evidence;
      if (fact.links) ++value.linking;
      const Telling at{told_at(fact), fact.origin.event_id};
      value.first = value.evidence == 1 ? at : std::min(value.first, at);
      value.last = value.evidence == 1 ? at : std::max(value.last, at);
      // Where the platform gives no time, the arrival stands for it.
      const auto occurred = fact.origin.timeless ? fact.origin.received_at : fact.origin.occurred_at;
      const auto [seen, is_new] = seen_.try_emplace(fact.identity_id, occurred, occurred);
      seen->second.first = std::min(seen->second.first, occurred);
      seen->second.second = std::max(seen->second.second, occurred);
      parent_.try_emplace(fact.identity_id, fact.identity_id);
    }
    unite();
  }

  Tables tables() {
    Tables all;
    std::map<Uuid, std::vector<Uuid>> members;
    for (const auto& [id, seen] : seen_) {
      members[root(id)].push_back(id);
      all.identities.push_back(
          fmt::format("({},{},{},{})", to_string(id), to_string(root(id)), micros(seen.first), micros(seen.second)));
    }
    for (const auto& [key, value] : values_)
      all.values.push_back(fmt::format("{}|{}|{}|{}|{}|{}|{}", to_string(std::get<0>(key)), std::get<1>(key),
                                       std::get<2>(key), value.evidence, value.linking, to_string(value.first.second),
                                       to_string(value.last.second)));
    for (const auto& [id, ids] : members) {
      auto first = seen_.at(ids.front()).first;
      for (const auto& one : ids) first = std::min(first, seen_.at(one).first);
      const auto name = newest(ids, "name");
      all.customers.push_back(fmt::format("{}|{}|{}|{}|{}|{}", to_string(id), ids.size(), micros(first),
                                          name.empty() ? newest(ids, "remark") : name, newest(ids, "phone"),
                                          newest(ids, "email")));
    }
    for (auto* lines : {&all.identities, &all.values, &all.customers}) std::ranges::sort(*lines);
    return all;
  }

 private:
  using Telling = std::pair<Timestamp, Uuid>;
  struct Value {
    int evidence = 0, linking = 0;
    Telling first, last;
  };

  static Timestamp told_at(const IdentityTold& fact) {
    return fact.origin.timeless ? fact.origin.stated_at : fact.origin.occurred_at;  // none stated: 1970
  }
  static int64_t micros(Timestamp at) { return at.time_since_epoch().count(); }

  Uuid root(Uuid id) const {
    while (parent_.at(id) != id) id = parent_.at(id);
    return id;
  }
  void unite() {
    std::map<std::pair<std::string, std::string>, std::set<Uuid>> holders;
    std::map<std::pair<Uuid, std::string>, int> held;
    for (const auto& [key, value] : values_) {
      const auto& [id, kind, text] = key;
      if (value.linking == 0) continue;
      holders[{kind, text}].insert(id);
      ++held[{id, kind}];
    }
    for (const auto& [key, ids] : holders) {
      if (ids.size() > 20) continue;
      std::optional<Uuid> one;
      for (const auto& id : ids) {
        if (held[{id, key.first}] > 3) continue;
        if (one) {
          const auto a = root(*one), b = root(id);
          parent_[std::max(a, b)] = std::min(a, b);
        }
        one = id;
      }
    }
  }
  std::string newest(const std::vector<Uuid>& ids, const std::string& kind) const {
    std::tuple<bool, Telling, std::string> best{false, {}, ""};
    for (const auto& id : ids)
      for (auto at = values_.lower_bound({id, kind, ""}); at != values_.end(); ++at) {
        if (std::get<0>(at->first) != id || std::get<1>(at->first) != kind) break;
        best = std::max(best, {at->second.linking > 0, at->second.last, std::get<2>(at->first)});
      }
    return std::get<2>(best);
  }

  std::map<std::tuple<Uuid, std::string, std::string>, Value> values_;
  std::map<Uuid, std::pair<Timestamp, Timestamp>> seen_;
  std::map<Uuid, Uuid> parent_;
};

class CustomersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
  }

  // A sink worker: its own connection and partition. Tries a batch again as the role does.
  void work(int number, const std::vector<std::vector<std::string>>& batches) {
    const kafka::Partition partition{"t", number};
    postgres::Connection connection(database_->url(), "test", postgres::Purpose::sink);
    ReadBatch read(make_sink(family("customers")));
    const config::SinkSettings settings;
    support::ManualClock clock{noon()};
    const auto name = fmt::format("worker-{}", number);
    const OffsetStore offsets("group", name);
    BatchWriter writer(family("customers"), offsets, settings, name, clock);
    const auto claim = offsets.claim(connection, {&partition, 1}, "cluster").at(0);
    int64_t next = claim.next_offset;
    for (const auto& batch : batches) {
      Records records;
      for (const auto& value : batch) records.add(value, next + static_cast<int64_t>(records.all().size()));
      const Advance step{partition, claim.epoch, next, next + static_cast<int64_t>(batch.size())};
      read.clear();
      read.read(records.all());
      BatchOutcome outcome;
      for (int tries = 1;; ++tries) try {
          writer.write(connection, read, {&step, 1}, outcome);
          break;
        } catch (const postgres::SqlError& error) {
          if (tries == 50) throw;
        }
      EXPECT_EQ(outcome.dead_letters, std::vector<schemas::DeadLetter>{});
      next = step.to;
    }
  }

  void start_empty() {
    database_->query(
        "truncate identity_links, identities, customers, wxpipe.identity_values, wxpipe.ledger, wxpipe.timeless_ids");
  }

  // What the model speaks of.
  Tables found() {
    Tables all;
    all.identities = lines(*database_,
                           "select identity_id, customer_id, (extract(epoch from first_seen_at) * 1000000)::int8, "
                           "(extract(epoch from last_seen_at) * 1000000)::int8 from identities");
    all.values = texts(
        "select concat_ws('|', identity_id, kind, value, evidence, linking_evidence, first_event_id, "
        "last_event_id) from wxpipe.identity_values");
    all.customers = texts(
        "select concat_ws('|', customer_id, identity_count, (extract(epoch from first_seen_at) * 1000000)::int8, "
        "coalesce(name, ''), coalesce(phone, ''), coalesce(email, '')) from customers");
    for (auto* list : {&all.identities, &all.values, &all.customers}) std::ranges::sort(*list);
    return all;
  }
  // Every column but created_at and updated_at.
  std::vector<Lines> whole() {
    return {content(*database_, "identity_links"), content(*database_, "wxpipe.identity_values"),
            content(*database_, "identities"), content(*database_, "customers")};
  }

  // The customers' ids of two subjects of account a.
  bool one_customer(const std::string& a, const std::string& b) {
    return count(*database_,
                 fmt::format("(select distinct customer_id from identities where subject in ('{}', '{}')) c", a, b)) ==
           1;
  }
  void tell(const std::vector<IdentityTold>& facts) {
    std::vector<std::string> batch;
    for (const auto& fact : facts) batch.push_back(value_of(fact));
    work(0, {batch});
  }

  std::unique_ptr<support::TemporaryDatabase> database_;

 private:
  Lines texts(const std::string& sql) {
    const auto rows = database_->query(sql);
    Lines list;
    for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
    return list;
  }
};

TEST_F(CustomersTest, AreTheSameWhateverTheOrderTheRepeatsTheBatchesAndTheWorkers) {
  constexpr size_t kFacts = 10'000;
  constexpr int kWays = 50, kWorkers = 3;
  Random random(1);
  const auto facts = some_facts(random, kFacts);
  std::vector<std::string> values;
  for (const auto& fact : facts) values.push_back(value_of(fact));

  work(0, {values});
  const auto expected = Model(facts).tables();
  ASSERT_EQ(found().identities, expected.identities);
  ASSERT_EQ(found().values, expected.values);
  ASSERT_EQ(found().customers, expected.customers);
  ASSERT_GT(expected.customers.size(), 30u);
  ASSERT_LT(expected.customers.size() * 2, expected.identities.size()) << "many are linked";
  const auto as_one_batch = whole();

  for (int way = 0; way < kWays; ++way) {
    SCOPED_TRACE(way);
    auto shuffled = values;
    for (size_t i = 0; i < kFacts / 20; ++i) shuffled.push_back(values[static_cast<size_t>(pick(random, kFacts))]);
    std::ranges::shuffle(shuffled, random);
    std::array<std::vector<std::vector<std::string>>, kWorkers> batches;
    for (size_t at = 0; at < shuffled.size();) {
      constexpr std::array kSizes{7, 300, 1000, 4000};
      const auto size = std::min<size_t>(static_cast<size_t>(1 + pick(random, kSizes[static_cast<size_t>(way) % 4])),
                                         shuffled.size() - at);
      // A few small ones, then large ones: so the cuts differ, and a way doesn't take minutes.
      const auto cut = at < 200 ? size : std::min(shuffled.size() - at, std::max<size_t>(size, 300));
      batches[static_cast<size_t>(pick(random, kWorkers))].emplace_back(shuffled.begin() + static_cast<long>(at),
                                                                        shuffled.begin() + static_cast<long>(at + cut));
      at += cut;
    }
    start_empty();
    {
      std::vector<std::jthread> workers;
      for (int i = 0; i < kWorkers; ++i) workers.emplace_back([&, i] { work(i, batches[static_cast<size_t>(i)]); });
    }
    ASSERT_EQ(whole(), as_one_batch);
  }
}

TEST_F(CustomersTest, AreJoinedOverSeveralAccountsByWhatLinks) {
  tell({told("shop", "oAnna", "openid", "oAnna", true, 1), told("shop", "oAnna", "unionid", "u1", true, 1),
        told("mall", "oOther", "unionid", "u1", true, 2), told("forms", "lead-1", "openid", "oAnna", true, 3),
        told("forms", "lead-1", "phone", "13800138000", true, 3),
        told("ads", "lead-9", "phone", "13800138000", true, 4), told("ads", "lead-9", "name", "王小明", false, 4)});
  EXPECT_EQ(lines(*database_, "select identity_count, name, phone from customers"), Lines{"(4,王小明,13800138000)"});
  EXPECT_EQ(count(*database_, "customers c join identities i on i.identity_id = c.customer_id"), 1);
  EXPECT_EQ(lines(*database_,
                  "select distinct i.customer_id = (select min(o.identity_id::text) from identities o)::uuid "
                  "from identities i"),
            Lines{"(t)"});
}

TEST_F(CustomersTest, AreNotJoinedByHints) {
  tell({told("shop", "oAnna", "phone", "13800138000", false, 1),
        told("forms", "lead-1", "phone", "13800138000", true, 2), told("forms", "lead-1", "name", "王", false, 2),
        told("shop", "oAnna", "name", "王", false, 3), told("shop", "oAnna", "email", "a@x.com", false, 3),
        told("forms", "lead-1", "email", "a@x.com", false, 3)});
  EXPECT_FALSE(one_customer("oAnna", "lead-1"));
  EXPECT_EQ(count(*database_, "customers"), 2);
}

// A number typed to fill a form, and a tablet in a shop that many people use.
TEST_F(CustomersTest, FallApartAgainWhenAValueTurnsOutToBeNobodysOwn) {
  std::vector<IdentityTold> facts;
  for (int i = 0; i < 20; ++i) facts.push_back(told("forms", fmt::format("p{}", i), "phone", "13800138000", true, i));
  tell(facts);
  EXPECT_EQ(count(*database_, "customers"), 1);
  tell({told("forms", "p20", "phone", "13800138000", true, 20)});
  EXPECT_EQ(count(*database_, "customers"), 21);

  start_empty();
  facts.clear();
  for (int i = 0; i < 3; ++i) {
    facts.push_back(told("forms", "tablet", "phone", fmt::format("1380013800{}", i), true, i));
    facts.push_back(told("ads", fmt::format("p{}", i), "phone", fmt::format("1380013800{}", i), true, i));
  }
  tell(facts);
  EXPECT_EQ(count(*database_, "customers"), 1);
  tell({told("forms", "tablet", "phone", "13800138009", true, 9)});
  EXPECT_EQ(count(*database_, "customers"), 4);
}

TEST_F(CustomersTest, HoldToAVerdictWhateverEvidenceComesBeforeOrAfterIt) {
  const auto refuted = told("ads", "lead-9", "phone", "13800138000", true, 4);
  database_->query(
      fmt::format("insert into wxpipe.identity_verdicts (identity_id, kind, value, verdict, command_id) "
                  "values ('{}', 'phone', '13800138000', 'refuted', gen_random_uuid())",
                  to_string(refuted.identity_id)));
  tell({told("forms", "lead-1", "phone", "13800138000", true, 1), refuted});
  EXPECT_FALSE(one_customer("lead-1", "lead-9"));
  EXPECT_EQ(lines(*database_, "select phone from customers order by phone nulls last"), (Lines{"(13800138000)", "()"}));
}

// Somebody with four numbers is joined by none of them. One of them is found to be wrong, and the other three join.
TEST_F(CustomersTest, AVerdictBringsBackTheOtherLinksAndLeavesNoCustomerBehind) {
  std::vector<IdentityTold> facts;
  for (int i = 0; i < 4; ++i) facts.push_back(told("forms", "anna", "phone", fmt::format("1380013800{}", i), true, i));
  for (int i = 0; i < 3; ++i) {
    const auto subject = fmt::format("p{}", i);
    facts.push_back(told("ads", subject, "phone", fmt::format("1380013800{}", i), true, 10 + i));
    // And each has somebody of their own.
    facts.push_back(told("ads", subject, "unionid", "u" + subject, true, 20 + i));
    facts.push_back(told("shop", "o" + subject, "unionid", "u" + subject, true, 30 + i));
  }
  tell(facts);
  ASSERT_EQ(count(*database_, "customers"), 4);
  const auto connection = database_->connect();
  const auto judged = [&](const std::string& verdict) {
    const auto anna = operate::find_identities(*connection, "anna", "forms").at(0);
    operate::judge(*connection, {anna, "phone", "13800138003", verdict, "a test"}, true);
    EXPECT_EQ(count(*database_,
                    "customers c where c.identity_count <> (select count(*) from identities i where i.customer_id = "
                    "c.customer_id)"),
              0);
    return count(*database_, "customers");
  };
  EXPECT_EQ(judged("refuted"), 1);
  EXPECT_EQ(judged("open"), 4);
}

}  // namespace
}  // namespace wxpipe::sinks
