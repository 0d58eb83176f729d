// Boundaries of months, weeks and days, a day on which clocks change, times that can't be: each row is in the partition
// of its own time in UTC, wherever servers and people are, or is a dead letter that says why. Nothing waits for it.
#include <algorithm>

#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using namespace std::chrono;

// With daylight saving time, and far from UTC: its midnights are others.
constexpr const char* kZone = "America/New_York";

// The newest day of that kind that is over: of this year, or of the last one.
template <class DayOfYear>
sys_days latest(DayOfYear&& day_of, Timestamp now) {
  const year this_year = year_month_day(floor<days>(now)).year();
  const sys_days day = day_of(this_year);
  return day + days(2) <= now ? day : sys_days(day_of(this_year - years(1)));
}

struct Boundary {
  const char* name;
  Timestamp first;  // the first moment behind it
};
std::vector<Boundary> boundaries(Timestamp now) {
  const auto today = floor<days>(now);
  const year_month_day date(today);
  const auto spring = latest([](year y) { return sys_days(y / March / Sunday[2]); }, now);
  const auto autumn = latest([](year y) { return sys_days(y / November / Sunday[1]); }, now);
  return {{"today", today},
          {"month", sys_days(date.year() / date.month() / 1)},
          {"year", sys_days(date.year() / January / 1)},
          {"week", today - (weekday(today) - Monday)},
          {"spring_midnight_there", spring + 5h},
          {"spring_clocks_change", spring + 7h},
          {"spring_is_over", spring + days(1)},
          {"autumn_clocks_change", autumn + 6h},  // 01:30 comes twice there: half an hour before and after
          {"autumn_is_over", autumn + days(1)}};
}

class TimesTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    database_->query(fmt::format("alter database {} set timezone = '{}'", database_->name(), kZone));
    wxpipe_ = start({"run"}, {{"TZ", kZone}});
    ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
    client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  }
  void send(const Request& request) {
    const auto status = client_->send(http(request)).status;
    EXPECT_TRUE(status == 200 || status == 204) << status << ' ' << request.body;
    ++sent_;
  }
  // A callback for every table that is cut by time.
  void send_all(const std::string& name, Timestamp at) {
    const auto number = sent_;
    send(shop(mp_text("o_" + name, number, "价格？", at)));
    send(shop(mp_event("o_" + name, "TEMPLATESENDJOBFINISH",
                       fmt::format("<MsgID>{}</MsgID><Status>success</Status>", number), at)));
    send(shop(mp_event("o_" + name, "card_pass_check", fmt::format("<CardId>card_{}</CardId>", name), at)));
    times_[name] = seconds_text(at);
  }
  // Waits until each callback has made each of its rows.
  void settle() {
    ASSERT_TRUE(settled(sent_)) << wxpipe_->log();
    for (const std::string table : {"lead_activities", "receipts", "system_logs where platform <> 'wxpipe'"}) {
      const auto rows = static_cast<int64_t>(times_.size());
      ASSERT_EQ(eventually_equal([&] { return count(table); }, rows), rows) << table;
    }
  }
  // Rows that are not in the partition whose name says their time in UTC, as "<partition> <time>".
  Lines misplaced() const {
    Lines all;
    const auto tables = database_->query(
        "select p.partrelid::regclass::text from pg_partitioned_table p join pg_attribute a on a.attrelid = p.partrelid "
        "and a.attname = 'occurred_at' where p.partstrat = 'r' order by 1");
    EXPECT_GE(tables.size(), 5u);
    for (size_t i = 0; i < tables.size(); ++i)
      for (
          auto& row : lines(fmt::format(
              "select part, at from (select tableoid::regclass::text as part, occurred_at at time zone 'UTC' as at from "
              "{0}) r where part not in ('{0}' || to_char(at, '_YYYYMM'), '{0}' || to_char(at, '_YYYYMMDD'), '{0}' || "
              "to_char(at, '_IYYY\"w\"IW')) order by 1, 2",
              tables.text(i, 0))))
        all.push_back(std::move(row));
    return all;
  }

  std::unique_ptr<RunningWxpipe> wxpipe_;
  std::unique_ptr<HttpClient> client_;
  int sent_ = 0;
  std::map<std::string, std::string> times_;  // Unix seconds of each name
};

TEST_F(TimesTest, ARowIsInThePartitionOfItsTimeInUtcOnBothSidesOfEachBoundary) {
  const auto now = system_clock().now();
  for (const auto& boundary : boundaries(now)) {
    send_all(fmt::format("{}_before", boundary.name), boundary.first - 1s);
    send_all(fmt::format("{}_after", boundary.name), boundary.first);
  }
  send_all("the_first_01_30", latest([](year y) { return sys_days(y / November / Sunday[1]); }, now) + 5h + 30min);
  send_all("the_second_01_30", latest([](year y) { return sys_days(y / November / Sunday[1]); }, now) + 6h + 30min);
  settle();
  EXPECT_EQ(misplaced(), Lines{});

  Lines expected;
  for (const auto& [name, at] : times_) expected.push_back(fmt::format("(o_{},{})", name, at));
  std::sort(expected.begin(), expected.end());
  for (const std::string table : {"messages", "lead_activities", "receipts"})
    EXPECT_EQ(lines("select subject, extract(epoch from occurred_at)::bigint from " + table +
                    " where subject is not null group by 1, 2 order by (subject || ',') collate \"C\""),
              expected)
        << table;
  // A lead's day is a day in UTC, too.
  EXPECT_EQ(count("leads where scored_on <> (last_activity_at at time zone 'UTC')::date"), 0);
  EXPECT_EQ(count("wxpipe.lead_daily d join lead_activities a using (account, tenant, subject) where d.day <> "
                  "(a.occurred_at at time zone 'UTC')::date"),
            0);
  // What a view shows without a zone is UTC, whatever the reader's zone is.
  EXPECT_EQ(
      count("official_account.wechat_message w join messages m on m.event_id = w.wx_event_id where w.create_time <> "
            "m.occurred_at at time zone 'UTC'"),
      0);
  EXPECT_EQ(lines("select extract(epoch from b.occurred_at - a.occurred_at)::int from messages a, messages b where "
                  "a.subject = 'o_the_first_01_30' and a.category = 'message' and b.subject = 'o_the_second_01_30' and "
                  "b.category = 'message'"),
            Lines{"(3600)"})
      << "01:30 that comes twice";
}

TEST_F(TimesTest, AnEventAYearLateIsInItsOwnMonthAndDayAndOlderOnesAreStoredToo) {
  const auto now = system_clock().now();
  send_all("a_year_late", now - days(366));
  send_all("now", now);
  settle();
  EXPECT_EQ(misplaced(), Lines{});

  // One wrong clock must not make thousands of tables, so a day of years ago has none of its own. Months have.
  send_all("years_late", now - days(1200));
  settle();
  EXPECT_EQ(
      lines("select distinct tableoid::regclass from system_logs where occurred_at < now() - interval '1000 days'"),
      Lines{"(system_logs_default)"});
  EXPECT_EQ(misplaced().size(), 1u) << "and nothing else";
  EXPECT_EQ(count("messages_default") + count("receipts_default") + count("lead_activities_default"), 0);
}

TEST_F(TimesTest, WhatCantBeIsADeadLetterWithItsReasonAndNothingWaitsForIt) {
  const auto now = system_clock().now();
  const auto at = [](int64_t second) { return Timestamp(seconds(second)); };
  send(shop(mp_text("o_1970", 1, "价格？", at(1))));
  send(shop(mp_text("o_2100", 2, "价格？", sys_days(year(2100) / January / 1))));
  send(shop(mp_text("o_2010", 3, "价格？", sys_days(year(2011) / January / 1) - 1s)));
  send(shop(mp_event("o_tomorrow", "subscribe", {}, now + 49h)));
  send(encrypted_request("mini",
                         R"({"ToUserName":"gh_original","FromUserName":"o_far","CreateTime":99999999999999999999,)"
                         R"("MsgType":"text","Content":"hi","MsgId":4})",
                         {.receiveid = "wxapp"}));
  // A sender's clock only orders what it tells. One that is wrong counts as none.
  for (const auto* stated : {"1970-01-01T00:00:01Z", "2100-01-01T00:00:00Z"})
    send(webhook_now(
        "desk",
        fmt::format(R"({{"type":"contact.added","timestamp":"{0}","data":{{"account":"wxid_d","wxid":"c_{0}"}}}})",
                    stated),
        fmt::format("msg_{}", stated)));
  send_all("now", now);
  settle();

  EXPECT_EQ(lines("select account, stage, reason, event_id is null, convert_from(body, 'UTF8') like '%Encrypt%' from "
                  "dead_letters order by account"),
            (Lines{"(mini,ingest,implausible_time,t,t)", "(shop,ingest,implausible_time,t,t)",
                   "(shop,ingest,implausible_time,t,t)", "(shop,ingest,implausible_time,t,t)",
                   "(shop,ingest,implausible_time,t,t)"}));
  EXPECT_EQ(count("dead_letters where detail is null"), 0) << "for people";
  EXPECT_EQ(misplaced(), Lines{});
  ASSERT_EQ(eventually_equal([&] { return count("follower_history"); }, 2), 2);
  EXPECT_EQ(count("follower_history where timeless and stated_at is null and occurred_at = received_at"), 2);
  EXPECT_EQ(lines("select content from messages where category = 'message'"), Lines{"(价格？)"});
  EXPECT_EQ(wxpipe_->admin().get("/readyz").status, 200);
  EXPECT_EQ(wxpipe_->stop(), (Exit{.code = 0})) << wxpipe_->log();
}

}  // namespace
}  // namespace wxpipe::whole_path
