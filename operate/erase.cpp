#include "operate/erase.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "common/json/write.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "operate/audit_log.hpp"
#include "operate/erase_sql.hpp"
#include "operate/fact_rows.hpp"
#include "schemas/erasure.hpp"
#include "schemas/event_id.hpp"
#include "schemas/registry.hpp"
#include "sinks/fact_sink.hpp"

namespace wxpipe::operate {
namespace {
using namespace erase_sql;
using postgres::Connection, postgres::ElementType, postgres::Parameters, postgres::SqlArray, postgres::Transaction;
using schemas::DeadLetter, schemas::DirectoryChanged, schemas::Event, schemas::FollowerChanged, schemas::LeadActivity,
    schemas::LogWritten, schemas::SendTold;

constexpr size_t kShortest = 4;  // an id that is shorter stands in too many texts

using Key = std::array<std::string, 5>;
Key key_of(const DirectoryChanged& fact) {
  return {fact.origin.account, fact.kind, fact.id, fact.part, fact.origin.tenant};
}
Key key_of(const SendTold& fact) {
  return {fact.origin.account, fact.kind, fact.sent_as, fact.receiver, fact.origin.tenant};
}

const std::string& chat_of(const Event& event) {
  return !event.conversation.empty() ? event.conversation : !event.subject.empty() ? event.subject : event.sender;
}

Timestamp moment(int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }

// As it stands inside of a JSON text.
std::string json_text(std::string_view text) {
  std::string json;
  wxpipe::json::append_string(json, text);
  return json.substr(1, json.size() - 2);
}

// One run over the tables of one schema.
class Eraser {
 public:
  Eraser(Connection& connection, const std::vector<Known>& people, bool write)
      : connection_(connection),
        write_(write) {
    for (const auto& one : people) people_.push_back({one});
  }

  struct Why {
    std::string reason;
    Uuid command;
    Operator who;
  };
  // Step 1. `decided`: as in erase. Returns what is decided, for each person.
  std::vector<Decided> erase_known(const Why& why, std::span<const Decided> decided) {
    Transaction transaction(connection_);
    if (write_) lock(transaction);
    pseudonyms_ = sinks::Pseudonyms(sinks::erasure_key(transaction));
    for (auto& person : people_) find_events(transaction, person);
    decide(transaction, decided);
    if (write_) remember(transaction, why);
    for (auto& person : people_) {
      erase_found<Event>(transaction, person, {by_events<Event>("")});
      erase_found<SendTold>(transaction, person, {by_events<SendTold>(""), sends_by_receiver()});
      erase_found<LogWritten>(transaction, person, {by_events<LogWritten>(" and f.account = $1::text")});
      erase_found<DirectoryChanged>(
          transaction, person,
          {by_events<DirectoryChanged>(" and f.account = $1::text"), directory_by_part(),
           by<DirectoryChanged>("account = $1::text and kind = any($4::text[]) and id = $2::text")});
      erase_found<LeadActivity>(transaction, person, {by<LeadActivity>("account = $1::text and subject = $2::text")});
      erase_found<FollowerChanged>(
          transaction, person,
          {by<FollowerChanged>("account = $1::text and tenant = any($3::text[]) and subject = $2::text")});
    }
    for (auto& person : people_) replace_words(transaction, person);
    change_merged(transaction);
    settle(transaction);
    if (write_) transaction.commit();
    std::vector<Decided> all;
    for (const auto& person : people_) all.push_back({person.erasure, person.words});
    return all;
  }

  // Step 2. finish(transaction): in the same transaction.
  template <class Finish>
  void erase_inside(Finish&& finish) {
    std::vector<std::vector<RowKey>> found;
    {
      Transaction transaction(connection_);
      schemas::for_each_fact([&]<class Fact>(const schemas::FamilyInfo&) {
        if constexpr (schemas::kErasing<Fact>.inside) found.push_back(search<Fact>(transaction));
      });
    }
    Transaction transaction(connection_);
    if (write_) lock(transaction);
    size_t next = 0;
    schemas::for_each_fact([&]<class Fact>(const schemas::FamilyInfo&) {
      if constexpr (schemas::kErasing<Fact>.inside) erase_rows<Fact>(transaction, found[next++]);
    });
    settle(transaction);
    if (!write_) return;
    finish(transaction);
    transaction.commit();
  }

  const ErasedRows& rows() const { return rows_; }

 private:
  struct Person {
    Known known;
    SqlArray tenants{ElementType::text}, event_ids{ElementType::uuid}, event_times{ElementType::timestamptz};
    std::set<std::string> words{};  // by which operators may have named them
    sinks::Erasure erasure{};
    bool is_known = false;  // the erasure was begun before, here or elsewhere
    bool goes_on = false;   // step 1 was done here before
  };
  // A message that its conversation may show as the last one.
  struct Turn {
    std::string account, chat, owner, tenant, event_id, sender, recipient;
  };
  // Rows that are merged from facts, by key: the events that name somebody.
  using Told = std::map<Key, std::set<Uuid>>;

  // Until the transaction ends no sink stores anything.
  static void lock(Transaction& transaction) { transaction.execute("lock table wxpipe.erasures in exclusive mode"); }

  static Parameters with_events(Person& person, SqlArray& kinds) {
    return Parameters()
        .text(person.known.account)
        .text(person.known.subject)
        .bytes(person.tenants.bytes())
        .bytes(kinds.bytes())
        .bytes(person.event_ids.bytes())
        .bytes(person.event_times.bytes());
  }
  static SqlArray all_kinds() {
    SqlArray kinds(ElementType::text);
    for (const auto kind : kKinds) kinds.add_text(kind);
    return kinds;
  }

  static void find_events(Transaction& transaction, Person& person) {
    const auto key = [&] { return Parameters().text(person.known.account).text(person.known.subject); };
    // All tenants of the account: keys begin with account and tenant.
    const auto tenants = transaction.execute(
        "with recursive f(tenant) as (select min(tenant) from followers where account = $1::text union all select (select "
        "min(tenant) from followers where account = $1::text and tenant > f.tenant) from f where f.tenant is not null), "
        "l(tenant) as (select min(tenant) from leads where account = $1::text union all select (select min(tenant) from leads "
        "where account = $1::text and tenant > l.tenant) from l where l.tenant is not null) "
        "select tenant from f where tenant is not null union select tenant from l where tenant is not null union select "
        "tenant from identities where account = $1::text and subject = $2::text",
        key());
    for (size_t i = 0; i < tenants.size(); ++i) {
      person.tenants.add_text(tenants.text(i, 0));
      person.words.insert(
          to_string(schemas::identity_id(person.known.account, tenants.text(i, 0), person.known.subject)));
    }
    person.words.insert(to_string(schemas::identity_id(person.known.account, "", person.known.subject)));
    person.words.insert(person.known.subject);
    const auto words = transaction.execute(
        "select v.value from identities i join wxpipe.identity_values v using (identity_id) where i.account = $1::text and "
        "i.subject = $2::text and v.kind in ('openid', 'external_userid', 'unionid', 'wxid', 'phone', 'email', 'wechat')",
        key());
    for (size_t i = 0; i < words.size(); ++i)
      if (words.text(i, 0).size() >= kShortest) person.words.insert(words.text(i, 0));
    auto kinds = all_kinds();
    const auto events = transaction.execute(
        fmt::format("select event_id::text, (extract(epoch from occurred_at) * 1000000)::int8 from ({}) e where {}",
                    kEvents, kAllOfSix),
        with_events(person, kinds));
    for (size_t i = 0; i < events.size(); ++i) {
      Uuid id;
      parse_uuid(events.text(i, 0), id);
      person.event_ids.add_uuid(id);
      person.event_times.add_time(moment(events.integer(i, 1)));
    }
  }

  // Until when, and under which pseudonyms.
  void decide(Transaction& transaction, std::span<const Decided> decided) {
    rows_.until = moment(transaction.execute("select (extract(epoch from now()) * 1000000)::int8").integer(0, 0));
    // Ingest's clock may be ahead of Postgres's: what is here already was received before.
    for (auto& person : people_)
      rows_.until = std::max(
          rows_.until,
          moment(
              transaction
                  .execute("select coalesce((extract(epoch from max(m.received_at)) * 1000000)::int8, 0) from (select "
                           "unnest($1::uuid[]) as event_id, unnest($2::timestamptz[]) as occurred_at) e cross join "
                           "lateral (select m.received_at from messages m where m.event_id = e.event_id and "
                           "m.occurred_at = e.occurred_at offset 0) m",
                           Parameters().bytes(person.event_ids.bytes()).bytes(person.event_times.bytes()))
                  .integer(0, 0)));
    const auto key = sinks::erasure_key(transaction);
    for (size_t i = 0; i < people_.size(); ++i) {
      auto& person = people_[i];
      auto& erasure = person.erasure;
      erasure = {person.known.account, sinks::subject_hash(key, person.known.subject), person.known.subject.size(),
                 rows_.until, "erased:" + to_string(new_command_id())};
      if (!decided.empty()) {
        erasure.pseudonym = decided[i].erasure.pseudonym;
        erasure.erased_at = decided[i].erasure.erased_at;
        person.words.insert(decided[i].words.begin(), decided[i].words.end());
      }
      const auto earlier = transaction.execute(
          "select (extract(epoch from erased_at) * 1000000)::int8, pseudonym from wxpipe.erasures where subject_hash = "
          "$1::text and account = $2::text and counts is not null and pseudonym <> $3::text order by erased_at",
          Parameters().text(erasure.subject_hash).text(erasure.account).text(erasure.pseudonym));
      for (size_t row = 0; row < earlier.size(); ++row) {
        auto before = erasure;
        before.erased_at = moment(earlier.integer(row, 0));
        before.pseudonym = earlier.text(row, 1);
        pseudonyms_.add(before);
      }
      const auto begun = transaction.execute(
          "select (extract(epoch from erased_at) * 1000000)::int8, pseudonym, erased_here from wxpipe.erasures where "
          "subject_hash = $1::text and account = $2::text and (counts is null or pseudonym = $3::text)",
          Parameters().text(erasure.subject_hash).text(erasure.account).text(erasure.pseudonym));
      if (!begun.empty()) {
        person.is_known = true;
        person.goes_on = begun.text(0, 2) == "t";
        erasure.erased_at = moment(begun.integer(0, 0));
        erasure.pseudonym = begun.text(0, 1);
        const auto words = transaction.execute(
            "select w.word from wxpipe.erasures e cross join unnest(e.words) as w(word) where e.pseudonym = $1::text",
            Parameters().text(erasure.pseudonym));
        for (size_t row = 0; row < words.size(); ++row) person.words.insert(words.text(row, 0));
      }
      pseudonyms_.add(erasure);
    }
  }

  void remember(Transaction& transaction, const Why& why) {
    for (const auto& person : people_) {
      const auto& one = person.erasure;
      SqlArray words(ElementType::text);
      for (const auto& word : person.words) words.add_text(word);
      if (person.is_known)
        transaction.execute(
            "update wxpipe.erasures set erased_here = true, updated_at = now() where pseudonym = $1::text and "
            "not erased_here",
            Parameters().text(one.pseudonym));
      else
        transaction.execute(
            "insert into wxpipe.erasures (number, account, subject_hash, subject_length, pseudonym, erased_at, command_id, "
            "operator, reason, words) select coalesce(max(e.number), 0) + 1, $1::text, $2::text, $3::int4, $4::text, "
            "$5::text::timestamptz, $6::text::uuid, $7::text, $8::text, $9::text[] from wxpipe.erasures e",
            Parameters()
                .text(one.account)
                .text(one.subject_hash)
                .int4(static_cast<int32_t>(one.subject_length))
                .text(one.pseudonym)
                .text(to_iso8601(one.erased_at))
                .text(to_string(why.command))
                .text(why.who.name)
                .text(why.reason)
                .bytes(words.bytes()));
    }
  }

  template <class Fact>
  void erase_found(Transaction& transaction, Person& person, std::initializer_list<std::string> queries) {
    auto kinds = all_kinds();
    std::set<RowKey> keys;
    for (const auto& sql : queries)
      for (auto& key : keys_of(transaction.execute(sql, with_events(person, kinds)))) keys.insert(std::move(key));
    erase_rows<Fact>(transaction, {keys.begin(), keys.end()});
  }

  static std::vector<RowKey> keys_of(const postgres::Rows& rows) {
    std::vector<RowKey> keys;
    for (size_t i = 0; i < rows.size(); ++i) {
      auto& key = keys.emplace_back();
      for (size_t column = 0; column < rows.columns(); ++column) key.push_back(rows.text(i, column));
    }
    return keys;
  }

  // Rows of the accounts that have an id somewhere inside; perhaps only as a part of another word.
  template <class Fact>
  std::vector<RowKey> search(Transaction& transaction) {
    std::vector<std::string> places;
    schemas::for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = schemas::kField<Fact, i>;
      if constexpr (schemas::kErase<Fact, i> != schemas::Erase::nothing) {
        constexpr auto type = sinks::element_type<Fact, i>();
        places.push_back(type == ElementType::jsonb   ? fmt::format("strpos(t.{}::text, $3::text) > 0", f.column())
                         : type == ElementType::bytea ? fmt::format("position($4::bytea in t.{}) > 0", f.column())
                                                      : fmt::format("strpos(t.{}, $2::text) > 0", f.column()));
      }
    });
    const auto sql = fmt::format(
        "select {} from {} t where (t.account = $1::text{}) and ({}) and $2::text <> '' and $3::text <> '' and $4::bytea is "
        "not null",
        key_list<Fact>("t"), Fact::kTable.name, std::is_same_v<Fact, DeadLetter> ? " or t.account is null" : "",
        fmt::join(places, " or "));
    std::set<RowKey> keys;
    for (const auto& person : people_) {
      const auto json = json_text(person.known.subject);
      for (auto& key : keys_of(transaction.execute(sql, Parameters()
                                                            .text(person.known.account)
                                                            .text(person.known.subject)
                                                            .text(json)
                                                            .bytes(person.known.subject))))
        keys.insert(std::move(key));
    }
    return {keys.begin(), keys.end()};
  }

  template <class Fact>
  void erase_rows(Transaction& transaction, const std::vector<RowKey>& keys) {
    read_facts<Fact>(transaction, keys, [&](const Fact& fact, const RowKey& key) {
      auto erased = fact;
      const auto account = sinks::head_of(fact).account;
      const auto at = sinks::came_at(fact);
      if (!schemas::erase_people(erased, [&](std::string_view id) { return pseudonyms_.of(account, id, at); })) return;
      if (!write_ && !counted_.emplace(Fact::kTable.name, key).second) return;
      add(Fact::kTable.name, 1);
      if (write_) write_erased(transaction, erased, key);
      note(fact, erased);
    });
  }

  // What is merged from these rows changes too.
  template <class Fact>
  void note(const Fact& before, const Fact& erased) {
    if constexpr (std::is_same_v<Fact, Event>) {
      // A person's own conversation is changed whole (kMerged).
      if (write_ && chat_of(before) == chat_of(erased))
        turns_.push_back({erased.account, chat_of(erased), erased.platform == "instance" ? erased.recipient : "",
                          erased.tenant, to_string(erased.id), erased.sender, erased.recipient});
    } else if constexpr (requires { key_of(erased); }) {
      (std::is_same_v<Fact, SendTold> ? sends_ : entries_)[key_of(erased)].insert(erased.origin.event_id);
    }
  }

  void settle(Transaction& transaction) {
    constexpr postgres::Statement kTurn{
        "erase_turn",
        "update conversations set last_preview = case when last_preview is not null then 'erased' end, last_sender = "
        "nullif(case last_turn when 0 then $6::text else $7::text end, '') where account = $1::text and chat = $2::text and "
        "owner = $3::text and tenant = $4::text and last_event_id = $5::text::uuid"};
    for (const auto& turn : turns_)
      add("conversations", static_cast<int64_t>(transaction
                                                    .execute(kTurn, Parameters()
                                                                        .text(turn.account)
                                                                        .text(turn.chat)
                                                                        .text(turn.owner)
                                                                        .text(turn.tenant)
                                                                        .text(turn.event_id)
                                                                        .text(turn.sender)
                                                                        .text(turn.recipient))
                                                    .affected()));
    turns_.clear();
    tell_again<DirectoryChanged>(transaction, "directory", entries_, directory_again());
    tell_again<SendTold>(transaction, "send_records", sends_, sends_again());
  }

  template <class Fact>
  void tell_again(Transaction& transaction, std::string_view table, Told& told, const std::string& sql) {
    const auto parameters = [](const Key& key) {
      Parameters all;
      for (const auto& part : key) all.text(part);
      return all;
    };
    if (!write_) {
      add(table, std::ssize(told));
      told.clear();
      return;
    }
    SqlArray kept(ElementType::text);
    schemas::for_each_word(schemas::kErasing<Fact>.kept, [&](std::string_view name) { kept.add_text(name); });
    for (const auto& [key, events] : told) {
      SqlArray ids(ElementType::uuid);
      for (const auto& id : events) ids.add_uuid(id);
      const auto done = transaction.execute(sql, parameters(key).bytes(ids.bytes()).bytes(kept.bytes()));
      add(table, static_cast<int64_t>(done.affected()));
    }
    told.clear();
  }

  // What people told wxpipe's commands: filters of replays and verdicts name whom they were about.
  void replace_words(Transaction& transaction, const Person& person) {
    for (const auto& word : person.words) {
      const auto json = json_text(word);
      const auto change = [&](std::string_view table, std::string_view where, std::string_view set) {
        const auto all = fmt::format("where {} and $2::text is not null and $3::text is not null", where);
        const auto done = transaction.execute(write_ ? fmt::format("update {} set {} {}", table, set, all)
                                                     : fmt::format("select count(*) from {} {}", table, all),
                                              Parameters().text(word).text(person.erasure.pseudonym).text(json));
        add(table, write_ ? static_cast<int64_t>(done.affected()) : done.integer(0, 0));
      };
      change(
          "audit_logs", "strpos(concat_ws(' ', resource_id, filter, reason, details), $1::text) > 0",
          "resource_id = replace(resource_id, $1::text, $2::text), filter = replace(filter, $1::text, $2::text), reason = "
          "replace(reason, $1::text, $2::text), details = replace(details::text, $3::text, $2::text)::jsonb");
      change("wxpipe.replays", "strpos(replay, $1::text) > 0", "replay = replace(replay, $1::text, $2::text)");
    }
  }

  void change_merged(Transaction& transaction) {
    if (write_) transaction.execute("select wxpipe.lock_customers()");
    std::set<std::string> customers;
    for (const auto& person : people_) {
      const auto touched = transaction.execute(std::string(kTouchedCustomers),
                                               Parameters().text(person.known.account).text(person.known.subject));
      for (size_t i = 0; i < touched.size(); ++i) customers.insert(touched.text(i, 0));
    }
    for (auto& person : people_)
      for (const auto& merged : kMerged) {
        if (person.goes_on) continue;
        const auto where = fmt::format("where {} and {}", merged.where, kAllOfFour);
        const auto done = transaction.execute(
            !write_                 ? fmt::format("select count(*) from {} {}", merged.table, where)
            : merged.change.empty() ? fmt::format("delete from {} {}", merged.table, where)
                                    : fmt::format("update {} set {} {}", merged.table, merged.change, where),
            Parameters()
                .text(person.known.account)
                .text(person.known.subject)
                .bytes(person.tenants.bytes())
                .text(person.erasure.pseudonym));
        add(merged.table, write_ ? static_cast<int64_t>(done.affected()) : done.integer(0, 0));
      }
    const auto list = fmt::format("{{{}}}", fmt::join(customers, ","));
    if (write_)
      add("customers", transaction.execute("select wxpipe.rebuild_customers($1::text::uuid[])", Parameters().text(list))
                           .integer(0, 0));
  }

  void add(std::string_view table, int64_t rows) {
    if (rows > 0) rows_.tables[std::string(table)] += rows;
  }

  Connection& connection_;
  const bool write_;
  std::vector<Person> people_;
  sinks::Pseudonyms pseudonyms_;
  ErasedRows rows_;
  std::set<std::pair<std::string_view, RowKey>> counted_;  // without writing, both steps may find a row
  std::vector<Turn> turns_;
  Told entries_, sends_;
};

std::string json_of(const std::map<std::string, int64_t>& tables) {
  std::string json = "{";
  for (const auto& [table, rows] : tables) json += fmt::format("{}\"{}\":{}", json.size() > 1 ? "," : "", table, rows);
  return json + "}";
}

// Throws Unavailable if a lock could not be had.
template <class Call>
auto unless_locked(Call&& call) {
  try {
    return call();
  } catch (const postgres::SqlError& error) {
    if (classify(error) != postgres::Verdict::retry) throw;
    throw Unavailable(fmt::format("somebody else holds the tables: {}; nothing is lost, say it again", error.what()));
  }
}

// What a database knows of erasures: the key, and each by its pseudonym.
struct Memory {
  std::string key;
  std::map<std::string, std::string> erasures;  // pseudonym -> the row, as JSON
};
Memory memory_of(Connection& connection) {
  Memory memory{sinks::erasure_key(connection), {}};
  const auto rows = connection.execute("select pseudonym, row_to_json(e)::text from wxpipe.erasures e");
  for (size_t i = 0; i < rows.size(); ++i) memory.erasures[rows.text(i, 0)] = rows.text(i, 1);
  return memory;
}

void refuse_employees(Connection& connection, const std::vector<Known>& people) {
  for (const auto& one : people) {
    if (one.subject.size() < kShortest)
      throw UsageError(fmt::format("'{}' is too short to tell it from other words", one.subject));
    if (!connection
             .execute("select 1 from directory where account = $1::text and kind = 'member' and id = $2::text limit 1",
                      Parameters().text(one.account).text(one.subject))
             .empty())
      throw UsageError(
          fmt::format("'{}' is a member of the corporation {}: rows of its customers name them, and need them",
                      one.subject, one.account));
  }
}
}  // namespace

ErasedRows count_of(Connection& connection, const std::vector<Known>& people) {
  refuse_employees(connection, people);
  return unless_locked([&] {
    Eraser eraser(connection, people, false);
    eraser.erase_known({}, {});
    eraser.erase_inside([](Transaction&) {});
    return eraser.rows();
  });
}

Done erase(Connection& connection, const std::vector<Known>& people, const std::string& reason,
           std::span<const Decided> decided, const std::function<void(const std::vector<Decided>&)>& elsewhere) {
  refuse_employees(connection, people);
  return unless_locked([&] {
    const Eraser::Why why{reason, new_command_id(), this_operator()};
    Eraser eraser(connection, people, true);
    auto known = eraser.erase_known(why, decided);
    if (elsewhere) elsewhere(known);
    eraser.erase_inside([&](Transaction& transaction) {
      const auto counts = json_of(eraser.rows().tables);
      SqlArray pseudonyms(ElementType::text);
      for (const auto& one : known) pseudonyms.add_text(one.erasure.pseudonym);
      transaction.execute(
          "update wxpipe.erasures set counts = coalesce(counts, $2::text::jsonb), words = null, updated_at = now() where "
          "pseudonym = any($1::text[]) and (counts is null or words is not null)",
          Parameters().bytes(pseudonyms.bytes()).text(counts));
      if (!decided.empty()) return;
      int64_t all = 0;
      for (const auto& [table, rows] : eraser.rows().tables) all += rows;
      write(transaction, why.who,
            {why.command, "erase", "DELETE", "person", known.front().erasure.pseudonym, "", reason, all, counts});
    });
    return Done{eraser.rows(), std::move(known)};
  });
}

void share_erasures(const std::vector<Connection*>& databases) {
  if (databases.size() < 2) return;
  std::vector<Memory> memories;
  for (auto* database : databases) memories.push_back(memory_of(*database));
  // A key that hashed somebody can't be replaced: nobody knows any more whom the hashes are of.
  const Memory* first = &memories.front();
  std::map<std::string, std::string> all;
  for (const auto& memory : memories) {
    if (memory.erasures.empty()) continue;
    if (!first->erasures.empty() && first->key != memory.key)
      throw UsageError(
          "two databases of [postgres.families] have erasures under different keys (wxpipe.erasure_key), so none can know "
          "whom the other one has erased; they were never one installation's");
    first = &memory;
    all.insert(memory.erasures.begin(), memory.erasures.end());
  }
  for (size_t i = 0; i < databases.size(); ++i) {
    const auto& known = memories[i].erasures;
    if (memories[i].key == first->key && known.size() == all.size()) continue;
    unless_locked([&] {
      Transaction transaction(*databases[i]);
      transaction.execute("lock table wxpipe.erasures in exclusive mode");
      transaction.execute(
          "update wxpipe.erasure_key set key = decode($1::text, 'hex'), updated_at = now() where key <> decode($1::text, "
          "'hex')",
          Parameters().text(first->key));
      for (const auto& [pseudonym, row] : all)
        if (!known.contains(pseudonym))
          transaction.execute(
              "insert into wxpipe.erasures (number, account, subject_hash, subject_length, pseudonym, erased_at, "
              "command_id, operator, reason, counts, erased_here) select (select coalesce(max(number), 0) + 1 from "
              "wxpipe.erasures), r.account, r.subject_hash, r.subject_length, r.pseudonym, r.erased_at, r.command_id, "
              "r.operator, r.reason, r.counts, false from jsonb_to_record($1::text::jsonb) as r(account text, subject_hash text, "
              "subject_length integer, pseudonym text, erased_at timestamptz, command_id uuid, operator text, reason "
              "text, counts jsonb) on conflict (pseudonym) do nothing",
              Parameters().text(row));
      transaction.commit();
    });
  }
}

}  // namespace wxpipe::operate
