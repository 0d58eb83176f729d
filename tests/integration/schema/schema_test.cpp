// What analysts may rely on in every table: comments, times, trace ids, names of partitions. Read from the catalogue of
// a database after `migrate` and the autopilot.
// GCC 12 with AddressSanitizer warns of std::function inside <regex> (gcc.gnu.org/PR105562).
#ifdef __SANITIZE_ADDRESS__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "common/config/settings.hpp"
#include "schemas/registry.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/fact_columns.hpp"
#include "sinks/families.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe {
namespace {
using namespace std::chrono;
using testing::Test;
using Names = std::vector<std::string>;

const Timestamp kNewYearsEve = sys_days{year{2026} / 12 / 30} + 23h;

class Schema : public Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = database_->connect();
    config::SinkSettings settings;
    settings.months_ahead = 2;
    settings.days_ahead = 3;
    sinks::keep_tables(*connection_, sinks::partitioned_tables(), kNewYearsEve, settings);
  }

  // The first column of the result of `sql`.
  Names names(const std::string& sql) {
    const auto rows = connection_->execute(sql);
    Names found;
    for (size_t i = 0; i < rows.size(); ++i) found.push_back(rows.text(i, 0));
    return found;
  }
  // The columns for which `condition` holds. t: the table in pg_class, c: the column in pg_attribute.
  Names tables_where(const std::string& condition) {
    return names("select t.oid::regclass::text from pg_class t where " + kOurs + " and " + condition + " order by 1");
  }
  Names columns_where(const std::string& condition) {
    return names(
        "select t.oid::regclass || '.' || c.attname from pg_class t join pg_attribute c on c.attrelid = t.oid "
        "and c.attnum > 0 and not c.attisdropped where " +
        kOurs + " and " + condition + " order by 1");
  }
  static std::string has(const std::string& column, const std::string& type) {
    return "exists (select from pg_attribute a where a.attrelid = t.oid and a.attname = '" + column +
           "' and format_type(a.atttypid, a.atttypmod) = '" + type + "')";
  }

  // In the form of format_type.
  static std::string sql_type_of(postgres::ElementType type) {
    using postgres::ElementType;
    switch (type) {
      case ElementType::boolean:
        return "boolean";
      case ElementType::bytea:
        return "bytea";
      case ElementType::int8:
        return "bigint";
      case ElementType::int4:
        return "integer";
      case ElementType::timestamptz:
        return "timestamp(6) with time zone";
      case ElementType::uuid:
        return "uuid";
      case ElementType::jsonb:
        return "jsonb";
      case ElementType::text:
        break;
    }
    return "text";
  }

  const std::string kOurs =
      "t.relkind in ('r', 'p') and t.relnamespace in ('public'::regnamespace, 'wxpipe'::regnamespace)";
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<postgres::Connection> connection_;
};

TEST_F(Schema, SaysOfEachTableAndColumnWhatItIsFor) {
  EXPECT_EQ(tables_where("coalesce(obj_description(t.oid, 'pg_class'), '') = ''"), Names{});
  EXPECT_EQ(columns_where("coalesce(col_description(t.oid, c.attnum), '') = ''"), Names{});
  EXPECT_EQ(names("select oid::regprocedure from pg_proc where pronamespace = 'wxpipe'::regnamespace and "
                  "obj_description(oid, 'pg_proc') is null"),
            Names{});
}

TEST_F(Schema, SaysOfEachViewAndItsColumnsWhatTheyAre) {
  const std::string ours =
      "t.relkind = 'v' and t.relnamespace in (select oid from pg_namespace where nspname in ('public', 'wxpipe', "
      "'official_account', 'wework', 'open_platform', 'tb_core', 'records', 'crm'))";
  EXPECT_EQ(names("select nspname from pg_namespace where nspname !~ '^(pg_|information_schema|public$)' and "
                  "obj_description(oid, 'pg_namespace') is null"),
            Names{});
  EXPECT_EQ(names("select t.oid::regclass::text from pg_class t where " + ours +
                  " and obj_description(t.oid, 'pg_class') is null"),
            Names{});
  EXPECT_EQ(
      names("select t.oid::regclass || '.' || c.attname from pg_class t join pg_attribute c on c.attrelid = t.oid "
            "and c.attnum > 0 where " +
            ours + " and coalesce(col_description(t.oid, c.attnum), '') = ''"),
      Names{});
  // A column that nothing fills says why.
  const std::regex filled_by_nothing(R"re(NULL::[a-z ]+ AS (\w+))re");
  int found = 0;
  for (const auto& id : names("select t.oid::text from pg_class t where " + ours)) {
    const auto definition = names("select pg_get_viewdef(" + id + "::oid)").at(0);
    const auto end_of_columns = definition.starts_with(" WITH") ? std::string::npos : definition.find("\n   FROM");
    const auto columns = definition.substr(0, end_of_columns);
    for (std::sregex_iterator at(columns.begin(), columns.end(), filled_by_nothing), end; at != end; ++at, ++found)
      EXPECT_EQ(names("select attrelid::regclass || '.' || attname from pg_attribute where attrelid = " + id +
                      " and attname = '" + (*at)[1].str() + "' and col_description(attrelid, attnum) !~ '^Null: '"),
                Names{});
  }
  EXPECT_GT(found, 50);
}

// The names, types and order are those of other systems: other people's programs read them.
TEST_F(Schema, HasTheViewsThatOtherSystemsKnow) {
  std::ifstream in("tests/integration/schema/views.txt");
  Names expected;
  for (std::string line; std::getline(in, line);) expected.push_back(line);
  EXPECT_EQ(
      names(
          "select n.nspname || '.' || t.relname || '.' || c.attname || ' ' || format_type(c.atttypid, c.atttypmod) "
          "from pg_class t join pg_namespace n on n.oid = t.relnamespace join pg_attribute c on c.attrelid = t.oid "
          "and c.attnum > 0 where t.relkind = 'v' and n.nspname in ('official_account', 'wework', "
          "'open_platform', 'tb_core', 'records', 'crm') order by n.nspname collate \"C\", t.relname collate \"C\", c.attnum"),
      expected);
}

// [postgres.families] may separate what the registry doesn't tie together. So whatever reads tables of two families
// must be named there: views, with the functions that they call, and the statements of the sinks.
TEST_F(Schema, FamiliesThatOneStatementReadsAreTiedInTheRegistry) {
  std::map<std::string, std::set<std::string>> tables_of;  // by who reads them
  const auto add = [&](const std::string& sql) {
    const auto rows = connection_->execute(sql);
    for (size_t i = 0; i < rows.size(); ++i) tables_of[rows.text(i, 0)].insert(rows.text(i, 1));
  };
  const std::string words = R"re((?:from|join|into|update)\s+((?:wxpipe\.|public\.)?[a-z_]+))re";
  // A function, and what it reads: SQL inside of its text is in no catalogue.
  const std::string functions =
      "functions as (select p.oid as function, (regexp_matches(p.prosrc, '" + words +
      "', 'g'))[1] as read from pg_proc p where p.pronamespace in ('wxpipe'::regnamespace, 'public'::regnamespace))";
  add("with " + functions + " select function::regprocedure::text, read from functions");
  add("with recursive " + functions +
      ", uses as (select distinct r.ev_class as view, d.refclassid, d.refobjid from pg_rewrite r join pg_depend d on "
      "d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refobjid <> r.ev_class join pg_class v on v.oid = "
      "r.ev_class and v.relkind = 'v' and v.relnamespace not in ('pg_catalog'::regnamespace, "
      "'information_schema'::regnamespace)), "
      "all_uses as (select view, refclassid, refobjid from uses union select a.view, u.refclassid, u.refobjid from "
      "all_uses a join uses u on u.view = a.refobjid) "
      "select view::regclass::text, refobjid::regclass::text from all_uses where refclassid = 'pg_class'::regclass "
      "union select view::regclass::text, f.read from all_uses a join functions f on a.refclassid = "
      "'pg_proc'::regclass and f.function = a.refobjid");
  const std::regex read_in_sql(words);
  for (const auto* family : sinks::all_families()) {
    std::ifstream in(fmt::format("sinks/{0}/{0}.sql", family->name));
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator at(text.begin(), text.end(), read_in_sql), end; at != end; ++at)
      tables_of[fmt::format("sinks/{}", family->name)].insert((*at)[1].str());
  }

  using Families = std::set<std::string_view>;
  const auto families_read_by = [&](const std::string& reader) {
    Families families;
    for (const auto& table : tables_of[reader])
      if (const auto* family = sinks::family_of_table(table)) families.insert(family->name);
    return families;
  };
  const auto tied_to = [](std::string_view family) {
    Families tied{family};
    for (size_t before = 0; before != tied.size();) {
      before = tied.size();
      for (const auto& [one, other, by] : schemas::kReadTogether)
        if (tied.contains(one) || tied.contains(other)) tied.insert({one, other});
    }
    return tied;
  };
  const auto is_within = [](const Families& some, const Families& all) { return std::ranges::includes(all, some); };
  EXPECT_GT(tables_of.size(), 40u);
  for (const auto& [reader, tables] : tables_of) {
    const auto families = families_read_by(reader);
    if (families.empty()) continue;
    EXPECT_TRUE(is_within(families, tied_to(*families.begin())))
        << reader << " reads tables of " << fmt::format("{}", fmt::join(families, ", "))
        << ": say so in kReadTogether (schemas/registry.hpp), or let it read one family";
    EXPECT_TRUE(!tables.contains("wxpipe.accounts") || is_within(families, tied_to(schemas::kReadWithAccounts.one)))
        << reader << " reads the accounts and " << fmt::format("{}", fmt::join(families, ", "));
  }
  // And whoever is refused a split is told the truth.
  for (const auto& [one, other, by] : schemas::kReadTogether)
    EXPECT_TRUE(is_within({one, other}, families_read_by(std::string(by)))) << by;
  EXPECT_TRUE(tables_of[std::string(schemas::kReadWithAccounts.by)].contains("wxpipe.accounts"));
  // Logs are read with nothing else.
  EXPECT_EQ(tied_to("logs"), Families{"logs"});
}

TEST_F(Schema, SaysOfEachRowWhenItWasMadeAndChanged) {
  for (const std::string column : {"created_at", "updated_at"}) {
    EXPECT_EQ(tables_where("not " + has(column, "timestamp(6) with time zone")), Names{}) << column;
    EXPECT_EQ(columns_where("c.attname = '" + column + "' and not (c.attnotnull and c.atthasdef)"), Names{});
  }
}

TEST_F(Schema, KeepsEveryTimeInMicrosecondsAndWithItsZone) {
  EXPECT_EQ(columns_where("format_type(c.atttypid, c.atttypmod) ~ '^time' and "
                          "format_type(c.atttypid, c.atttypmod) <> 'timestamp(6) with time zone'"),
            Names{});
}

TEST_F(Schema, SortsTextByBytesWhereverAnIndexDoes) {
  EXPECT_EQ(columns_where("c.atttypid = 'text'::regtype and c.attcollation <> '\"C\"'::regcollation and "
                          "exists (select from pg_index i where i.indrelid = t.oid and c.attnum = any (i.indkey))"),
            Names{});
  EXPECT_EQ(names("select distinct i.indexrelid::regclass::text from pg_index i join pg_class t on t.oid = i.indrelid, "
                  "unnest(i.indcollation) used where " +
                  kOurs + " and used not in (0, '\"C\"'::regcollation)"),
            Names{});
}

TEST_F(Schema, LeadsFromEachRowToATrace) {
  const auto of_one_event = has("trace_id", "text");
  const auto of_several = "(" + has("created_trace_id", "text") + " and " + has("updated_trace_id", "text") + ")";
  // The rest are counters and what people did: their rows are sums over many events, or about none.
  EXPECT_EQ(
      tables_where("not " + of_one_event + " and not " + of_several + " and t.relname !~ '^audit_logs_'"),
      (Names{"account_health", "audit_logs", "instance_health", "wxpipe.accounts", "wxpipe.bookmarks",
             "wxpipe.custody_marks", "wxpipe.dead_letter_actions", "wxpipe.dropped_partitions", "wxpipe.erasure_key",
             "wxpipe.erasures", "wxpipe.identity_verdicts", "wxpipe.lead_daily", "wxpipe.ledger", "wxpipe.replays",
             "wxpipe.retired_receipts", "wxpipe.schema_version", "wxpipe.sink_offsets", "wxpipe.traffic_days"}));
}

TEST_F(Schema, NamesPartitionsByTheirMonthDayOrWeek) {
  const auto partitions = [&](const std::string& table) {
    connection_->execute("set timezone = 'UTC'");
    return names(
        "select inhrelid::regclass || ' ' || pg_get_expr(t.relpartbound, t.oid) from pg_inherits join pg_class t "
        "on t.oid = inhrelid where inhparent = '" +
        table + "'::regclass order by 1");
  };
  const auto range = [](const std::string& from, const std::string& to) {
    return " FOR VALUES FROM ('" + from + " 00:00:00+00') TO ('" + to + " 00:00:00+00')";
  };
  for (const std::string table : {"lead_activities", "messages"})
    EXPECT_EQ(partitions(table),
              (Names{table + "_202612" + range("2026-12-01", "2027-01-01"),
                     table + "_202701" + range("2027-01-01", "2027-02-01"),
                     table + "_202702" + range("2027-02-01", "2027-03-01"), table + "_default DEFAULT"}));
  EXPECT_EQ(partitions("system_logs"),
            (Names{"system_logs_20261230" + range("2026-12-30", "2026-12-31"),
                   "system_logs_20261231" + range("2026-12-31", "2027-01-01"),
                   "system_logs_20270101" + range("2027-01-01", "2027-01-02"),
                   "system_logs_20270102" + range("2027-01-02", "2027-01-03"), "system_logs_default DEFAULT"}));
  const std::string monitors = "instance_monitors";
  EXPECT_EQ(partitions(monitors),
            (Names{monitors + "_2026w53" + range("2026-12-28", "2027-01-04"),
                   monitors + "_2027w01" + range("2027-01-04", "2027-01-11"),
                   monitors + "_2027w02" + range("2027-01-11", "2027-01-18"),
                   monitors + "_2027w03" + range("2027-01-18", "2027-01-25"),
                   monitors + "_2027w04" + range("2027-01-25", "2027-02-01"), monitors + "_default DEFAULT"}));
}

// Name, type, null and comment of each column of each fact's table must fit schemas/facts.
TEST_F(Schema, HasTheColumnsThatTheFactsDeclare) {
  schemas::for_each_fact([&]<class Fact>(const schemas::FamilyInfo&) {
    const std::string table(Fact::kTable.name);
    std::set<std::string> declared;
    for (const auto& column : sinks::kColumns<Fact>)
      if (column.in_table) declared.emplace(column.name);
    schemas::for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = schemas::kField<Fact, i>;
      if constexpr (f.in_table == schemas::InTable::not_null || f.in_table == schemas::InTable::null_if_empty) {
        const auto column = connection_->execute(
            "select format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(a.attrelid, a.attnum) "
            "from pg_attribute a where a.attrelid = $1::text::regclass and a.attname = $2::text",
            postgres::Parameters().text(table).text(f.column()));
        ASSERT_EQ(column.size(), 1u) << table << " has no column " << f.column();
        EXPECT_EQ(column.text(0, 0), sql_type_of(sinks::element_type<Fact, i>())) << table << '.' << f.column();
        EXPECT_EQ(column.text(0, 1), f.in_table == schemas::InTable::not_null ? "t" : "f")
            << table << '.' << f.column();
        EXPECT_EQ(column.text(0, 2), f.meaning) << table << '.' << f.column();
      }
    });
    if (Fact::kTable.filled_by_merge) return;  // its .sql fills some columns itself
    for (const auto& name : names("select attname from pg_attribute where attrelid = '" + table +
                                  "'::regclass and attnum > 0 and not attisdropped and attname not in "
                                  "('created_at', 'updated_at')"))
      EXPECT_TRUE(declared.contains(name)) << table << '.' << name << " is declared by no fact";
  });
}

TEST_F(Schema, HasTheKeysThatTheFactsDeclare) {
  schemas::for_each_fact([&]<class Fact>(const schemas::FamilyInfo&) {
    Names declared;
    for (const auto column : Fact::kTable.key)
      if (!column.empty()) declared.emplace_back(column);
    EXPECT_EQ(names("select a.attname from pg_index i cross join unnest(i.indkey) with ordinality k(number, place) "
                    "join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number "
                    "where i.indisprimary and i.indrelid = '" +
                    std::string(Fact::kTable.name) + "'::regclass order by k.place"),
              declared)
        << Fact::kTable.name;
  });
}

}  // namespace
}  // namespace wxpipe
