// The registry of facts: one list of families, each with its facts, its topic and how its batches are made. Topics,
// consumer groups, sinks, partitions, settings' choices, metric labels and pages derive from it. A new kind of fact is
// a header in facts/ and a family here (docs/adding-a-table.md).
#pragma once

#include <array>
#include <chrono>
#include <string_view>
#include <tuple>

#include "schemas/facts/ai_called.hpp"
#include "schemas/facts/alert_told.hpp"
#include "schemas/facts/api_called.hpp"
#include "schemas/facts/custody_mark.hpp"
#include "schemas/facts/dead_letter.hpp"
#include "schemas/facts/directory_changed.hpp"
#include "schemas/facts/duplicate_met.hpp"
#include "schemas/facts/event.hpp"
#include "schemas/facts/follower_changed.hpp"
#include "schemas/facts/identity_told.hpp"
#include "schemas/facts/instance_told.hpp"
#include "schemas/facts/lead_activity.hpp"
#include "schemas/facts/log_written.hpp"
#include "schemas/facts/metric_measured.hpp"
#include "schemas/facts/send_told.hpp"
#include "schemas/facts/ticket_told.hpp"

namespace wxpipe::schemas {

enum class TopicName {
  events,
  messages,
  followers,
  leads,
  customers,
  logs,
  dead_letters,
  seen_ids,
  custody,
  directory,
  receipts,
  calls,
  instances
};

struct Topic {
  TopicName name;
  std::string_view suffix;  // after the prefix ([kafka] topic_prefix)
  int partitions;
  std::chrono::hours retention;
  std::string_view key;  // describes the key, for people
  std::string_view meaning;
  std::string_view cleanup = "delete";  // delete | compact
};

// How long a sink gathers records before it writes them.
enum class Batches {
  prompt,   // [sink] batch_rows, batch_interval: somebody waits for these rows
  patient,  // [sink] batch_rows, leads_batch_interval: nobody does, and each batch costs a transaction
  large     // [sink] leads_batch_rows, leads_batch_interval: and many records become one row
};

struct FamilyInfo {
  std::string_view name;  // in [sink] families, group ids, metrics, the ledger
  Topic topic;
  Batches batches = Batches::prompt;
};

// A family and the facts on its topic. The first one is its main fact.
template <class... Facts>
struct Family : FamilyInfo {};

using namespace std::chrono_literals;
inline constexpr std::string_view kSubjectKey = "account|tenant|subject";

inline constexpr std::tuple kFamilies{
    Family<Event, DuplicateMet>{
        {.name = "messages",
         .topic = {TopicName::messages, "messages.v1", 6, 24h * 7, kSubjectKey,
                   "every event once, enriched: the journal's rows; and the receipts of repeats"}}},
    Family<FollowerChanged>{{.name = "followers",
                             .topic = {TopicName::followers, "followers.v1", 3, 24h * 30, kSubjectKey,
                                       "changes of a follower's or customer's relation"},
                             .batches = Batches::patient}},
    Family<LeadActivity>{{.name = "leads",
                          .topic = {TopicName::leads, "leads.v1", 3, 24h * 30, kSubjectKey,
                                    "activities that a scoring rule gives points for"},
                          .batches = Batches::large}},
    Family<IdentityTold>{{.name = "customers",
                          .topic = {TopicName::customers, "customers.v1", 3, 24h * 30, kSubjectKey,
                                    "what was told of who somebody is: ids, phones, names"},
                          .batches = Batches::patient}},
    Family<LogWritten>{{.name = "logs",
                        .topic = {TopicName::logs, "logs.v1", 3, 24h * 7, kSubjectKey,
                                  "authorisations, audits, jobs, account health; and our own log"},
                        .batches = Batches::patient}},
    Family<DeadLetter>{{.name = "dead_letters",
                        .topic = {TopicName::dead_letters, "dead_letters.v1", 1, 24h * 30, "account",
                                  "what can never succeed, with reason and original bytes"},
                        .batches = Batches::patient}},
    // As long as messages: if a database is filled again from the topics, the audit then covers exactly what it can
    // hold.
    Family<CustodyMark>{
        {.name = "custody",
         .topic = {TopicName::custody, "custody.v1", 1, 24h * 7, "instance/boot",
                   "what each ingest process acknowledged: the marks that `wxpipe audit` holds against the "
                   "rows"}}},
    Family<DirectoryChanged, TicketTold>{{.name = "directory",
                                          .topic = {TopicName::directory, "directory.v1", 3, 24h * 30, kSubjectKey,
                                                    "what is told of contacts, members, departments, tags, group "
                                                    "chats, authorised accounts; and tickets, sealed"},
                                          .batches = Batches::patient}},
    Family<SendTold>{{.name = "receipts",
                      .topic = {TopicName::receipts, "receipts.v1", 3, 24h * 30, kSubjectKey,
                                "what is told of what we send: messages, receipts, mass sendings"},
                      .batches = Batches::patient}},
    Family<ApiCalled, AiCalled>{{.name = "calls",
                                 .topic = {TopicName::calls, "calls.v1", 3, 24h * 7, "service, or any other",
                                           "calls of APIs and of language models, written by whoever calls"},
                                 .batches = Batches::patient}},
    Family<InstanceTold, MetricMeasured, AlertTold>{
        {.name = "instances",
         .topic = {TopicName::instances, "instances.v1", 3, 24h * 7, kSubjectKey,
                   "what instances tell of themselves: heartbeats, status, logins, metrics, alerts"},
         .batches = Batches::patient}},
};

// Two families that one statement reads together: a view for another team, a merge, a page. They must lie in one
// database ([postgres.families]), and so must those that either of them is read with. A test looks into the views.
struct ReadTogether {
  std::string_view one, other;
  std::string_view by;  // such a view
};
inline constexpr std::array kReadTogether{
    ReadTogether{"messages", "dead_letters", "tb_core.wt_api_channel_records"},
    ReadTogether{"messages", "custody", "crm.channels"},
    ReadTogether{"messages", "followers", "official_account.wechat_follower"},
    ReadTogether{"messages", "directory", "wework.groups"},
    ReadTogether{"messages", "receipts", "wework.messages"},
    ReadTogether{"messages", "calls", "tb_core.wt_api_channel_records"},
    ReadTogether{"followers", "instances", "wework.wework_accounts"},
    ReadTogether{"followers", "leads", "crm.leads"},
    ReadTogether{"leads", "customers", "customer_activities"},
};
// The accounts (wxpipe.accounts) belong to no family. They lie in the main database, and this view reads them too.
inline constexpr ReadTogether kReadWithAccounts{"messages", "accounts", "crm.channels"};

// Topics that belong to no family.
inline constexpr std::array kOtherTopics{
    Topic{TopicName::events, "events.v1", 6, 24h * 7, kSubjectKey,
          "every accepted callback, normalised, with its raw body; may hold repeats"},
    // Partition n has the ids that `process` has taken from partition n of events; read back on assignment.
    Topic{TopicName::seen_ids, "seen_ids.v1", 6, 24h, "none; partition = that of events",
          "internal: the dedupe window's journal, partition n for partition n of events"},
};

// Runs visit(const Family<Facts...>&) for each family, in order.
template <class Visit>
constexpr void for_each_family(Visit&& visit) {
  std::apply([&](const auto&... family) { (visit(family), ...); }, kFamilies);
}

// Runs visit.template operator()<Fact>(info) for each fact of each family, in order.
template <class Visit>
constexpr void for_each_fact(Visit&& visit) {
  for_each_family(
      [&]<class... Facts>(const Family<Facts...>& family) { (visit.template operator()<Facts>(family), ...); });
}

// The family that a fact belongs to.
template <class Fact>
constexpr const FamilyInfo& family_of() {
  const FamilyInfo* found = nullptr;
  for_each_family([&]<class... Facts>(const Family<Facts...>& family) {
    if constexpr ((std::is_same_v<Fact, Facts> || ...)) found = &family;
  });
  return *found;  // doesn't compile for a fact without a family
}
template <class Fact>
inline constexpr TopicName kTopicOf = family_of<Fact>().topic.name;

}  // namespace wxpipe::schemas
