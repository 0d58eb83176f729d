// Every text says what to change. Where a limit comes from another program (a platform, librdkafka), the text says so.
#include "common/config/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "common/clock.hpp"
#include "common/config/age.hpp"
#include "common/config/units.hpp"
#include "common/ip_network.hpp"

namespace wxpipe::config {
namespace {

using namespace std::chrono_literals;

// A librdkafka property in milliseconds, or wxpipe's own default for it.
milliseconds kafka_property(const Settings& settings, const std::string& name, milliseconds otherwise) {
  const auto found = settings.kafka.properties.find(name);
  if (found == settings.kafka.properties.end()) return otherwise;
  long long value = 0;
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Not a number: librdkafka refuses it, with the property's name and range.
  return error == std::errc{} && end == text.data() + text.size() ? milliseconds(value) : otherwise;
}

bool fits_in_url(const std::string& name) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
  };
  return name.size() <= 64 && name != "." && name != ".." && std::all_of(name.begin(), name.end(), legal);
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

void add(std::vector<Finding>& findings, Check check) {
  if (check) findings.push_back(std::move(*check));
}

template <class Section>
Check both_or_neither(std::string_view name, const Section& section) {
  const bool certificate = !section.tls_certificate_file.empty(), key = !section.tls_key_file.empty();
  if (certificate == key) return std::nullopt;
  return Finding{fmt::format("{}.{}", name, certificate ? "tls_certificate_file" : "tls_key_file"),
                 fmt::format("needs {} as well: give both for HTTPS, or neither behind a TLS terminator",
                             certificate ? "tls_key_file" : "tls_certificate_file")};
}

}  // namespace

Check command_budget_within_ack_budget(const Settings& settings) {
  const auto& [command, general] = std::pair(settings.ingest.command_ack_budget, settings.ingest.ack_budget);
  if (command <= general) return std::nullopt;
  return Finding{"ingest.command_ack_budget",
                 fmt::format("{} is more than ack_budget ({}); suite commands are the ones "
                             "that the platform waits for least",
                             format_duration(command), format_duration(general))};
}

Check ack_budget_below_request_timeout(const Settings& settings) {
  if (settings.ingest.ack_budget < settings.ingest.request_timeout) return std::nullopt;
  return Finding{
      "ingest.request_timeout",
      fmt::format("{} is not more than ack_budget ({}): a slow sender would be cut off before we answer",
                  format_duration(settings.ingest.request_timeout), format_duration(settings.ingest.ack_budget))};
}

Check drain_outlasts_ack_budget(const Settings& settings) {
  if (settings.ingest.drain_timeout >= settings.ingest.ack_budget) return std::nullopt;
  return Finding{
      "ingest.drain_timeout",
      fmt::format("{} is less than ack_budget ({}): a stop would cut off callbacks that still could succeed",
                  format_duration(settings.ingest.drain_timeout), format_duration(settings.ingest.ack_budget))};
}

Check process_batch_within_transaction_timeout(const Settings& settings) {
  const auto timeout = kafka_property(settings, "transaction.timeout.ms", 10s);
  if (settings.process.batch_interval * 2 <= timeout) return std::nullopt;
  return Finding{"process.batch_interval",
                 fmt::format("{} is more than half of transaction.timeout.ms ({}): the broker would abort transactions "
                             "that are still filling",
                             format_duration(settings.process.batch_interval), format_duration(timeout))};
}

Check sink_batch_within_poll_interval(const Settings& settings) {
  const auto interval = kafka_property(settings, "max.poll.interval.ms", 300s);
  const bool leads = settings.sink.leads_batch_interval > settings.sink.batch_interval;
  const auto longest = leads ? settings.sink.leads_batch_interval : settings.sink.batch_interval;
  if (longest * 2 <= interval) return std::nullopt;
  return Finding{leads ? "sink.leads_batch_interval" : "sink.batch_interval",
                 fmt::format("{} is more than half of max.poll.interval.ms ({}): the group would take the partitions "
                             "away while a batch fills",
                             format_duration(longest), format_duration(interval))};
}

Check producer_outlasts_failover(const Settings& settings) {
  const auto timeout = kafka_property(settings, "message.timeout.ms", 30s);
  if (timeout == 0ms || timeout >= 30s) return std::nullopt;
  return Finding{"kafka.properties",
                 fmt::format("message.timeout.ms = {} is shorter than a broker's failover and ends in doubles or fatal "
                             "errors; use 30000 or more (ack_budget decides how long a callback waits)",
                             timeout.count())};
}

Check tls_both_or_neither(const Settings& settings) { return both_or_neither("ingest", settings.ingest); }
Check console_tls_both_or_neither(const Settings& settings) { return both_or_neither("console", settings.console); }

Check console_asks_for_a_login(const Settings& settings) {
  const auto& console = settings.console;
  if (is_loopback(console.listen.host) || !console.users.empty() || !console.proxy_user_header.empty())
    return std::nullopt;
  return Finding{"console.listen",
                 fmt::format("{} can be reached from other machines, and nobody would have to log in; add "
                             "[[console.users]] (`wxpipe console passwd` makes one), or a proxy that logs people in",
                             format_endpoint(console.listen))};
}

Check console_apart_from_the_others(const Settings& settings) {
  const auto port = settings.console.listen.port;
  if (port == 0 || (port != settings.admin.listen.port && port != settings.ingest.listen.port)) return std::nullopt;
  return Finding{"console.listen",
                 fmt::format("port {} is also {}; the console needs a port of its own", port,
                             port == settings.admin.listen.port ? "[admin] listen's" : "[ingest] listen's")};
}

Check console_proxy_is_complete(const Settings& settings) {
  const auto& console = settings.console;
  for (const auto& proxy : console.proxies)
    if (!parse_ip_network(proxy))
      return Finding{"console.proxies",
                     fmt::format("\"{}\" is neither an IP address nor a network such as 10.0.0.0/8", proxy)};
  for (const auto& address : console.admin)
    if (const auto endpoint = parse_endpoint(address); !endpoint || endpoint->port == 0)
      return Finding{"console.admin", fmt::format("\"{}\" is no address; write 127.0.0.1:9464", address)};
  if (console.proxy_user_header.empty()) return std::nullopt;
  if (console.proxies.empty())
    return Finding{"console.proxy_user_header",
                   "needs console.proxies as well: from whom else may this header be believed?"};
  if (console.proxy_groups_header.empty() || console.groups.empty())
    return Finding{"console.proxy_user_header",
                   "needs console.proxy_groups_header and console.groups as well: they say what people may do"};
  return std::nullopt;
}

std::vector<Finding> console_names_roles_that_exist(const Settings& settings) {
  std::vector<Finding> findings;
  const auto is_right = [](std::string_view word) { return word == "bodies" || word == "export"; };
  const auto is_role = [](std::string_view word) {
    return word == "viewer" || word == "analyst" || word == "operator";
  };
  for (const auto& [group, words] : settings.console.groups) {
    size_t at = 0;
    bool right = !words.empty();
    for (size_t place = 0; at <= words.size() && right; ++place) {
      const auto end = std::min(words.find(' ', at), words.size());
      const auto word = std::string_view(words).substr(at, end - at);
      right = place == 0 ? is_role(word) : is_right(word);
      at = end + 1;
    }
    if (!right)
      findings.push_back({"console.groups", fmt::format("{} = \"{}\": write viewer, analyst or operator, then perhaps "
                                                        "bodies and export: \"analyst bodies\"",
                                                        group, words)});
  }
  std::set<std::string> seen;
  for (const auto& user : settings.console.users) {
    const auto complain = [&](std::string_view key, std::string text) {
      findings.push_back({fmt::format("console.users.{}.{}", user.name.empty() ? "?" : user.name, key), std::move(text),
                          user.stands_at});
    };
    if (user.name.empty())
      complain("name", "is missing; audit_logs has it");
    else if (!seen.insert(user.name).second)
      complain("name", "another user has this name; each must be unique");
    if (user.role.empty()) complain("role", "is missing; write viewer, analyst or operator");
    for (const auto& right : user.may)
      if (!is_right(right))
        complain("may", fmt::format("there is no right \"{}\"; there are bodies and export", right));
    Timestamp day;
    if (!user.expires.empty() && !(user.expires.size() == 10 && parse_iso8601(user.expires + "T00:00:00Z", day)))
      complain("expires", fmt::format("\"{}\" is no day; write 2027-01-31", user.expires));
  }
  return findings;
}

std::vector<Finding> console_users_can_log_in(const Settings& settings) {
  std::vector<Finding> findings;
  for (const auto& user : settings.console.users)
    if (user.password.empty() == user.token.empty())
      findings.push_back({fmt::format("console.users.{}.password", user.name),
                          "a user has a password or a token, one of them; `wxpipe console passwd` and `wxpipe console "
                          "token` make their hashes",
                          user.stands_at});
  return findings;
}

Check admin_apart_from_callbacks(const Settings& settings) {
  if (settings.admin.listen.port == 0 || settings.admin.listen.port != settings.ingest.listen.port) return std::nullopt;
  return Finding{"admin.listen",
                 fmt::format("port {} is also [ingest] listen's; the admin page needs a port of its own",
                             settings.admin.listen.port)};
}

Check copies_have_a_spool(const Settings& settings) {
  if (settings.ingest.acknowledge != kBrokerAndSpool || !settings.spool.directory.empty()) return std::nullopt;
  return Finding{"ingest.acknowledge",
                 fmt::format("\"{}\" needs spool.directory: a folder on a local disk", kBrokerAndSpool)};
}

Check proxies_are_addresses_or_networks(const Settings& settings) {
  for (const auto& proxy : settings.ingest.proxies)
    if (!parse_ip_network(proxy))
      return Finding{"ingest.proxies",
                     fmt::format("\"{}\" is neither an IP address nor a network such as 10.0.0.0/8", proxy)};
  return std::nullopt;
}

Check accounts_stand_in_one_place(const Settings& settings) {
  if (!settings.accounts_from.postgres || settings.accounts.empty()) return std::nullopt;
  return Finding{"accounts_from.postgres",
                 fmt::format("is true, so this file may have no [[accounts]], but {} is there: `wxpipe accounts add` "
                             "puts the file's accounts into Postgres; then remove them here",
                             settings.accounts.front().name)};
}

std::vector<Finding> account_names_are_unique_and_fit_in_a_url(const Settings& settings) {
  std::vector<Finding> findings;
  std::set<std::string> seen;
  for (const auto& account : settings.accounts) {
    const std::string key = fmt::format("accounts.{}.name", account.name.empty() ? "?" : account.name);
    if (account.name.empty())
      findings.push_back({key, "is missing; it appears in the address: /callback/<name>", account.where});
    else if (!fits_in_url(account.name))
      findings.push_back(
          {key, "appears in the address, so use at most 64 letters, digits, '-', '_' and '.'", account.where});
    else if (!seen.insert(account.name).second)
      findings.push_back(
          {key, "another account has this name; names appear in addresses, so each must be unique", account.where});
  }
  return findings;
}

std::vector<Finding> score_rules_are_unique_and_fire(const Settings& settings) {
  std::vector<Finding> findings;
  std::set<std::string> seen;
  for (const auto& rule : settings.score.rules) {
    const auto complain = [&](std::string_view key, std::string text) {
      findings.push_back({fmt::format("score.rules.{}.{}", rule.name.empty() ? "?" : rule.name, key), std::move(text),
                          rule.stands_at});
    };
    if (rule.name.empty())
      complain("name", "is missing; it is part of each activity's id");
    else if (!seen.insert(rule.name).second)
      complain("name", "another rule has this name; it is part of each activity's id, so each must be unique");
    if (rule.types.empty()) complain("types", "is missing; say which events it fires on, such as [\"message.*\"]");
    if (rule.points == 0) complain("points", "is 0, so the rule never changes a score; give points or remove the rule");
    if (rule.daily_cap != 0 && (rule.daily_cap > 0) != (rule.points > 0))
      complain("daily_cap", fmt::format("{} has not the sign of points ({})", rule.daily_cap, rule.points));
  }
  return findings;
}

std::vector<Finding> retention_is_readable(const Settings& settings) {
  std::vector<Finding> findings;
  for (const auto& [name, age] : settings.retention.keep)
    if (!parse_age(age))
      findings.push_back(
          {"retention.keep", fmt::format("{} = \"{}\": write a number and days, weeks, months or years: \"24 months\". "
                                         "What is to be kept for ever isn't named here",
                                         name, age)});
  return findings;
}

std::vector<Finding> contradictions(const Settings& settings) {
  std::vector<Finding> findings;
  for (const auto check :
       {command_budget_within_ack_budget, ack_budget_below_request_timeout, drain_outlasts_ack_budget,
        process_batch_within_transaction_timeout, sink_batch_within_poll_interval, producer_outlasts_failover,
        tls_both_or_neither, admin_apart_from_callbacks, copies_have_a_spool, proxies_are_addresses_or_networks,
        accounts_stand_in_one_place, console_asks_for_a_login, console_tls_both_or_neither,
        console_apart_from_the_others, console_proxy_is_complete})
    add(findings, check(settings));
  for (const auto check : {console_names_roles_that_exist, account_names_are_unique_and_fit_in_a_url,
                           retention_is_readable, score_rules_are_unique_and_fire})
    for (auto& finding : check(settings)) findings.push_back(std::move(finding));
  return findings;
}

Check sealing_key_present(const Settings& settings) {
  if (!settings.sealing.key.empty()) return std::nullopt;
  return Finding{"sealing.key",
                 "is missing; credentials are sealed with it before they are stored. Make one and keep it: export "
                 "WXPIPE_SEALING_KEY=$(openssl rand -base64 32)"};
}

Check at_least_one_account(const Settings& settings) {
  if (!settings.accounts.empty()) return std::nullopt;
  return Finding{"accounts",
                 "there is none, so no callback could be accepted; add an [[accounts]] table, "
                 "config/wxpipe.minimal.toml shows one"};
}

std::vector<Finding> risks(const Settings& settings) {
  std::vector<Finding> findings;
  std::string place;
  const auto warn = [&](bool risky, std::string key, std::string text) {
    if (risky) findings.push_back({std::move(key), std::move(text), place});
  };
  warn(
      settings.spool.directory.empty(), "spool.directory",
      "is empty: while no broker answers, callbacks are answered with 503, and the platforms give up after three tries; name "
      "a folder on a local disk");
  warn(settings.ingest.ack_budget > 4s, "ingest.ack_budget",
       fmt::format("{} leaves the network little of the platform's five seconds; 2s is the default",
                   format_duration(settings.ingest.ack_budget)));
  warn(!is_loopback(settings.admin.listen.host), "admin.listen",
       fmt::format("{} can be reached from other machines, and the admin page asks for no password",
                   format_endpoint(settings.admin.listen)));
  warn(settings.kafka.replication_factor == 1 && settings.kafka.durability == "replicated", "kafka.replication_factor",
       "is 1: when that broker's disk is lost, so is what it acknowledged. If one broker is on purpose, say so with "
       "kafka.durability = \"one_broker\", and keep a second copy with ingest.acknowledge = \"broker_and_spool\"");
  warn(settings.ingest.max_connections < settings.ingest.max_in_flight, "ingest.max_in_flight",
       "is more than max_connections, so it never limits anything");
  warn(settings.accounts_from.postgres && settings.accounts_from.copy_file.empty(), "accounts_from.copy_file",
       "is empty: ingest can't start while Postgres is away; name a file on a local disk");
  warn(settings.log.level == "debug", "log.level", "debug writes a line for nearly everything");
  for (const auto& account : settings.accounts) {
    place = account.where;
    warn(account.mode == "plain" || account.mode == "compatible", fmt::format("accounts.{}.mode", account.name),
         fmt::format("{}: the signature doesn't cover the body, so whoever sees one callback's address can forge "
                     "others; choose safe mode in the platform's console",
                     account.mode));
    warn(!account.previous_token.empty() || !account.previous_encoding_aes_key.empty() ||
             !account.previous_secret.empty(),
         fmt::format("accounts.{}", account.name),
         "previous keys are still accepted; remove them when the console has switched");
  }
  return findings;
}

}  // namespace wxpipe::config
