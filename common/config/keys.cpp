// The table itself. One line per key; the builders below only keep the lines short.
#include "common/config/keys.hpp"

#include <fmt/format.h>

#include <array>

namespace wxpipe::config {
namespace {

using namespace std::chrono_literals;
using S = Settings;
using A = AccountSettings;

constexpr double kNoLimit = 9e15;

Rule any() { return {}; }
Rule needed() { return {.may_be_empty = false}; }
Rule characters(std::string_view others) { return {.characters = others, .may_be_empty = false}; }
Rule characters_or_none(std::string_view others) { return {.characters = others}; }
Rule path() { return {.is_path = true}; }
Rule one_of(std::initializer_list<std::string_view> words) { return {.words = words}; }
Rule between(double least, double most) { return {.least = least, .most = most}; }
Rule bytes(double least, double most) { return {.least = least, .most = most, .is_size = true}; }
Rule lasting(milliseconds least, milliseconds most) {
  return {.least = static_cast<double>(least.count()), .most = static_cast<double>(most.count())};
}
constexpr auto kDay = 24h;

// A getter for a member of a member: which section, which field.
template <auto section, auto field>
auto in() {
  using T = std::remove_reference_t<decltype((std::declval<S&>().*section).*field)>;
  return Field<S, T>([](S& settings) -> T& { return settings.*section.*field; });
}
template <auto field>
auto declared() {
  using T = std::remove_reference_t<decltype(std::declval<SenderSettings&>().*field)>;
  return Field<A, T>([](A& account) -> T& { return account.declared.*field; });
}
template <class Root, auto field>
auto of() {
  using T = std::remove_reference_t<decltype(std::declval<Root&>().*field)>;
  return Field<Root, T>([](Root& root) -> T& { return root.*field; });
}

}  // namespace

std::span<const Key<Settings>> setting_keys() {
  using I = IngestSettings;
  using P = ProcessSettings;
  using K = SinkSettings;
  using C = ConsoleSettings;
  using W = AlertSettings;
  static const std::vector<Key<Settings>> keys{
      {"instance.name", in<&S::instance, &InstanceSettings::name>(), characters("-_."),
       "Tells processes of one role apart: static membership, transactional ids and receipts are built on it. "
       "Default: the host's name."},

      {"sealing.key", in<&S::sealing, &SealingSettings::key>(), any(),
       "Seals credentials before they leave ingest: 32 bytes in base64, made by `openssl rand -base64 32`."},
      {"sealing.previous_keys", in<&S::sealing, &SealingSettings::previous_keys>(), any(),
       "Keys that were used before: still able to open what was sealed with them."},

      {"kafka.bootstrap_servers", in<&S::kafka, &KafkaSettings::bootstrap_servers>(), needed(),
       "Some of the cluster's brokers, as host:port, with commas between them."},
      {"kafka.topic_prefix", in<&S::kafka, &KafkaSettings::topic_prefix>(), characters("-_."),
       "What every topic's and consumer group's name begins with."},
      {"kafka.replication_factor", in<&S::kafka, &KafkaSettings::replication_factor>(), between(0, 15),
       "Copies of each partition; 0: 3 where the cluster has three brokers or more, else 1."},
      {"kafka.durability", in<&S::kafka, &KafkaSettings::durability>(), one_of({"replicated", "one_broker"}),
       "replicated: too few replicas are reported. one_broker: this cluster has one broker on purpose, and what was "
       "acknowledged is as safe as its disk."},
      {"kafka.properties", in<&S::kafka, &KafkaSettings::properties>(), any(),
       "Any librdkafka property; it has the last word, except over what a guarantee hangs on."},

      {"postgres.url", in<&S::postgres, &PostgresSettings::url>(), any(),
       "Where the rows go, as a connection URL. It holds a password, so it is a secret."},
      {"postgres.families", in<&S::postgres, &PostgresSettings::families>(), any(),
       "Families of tables that lie in a database of their own, each with its connection URL."},

      {"accounts_from.postgres", in<&S::accounts_from, &AccountsFromSettings::postgres>(), any(),
       "Accounts are rows of the table wxpipe.accounts, which `wxpipe accounts` changes, and not [[accounts]] of this "
       "file. Their secrets are sealed there."},
      {"accounts_from.copy_file", in<&S::accounts_from, &AccountsFromSettings::copy_file>(), path(),
       "With postgres = true: where the last good accounts are kept, so that ingest can start while Postgres is away. "
       "Their secrets stay sealed. Empty: no copy."},

      {"ingest.listen", in<&S::ingest, &I::listen>(), any(), "Where callbacks arrive. Port 0: the system chooses."},
      {"ingest.public_url", in<&S::ingest, &I::public_url>(), any(),
       "How the platforms reach this address, such as https://hooks.example.com: check-config prints the callback URLs "
       "with it."},
      {"ingest.threads", in<&S::ingest, &I::threads>(), between(1, 256),
       "Threads that answer callbacks; each takes connections of its own."},
      {"ingest.max_body_bytes", in<&S::ingest, &I::max_body_bytes>(), bytes(1024, 2 << 20),
       "Larger bodies are answered with 413."},
      {"ingest.max_header_bytes", in<&S::ingest, &I::max_header_bytes>(), bytes(1024, 1 << 20),
       "Larger headers are answered with 431."},
      {"ingest.max_connections", in<&S::ingest, &I::max_connections>(), between(1, 1'000'000),
       "Connections open at once, over all threads. Beyond, a new one takes the place of the one that has been idle the "
       "longest; if none is idle, it is answered with 503."},
      {"ingest.max_connections_per_address", in<&S::ingest, &I::max_connections_per_address>(), between(0, 1'000'000),
       "The same for the connections from one address (in IPv6: from one /64 network); 0: a quarter of max_connections. "
       "Each thread takes its share."},
      {"ingest.proxies", in<&S::ingest, &I::proxies>(), any(),
       "Addresses and networks that max_connections_per_address doesn't count: name your proxies and load balancers, "
       "behind which all senders have one address."},
      {"ingest.request_timeout", in<&S::ingest, &I::request_timeout>(), lasting(100ms, 5min),
       "From the first byte of a request to its last; slower ones are answered with 408."},
      {"ingest.idle_timeout", in<&S::ingest, &I::idle_timeout>(), lasting(1s, 1h),
       "How long a connection may stay open between two requests."},
      {"ingest.acknowledge", in<&S::ingest, &I::acknowledge>(), one_of({"broker_or_spool", kBrokerAndSpool}),
       "What an event must be in before its callback is acknowledged. broker_or_spool: in either, whichever is first. "
       "broker_and_spool: in the spool, and in the broker as well unless that is away; the spool keeps the copy for "
       "spool.keep. For a cluster of one broker, whose disk is not trusted alone."},
      {"ingest.ack_budget", in<&S::ingest, &I::ack_budget>(), lasting(50ms, 4900ms),
       "Within it the broker or the spool has the event, else the answer is 503 and the platform tries again. The "
       "platforms wait five seconds."},
      {"ingest.command_ack_budget", in<&S::ingest, &I::command_ack_budget>(), lasting(50ms, 950ms),
       "The same for suite commands: the platform waits one second for them."},
      {"ingest.drain_timeout", in<&S::ingest, &I::drain_timeout>(), lasting(100ms, 9500ms),
       "How long callbacks in hand may take to finish after SIGTERM. The whole process stops within ten seconds."},
      {"ingest.max_in_flight", in<&S::ingest, &I::max_in_flight>(), between(1, 1'000'000),
       "Callbacks waiting to become durable at once; those beyond are answered with 503."},
      {"ingest.repeated_dead_letters", in<&S::ingest, &I::repeated_dead_letters>(), between(0, 1'000'000),
       "Whoever has seen a callback's address can send it again with bodies that nobody can read. So many of these a "
       "minute, for each account and reason, become dead letters; those beyond are answered with 429. A callback with a "
       "signature of its own is never held back."},
      {"ingest.tls_certificate_file", in<&S::ingest, &I::tls_certificate_file>(), path(),
       "The certificate chain (PEM). With tls_key_file: HTTPS; without both: HTTP, behind a TLS terminator."},
      {"ingest.tls_key_file", in<&S::ingest, &I::tls_key_file>(), path(), "The certificate's private key (PEM)."},

      {"admin.listen", in<&S::admin, &AdminSettings::listen>(), any(),
       "Where /healthz, /readyz and /metrics answer. They need no password, so keep the address private."},
      {"admin.hosts", in<&S::admin, &AdminSettings::hosts>(), any(),
       "Names by which the admin address is asked, such as wxpipe-ingest.internal. localhost and IP addresses needn't be "
       "named. Requests under other names are refused, because a web page can make a browser send them."},

      {"console.listen", in<&S::console, &C::listen>(), any(),
       "Where the console answers. On another address than this machine's own it needs a login: users or a proxy."},
      {"console.in_run", in<&S::console, &C::in_run>(), any(), "wxpipe run serves the console too."},
      {"console.hosts", in<&S::console, &C::hosts>(), any(),
       "Names by which the console is asked, such as wxpipe.example.com. localhost and IP addresses needn't be named. "
       "Requests under other names are refused, because a web page can make a browser send them."},
      {"console.admin", in<&S::console, &C::admin>(), any(),
       "Where the roles answer, as host:port: the [admin] listen of each. Empty: this file's own."},
      {"console.postgres_url", in<&S::console, &C::postgres_url>(), any(),
       "For the console's questions, a role of Postgres that may only read. Empty: [postgres] url, in transactions that "
       "may only read."},
      {"console.tls_certificate_file", in<&S::console, &C::tls_certificate_file>(), path(),
       "The console's certificate chain (PEM). With tls_key_file: HTTPS; without both: HTTP, behind a TLS terminator."},
      {"console.tls_key_file", in<&S::console, &C::tls_key_file>(), path(),
       "The private key (PEM) of the console's certificate."},
      {"console.proxies", in<&S::console, &C::proxies>(), any(),
       "Addresses and networks of a proxy that logs people in. Its headers say who asks; from anybody else they are "
       "ignored."},
      {"console.proxy_user_header", in<&S::console, &C::proxy_user_header>(), characters_or_none("-_"),
       "The proxy's header with the person's name, such as X-Forwarded-User."},
      {"console.proxy_groups_header", in<&S::console, &C::proxy_groups_header>(), characters_or_none("-_"),
       "The proxy's header with the person's groups, separated by commas, such as X-Forwarded-Groups."},
      {"console.groups", in<&S::console, &C::groups>(), any(),
       "What a group of the proxy may do: a role (viewer, analyst, operator), then perhaps bodies and export. The "
       "highest counts. Who is in none of them has no access."},

      {"spool.directory", in<&S::spool, &SpoolSettings::directory>(), path(),
       "Where events wait while no broker answers: a local disk that survives a restart. Empty: no spool, and a missing "
       "broker is answered with 503."},
      {"spool.max_bytes", in<&S::spool, &SpoolSettings::max_bytes>(), bytes(1 << 20, kNoLimit),
       "A spool this full answers 503 instead of taking more."},
      {"spool.max_age", in<&S::spool, &SpoolSettings::max_age>(), lasting(1min, kDay * 30),
       "A spool whose oldest event has waited this long answers 503, because it is not draining."},
      {"spool.keep", in<&S::spool, &SpoolSettings::keep>(), lasting(1min, kDay * 30),
       "With ingest.acknowledge = \"broker_and_spool\": how long the spool keeps what the broker has. Copies leave "
       "earlier where max_bytes leaves them no room."},

      {"process.workers", in<&S::process, &P::workers>(), between(1, 64),
       "Workers in this process, each with a transactional producer and a share of the partitions of events.v1."},
      {"process.batch_records", in<&S::process, &P::batch_records>(), between(1, 50'000),
       "The most events in one Kafka transaction."},
      {"process.batch_interval", in<&S::process, &P::batch_interval>(), lasting(1ms, 5s),
       "How long a batch waits at most to fill up. It waits less where few records come."},
      {"process.dedupe_window", in<&S::process, &P::dedupe_window>(), lasting(1min, 12h),
       "How far back repeats are recognised before they reach Postgres, whose unique key is the last word."},
      {"process.dedupe_records", in<&S::process, &P::dedupe_records>(), between(1'000, 1'000'000'000),
       "And no further than so many records back in a partition: it needs 34 bytes for each."},

      {"sink.families", in<&S::sink, &K::families>(), any(),
       "Which families of tables this process writes. Empty: all. A wrong name is answered with the list of them."},
      {"sink.batch_rows", in<&S::sink, &K::batch_rows>(), between(1, 50'000),
       "The most records in one Postgres transaction."},
      {"sink.batch_interval", in<&S::sink, &K::batch_interval>(), lasting(1ms, 10s),
       "How long a batch of messages or custody waits at most to fill up. It waits less where few records come."},
      {"sink.leads_batch_rows", in<&S::sink, &K::leads_batch_rows>(), between(1, 50'000),
       "The same for leads. A record may have several activities; each lead in a batch is computed once."},
      {"sink.leads_batch_interval", in<&S::sink, &K::leads_batch_interval>(), lasting(1ms, 10s),
       "The same for leads, and for all other families: nobody waits for their rows."},
      {"sink.months_ahead", in<&S::sink, &K::months_ahead>(), between(0, 24),
       "Monthly partitions made before they are needed."},
      {"sink.days_ahead", in<&S::sink, &K::days_ahead>(), between(0, 366),
       "Daily partitions made before they are needed."},
      {"sink.timeless_window", in<&S::sink, &K::timeless_window>(), lasting(1h, kDay * 90),
       "How long events without a time of the platform's own (bots, webhooks) meet their own row when they come again."},
      {"sink.brake_consecutive", in<&S::sink, &K::brake_consecutive>(), between(1, 1'000'000),
       "This many rejected rows in a row stop the consumer: then it is we who are wrong, not the rows."},
      {"sink.brake_ratio", in<&S::sink, &K::brake_ratio>(), between(0.001, 1),
       "So does this share of rejected rows among the last brake_sample ones."},
      {"sink.brake_sample", in<&S::sink, &K::brake_sample>(), between(1, 10'000'000),
       "How many rows brake_ratio looks back on."},
      {"sink.repair", in<&S::sink, &K::repair>(), any(),
       "Sends lost events again by itself, as `wxpipe audit --repair --yes` does. It also brings back rows that were "
       "deleted on purpose, unless their custody marks were deleted too."},

      {"alerts.every", in<&S::alerts, &W::every>(), lasting(1s, 1h),
       "How often the rules below are tried, by one sink process at a time. Alerts are rows of alert_records."},
      {"alerts.lag", in<&S::alerts, &W::lag>(), lasting(0s, kDay * 7),
       "An alert, if the oldest record that process or a sink hasn't taken is as old as this. 0s: none."},
      {"alerts.unaccounted", in<&S::alerts, &W::unaccounted>(), between(0, 1'000'000'000),
       "An alert, if so many acknowledged callbacks are found nowhere. 0: none."},
      {"alerts.dead_letters", in<&S::alerts, &W::dead_letters>(), between(0, 100'000),
       "An alert, if there were so many dead letters in ten minutes. 0: none."},
      {"alerts.instance_silent", in<&S::alerts, &W::instance_silent>(), lasting(0s, kDay * 14),
       "An alert, if an instance has sent no heartbeat for so long, and for three of its heartbeat_interval. 0s: none."},
      {"alerts.account_silent", in<&S::alerts, &W::account_silent>(), lasting(0s, kDay * 14),
       "An alert, if nothing has come for so long for an account of which something came on three of the seven days "
       "before. 0s: none."},

      {"retention.keep", in<&S::retention, &RetentionSettings::keep>(), any(),
       "How long rows are kept, by family (all its tables that are partitioned by time) or by table, such as \"24 months\" "
       "or \"30 days\". Sinks drop older partitions every hour, once everything in them is accounted for. What isn't "
       "named is kept for ever."},
      {"retention.dump_directory", in<&S::retention, &RetentionSettings::dump_directory>(), path(),
       "A partition is written to a compressed file here before it is dropped. Empty: no file."},

      {"log.level", in<&S::log, &LogSettings::level>(), one_of({"debug", "info", "warn", "error"}),
       "The least important lines that are written: debug, info, warn or error."},
      {"log.format", in<&S::log, &LogSettings::format>(), one_of({"logfmt", "json"}),
       "logfmt or json, one line for each happening, to standard error."},
      {"log.to_kafka", in<&S::log, &LogSettings::to_kafka>(), any(),
       "Roles also send their lines of level info and above to Kafka, and sinks store them in system_logs. It never "
       "holds a role up: without a broker, lines are dropped and counted. Standard error has them all."},

      {"score.rules_file", in<&S::score, &ScoreSettings::rules_file>(), path(),
       "A file of [[rules]], so that marketing can own the scoring rules. Rules can also stand here, as [[score.rules]]."},
  };
  return keys;
}

std::span<const Key<AccountSettings>> account_keys() {
  using D = SenderSettings;
  static const std::vector<Key<AccountSettings>> keys{
      {"name", of<A, &A::name>(), any(), "Appears in the address: /callback/<name>."},
      {"kind", of<A, &A::kind>(), any(),
       "official_account, mini_program, open_platform, open_platform_messages, wework_app, wework_suite_command, "
       "wework_suite_data, wework_bot, wework_instance or channel."},
      {"mode", of<A, &A::mode>(), any(),
       "plain, compatible or safe, as the platform's console says; for official_account and mini_program. Default: "
       "safe."},
      {"title", of<A, &A::title>(), any(), "What people call the account; facts carry it."},
      {"app_id", of<A, &A::app_id>(), any(), "official_account, mini_program: the AppID, wx…"},
      {"original_id", of<A, &A::original_id>(), any(),
       "official_account, mini_program: the original id, gh_…; callbacks that name another one are counted."},
      {"component_app_id", of<A, &A::component_app_id>(), any(),
       "open_platform, open_platform_messages: the third-party platform's own AppID."},
      {"corp_id", of<A, &A::corp_id>(), any(), "wework_app: the corporation's id, ww…"},
      {"agent_id", of<A, &A::agent_id>(), between(0, kNoLimit),
       "wework_app: the application's AgentID; callbacks that name another one are counted."},
      {"suite_id", of<A, &A::suite_id>(), any(), "wework_suite_command, wework_suite_data: the suite's id."},
      {"provider_corp_id", of<A, &A::provider_corp_id>(), any(),
       "wework_suite_command, wework_suite_data: the provider's own corp id, which the platform verifies the address "
       "with."},
      {"bot_id", of<A, &A::bot_id>(), any(), "wework_bot: the bot's id."},
      {"instance_id", of<A, &A::instance_id>(), any(),
       "wework_instance: which instance it is, as the sender calls it."},
      {"channel", of<A, &A::channel>(), any(), "channel: which channel it is: web_form, landing_page …"},
      {"token", of<A, &A::token>(), any(), "The Token of the platform's console."},
      {"previous_token", of<A, &A::previous_token>(), any(),
       "Accepted besides the current one while keys are being changed."},
      {"encoding_aes_key", of<A, &A::encoding_aes_key>(), any(), "The EncodingAESKey of the platform's console."},
      {"previous_encoding_aes_key", of<A, &A::previous_encoding_aes_key>(), any(),
       "Accepted besides the current one while keys are being changed."},
      {"secret", of<A, &A::secret>(), any(),
       "wework_instance, channel: the Standard Webhooks secret, whsec_…; with sender: the key that the sender signs with."},
      {"previous_secret", of<A, &A::previous_secret>(), any(),
       "Accepted besides the current one while secrets are being changed."},
      {"max_timestamp_age", of<A, &A::max_timestamp_age>(), lasting(1s, kDay * 366),
       "Refuses callbacks whose signed timestamp is older. Default: any age, because a replay of the same bytes is a "
       "harmless duplicate; 5m for webhooks and for a console's verification of the address."},
      {"sender", of<A, &A::sender>(), any(),
       "wework_instance, channel: who sends, where it isn't by Standard Webhooks: a preset of docs/webhooks.md."},
      {"proof.algorithm", declared<&D::algorithm>(),
       one_of({"md5", "sha1", "sha256", "hmac_sha1", "hmac_sha256", "equal", "basic"}),
       "The digest that proves the sender; equal: the secret itself; basic: HTTP Basic with user:password as secret."},
      {"proof.over", declared<&D::over>(), any(), "The parts that are digested, in order, one behind the other."},
      {"proof.sorted", declared<&D::sorted>(), any(), "The parts' values are sorted first."},
      {"proof.found", declared<&D::found>(), any(), "The part in which the proof stands."},
      {"proof.prefix", declared<&D::prefix>(), any(), "What may stand before it there."},
      {"proof.encoding", declared<&D::encoding>(), one_of({"hex", "base64"}), "How the digest is written."},
      {"proof.time", declared<&D::time>(), any(), "The part that says when it was signed, for max_timestamp_age."},
      {"envelope.document", declared<&D::document>(), any(), "The part that is the document. Default: body."},
      {"envelope.cipher", declared<&D::cipher>(), one_of({"aes_256_cbc", "aes_128_ctr"}),
       "How the document is encrypted, with encoding_aes_key or the secret."},
      {"envelope.iv", declared<&D::iv>(), any(), "aes_128_ctr: the part that the IV is made of."},
      {"fields", declared<&D::fields>(), any(),
       "Where the document has what we need: our names and the sender's paths."},
      {"types", declared<&D::types>(), any(), "The sender's words for what happened, and our event types."},
      {"answer.status", declared<&D::status>(), between(200, 299), "What the sender wants to be answered."},
      {"answer.body", declared<&D::body>(), any(), "With {path} for a value of the document."},
      {"answer.challenge", declared<&D::challenge>(), any(),
       "Where the sender verifies the address by GET: the part that is given back."},
      {"answer.verify", declared<&D::verify>(), any(), "The part of that GET that must be the token."},
      {"menu", of<A, &A::menu>(), any(), "Menu keys and the names people know them by."},
      {"channels", of<A, &A::channels>(), any(), "QR scenes or States and the channels they stand for."},
  };
  return keys;
}

std::span<const Key<ReplyRule>> reply_keys() {
  using R = ReplyRule;
  static const std::vector<Key<ReplyRule>> keys{
      {"on", of<R, &R::on>(), any(), "The event type that is answered, such as follower.subscribed, or keyword."},
      {"keyword", of<R, &R::keyword>(), any(), "With on = \"keyword\": the word that is looked for."},
      {"exact", of<R, &R::exact>(), any(), "With on = \"keyword\": the message is the word, not only contains it."},
      {"text", of<R, &R::text>(), any(), "What is answered."},
  };
  return keys;
}

std::span<const Key<ConsoleUser>> console_user_keys() {
  using U = ConsoleUser;
  static const std::vector<Key<ConsoleUser>> keys{
      {"name", of<U, &U::name>(), any(), "The login, as audit_logs has it."},
      {"role", of<U, &U::role>(), one_of({"viewer", "analyst", "operator"}),
       "viewer: numbers and states, no content. analyst: content too, phone numbers and bodies hidden. operator: "
       "everything, and everything that changes something."},
      {"may", of<U, &U::may>(), any(),
       "Rights besides the role's: bodies (whole bodies and phone numbers), export (events as a file). An operator has "
       "both."},
      {"password", of<U, &U::password>(), any(), "The password's hash, made by `wxpipe console passwd`."},
      {"token", of<U, &U::token>(), any(),
       "In place of a password, for programs: a bearer token's hash, made by `wxpipe console token`."},
      {"expires", of<U, &U::expires>(), any(), "The last day (UTC) on which it is good, as 2027-01-31. Empty: always."},
  };
  return keys;
}

std::span<const Key<ScoreRule>> score_rule_keys() {
  using R = ScoreRule;
  static const std::vector<Key<ScoreRule>> keys{
      {"name", of<R, &R::name>(), characters("-_."),
       "Unique, and part of each activity's id: changing it counts anew."},
      {"dimension", of<R, &R::dimension>(), any(),
       "What the points stand for, for the score's breakdown: interest, engagement, intent, profile …"},
      {"points", of<R, &R::points>(), between(-100, 100), "What one event gives; may be negative."},
      {"daily_cap", of<R, &R::daily_cap>(), between(-1000, 1000),
       "The most points the rule gives one lead on one day, with the sign of points; 0: no cap."},
      {"half_life_days", of<R, &R::half_life_days>(), between(0, 3650),
       "After so many days half the points are left; 0: they never fade."},
      {"types", of<R, &R::types>(), any(),
       "The event types the rule fires on; a trailing * matches a family, such as message.*"},
      {"where", of<R, &R::where>(), any(), "Attributes the event must have: exact values, or patterns with *."},
      {"contains", of<R, &R::contains>(), any(), "Words of which the content must hold one."},
  };
  return keys;
}

namespace {
std::string companion(std::string_view key, bool list, std::string_view ending) {
  if (!list) return fmt::format("{}_{}", key, ending);
  return fmt::format("{}_{}s", key.substr(0, key.size() - 1), ending);  // previous_keys: previous_key_files
}
}  // namespace

std::string env_companion(std::string_view key, bool list) { return companion(key, list, "env"); }
std::string file_companion(std::string_view key, bool list) { return companion(key, list, "file"); }

}  // namespace wxpipe::config
