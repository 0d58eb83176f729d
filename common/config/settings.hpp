// Everything a configuration file can say, as typed values with their defaults. load_settings (settings_file.hpp) fills
// it; config/wxpipe.reference.toml documents every key. Plain data: each user copies the part it needs.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/secret.hpp"

namespace wxpipe::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Endpoint {
  std::string host;
  uint16_t port = 0;  // 0: the system chooses; the log line and the admin page say which
  bool operator==(const Endpoint&) const = default;
};

// [instance]
struct InstanceSettings {
  std::string name;  // default: the host's name. Static membership, transactional ids and receipts are built on it
};

// [sealing]: WXPIPE_SEALING_KEY or key_file; 32 bytes, base64
struct SealingSettings {
  Secret key;
  std::vector<Secret> previous_keys;  // only for opening what was sealed with them
};

// [kafka]
struct KafkaSettings {
  std::string bootstrap_servers = "localhost:9092";
  std::string topic_prefix = "wxpipe.";
  int replication_factor = 0;                     // 0: 3 where the cluster has three brokers or more, else 1
  std::string durability = "replicated";          // replicated, one_broker: fewer than three replicas is intended
  std::map<std::string, std::string> properties;  // [kafka.properties]: any librdkafka property; overrides ours
};

// [postgres]
struct PostgresSettings {
  Secret url{"postgresql://localhost/wxpipe"};
  std::map<std::string, Secret> families;  // [postgres.families]: families whose tables lie in another database
};

// [accounts_from]
struct AccountsFromSettings {
  bool postgres = false;  // the accounts are rows of wxpipe.accounts; there are no [[accounts]] in the file
  std::string copy_file;  // the last good ones, for a start while Postgres is away; empty: no copy
};

inline constexpr const char* kBrokerAndSpool = "broker_and_spool";

// [ingest]
struct IngestSettings {
  Endpoint listen{"0.0.0.0", 8080};
  std::string public_url;  // how the platforms reach us ("https://hooks.example.com"); only shown by check-config
  int threads = 1;
  size_t max_body_bytes = 1 << 20;
  size_t max_header_bytes = 16 << 10;
  size_t max_connections = 20'000;
  size_t max_connections_per_address = 0;                  // 0: a quarter of max_connections
  std::vector<std::string> proxies{"127.0.0.0/8", "::1"};  // addresses and networks that have no limit of their own
  milliseconds request_timeout{10'000};                    // from the first byte of a request to its last
  milliseconds idle_timeout{75'000};                       // keep-alive between requests
  std::string acknowledge = "broker_or_spool";  // or kBrokerAndSpool: each event is kept in the spool as well
  milliseconds ack_budget{2'000};               // time for broker or spool to make an event durable, else 503
  milliseconds command_ack_budget{800};         // suite commands: the platform waits one second
  milliseconds drain_timeout{8'000};            // on SIGTERM
  size_t max_in_flight = 20'000;                // callbacks waiting for durability; beyond it 503
  size_t repeated_dead_letters = 30;            // a minute, for each account and reason, under signatures seen before
  std::string tls_certificate_file;             // both or neither
  std::string tls_key_file;
};

// [admin]
struct AdminSettings {
  Endpoint listen{"127.0.0.1", 9464};
  std::vector<std::string> hosts{};  // names by which it may be asked, besides localhost and addresses
};

// [[console.users]]: a person with a password, or a program with a token.
struct ConsoleUser {
  std::string name;
  std::string role;              // viewer, analyst, operator
  std::vector<std::string> may;  // bodies, export
  Secret password, token;        // hashes, as `wxpipe console passwd` and `wxpipe console token` print them
  std::string expires;           // the last day: 2027-01-31; empty: never
  std::string stands_at{};       // "wxpipe.toml:3:1", for errors found after loading
};

// [console]
struct ConsoleSettings {
  Endpoint listen{"127.0.0.1", 9470};
  bool in_run = false;               // `wxpipe run` serves it too
  std::vector<std::string> hosts{};  // names by which it may be asked, besides localhost and addresses
  std::vector<std::string> admin{};  // admin addresses of the roles; empty: [admin] listen
  Secret postgres_url;               // for questions; empty: [postgres] url
  std::string tls_certificate_file;  // both or neither
  std::string tls_key_file;
  std::vector<std::string> proxies{};         // addresses and networks whose headers say who asks
  std::string proxy_user_header{};            // X-Forwarded-User; empty: no proxy logs anybody in
  std::string proxy_groups_header{};          // X-Forwarded-Groups
  std::map<std::string, std::string> groups;  // group -> role and rights: "analyst bodies"
  std::vector<ConsoleUser> users;
};

// [spool]
struct SpoolSettings {
  std::string directory;  // empty: no spool; then the answer is 503 while the broker is away
  uint64_t max_bytes = 2ULL << 30;
  seconds max_age{24 * 3600};
  seconds keep{24 * 3600};  // of copies, with ingest.acknowledge = "broker_and_spool"
};

// [process]
struct ProcessSettings {
  int workers = 1;
  int batch_records = 2'000;
  milliseconds batch_interval{10};
  seconds dedupe_window{600};
  int dedupe_records = 100'000;
};

// [sink]
struct SinkSettings {
  std::vector<std::string> families;  // names in schemas/registry.hpp; empty: all
  int batch_rows = 1'000;
  milliseconds batch_interval{50};
  int leads_batch_rows = 2'000;
  milliseconds leads_batch_interval{500};
  int months_ahead = 2;
  int days_ahead = 7;
  seconds timeless_window{7 * 24 * 3600};
  int brake_consecutive = 500;  // so many rejected rows in a row stop the consumer
  double brake_ratio = 0.5;     // so many of the last brake_sample rows do too
  int brake_sample = 5'000;
  bool repair = false;  // unaccounted receipts are sent again without a person
};

// [alerts]: when a row of alert_records is opened. 0: that rule is off.
struct AlertSettings {
  seconds every{30};
  seconds lag{300};
  int unaccounted = 1;
  int dead_letters = 10;  // in ten minutes
  seconds instance_silent{180};
  seconds account_silent{24 * 3600};
};

// [retention]
struct RetentionSettings {
  std::map<std::string, std::string> keep;  // family or table -> age (age.hpp); what isn't named is kept for ever
  std::string dump_directory;               // empty: partitions are dropped without a dump
};

// [log]
struct LogSettings {
  std::string level = "info";     // debug, info, warn, error
  std::string format = "logfmt";  // logfmt, json
  bool to_kafka = true;           // roles' lines of level info and above also go to system_logs, by way of logs.v1
};

// [[score.rules]], or a file of them: [score] rules_file. The head of config/scoring.toml explains each key.
struct ScoreRule {
  std::string name;                // unique; part of an activity's id
  std::string dimension;           // any word (interest, intent …): groups the points of the score
  int points = 0;                  // may be negative
  int daily_cap = 0;               // most points for one lead on one day, with the sign of `points`; 0: no cap
  int half_life_days = 0;          // 0: points never fade
  std::vector<std::string> types;  // event types it fires on; a trailing * matches a family: "message.*"
  std::map<std::string, std::string> where;  // attribute -> exact value, or glob with *
  std::vector<std::string> contains;         // any of these words in the content (case-insensitive for ASCII)
  std::string stands_at{};                   // "scoring.toml:3:1", for errors found after loading
};
struct ScoreSettings {
  std::string rules_file;        // a file with [[rules]]; they come before those of the configuration
  std::vector<ScoreRule> rules;  // both together
};

// [[accounts.replies]]
struct ReplyRule {
  std::string on;       // an event type ("follower.subscribed") or "keyword"
  std::string keyword;  // with on = "keyword"
  bool exact = false;   // true: the whole message; false: contained in it
  std::string text;     // the answer
};

// [accounts.proof], [accounts.envelope], [accounts.fields], [accounts.types], [accounts.answer]: a sender of webhooks
// that has rules of its own. What is empty is as its preset has it (ingest/senders/presets.cpp).
struct SenderSettings {
  std::string algorithm{};                               // proof: a digest, a shared key, or HTTP Basic
  std::vector<std::string> over{};                       // proof: the parts that are digested, in order
  std::optional<bool> sorted{};                          // proof: the parts' values are sorted first
  std::string found{};                                   // proof: the part that holds it
  std::string prefix{};                                  // proof: what may stand before it there
  std::string encoding{};                                // proof: hex, base64
  std::string time{};                                    // proof: the part that says when it was signed
  std::string document{};                                // envelope: the part that is the document
  std::string cipher{}, iv{};                            // envelope: how it is encrypted
  std::map<std::string, std::string> fields{}, types{};  // our name -> paths; the sender's word -> our type
  std::optional<int64_t> status{};                       // answer
  std::optional<std::string> body{};                     // answer
  std::string challenge{}, verify{};  // answer to GET: the part given back, and the one that must be the token
};

// The part of an account that needs no decoding.
struct AccountDetails {
  std::string name;
  std::string title;  // what people call it; enriches facts
  // Ids that this kind doesn't have are empty.
  std::string app_id, original_id, component_app_id, corp_id, suite_id, provider_corp_id, bot_id, instance_id, channel;
  std::optional<int64_t> agent_id;
  std::optional<seconds> max_timestamp_age;     // of the signed timestamp; none: the kind's default
  std::vector<ReplyRule> replies;               // in order; the first that fits answers
  std::map<std::string, std::string> menu;      // menu key -> the name that people see
  std::map<std::string, std::string> channels;  // QR scene or State -> channel name
};

// [[accounts]]: docs/contract.md §2. Checked and decoded into ingest::Account by ingest/account.cpp.
struct AccountSettings : AccountDetails {
  std::string kind;
  std::string mode;  // plain, compatible, safe; for the kinds that have modes
  Secret token, previous_token;
  Secret encoding_aes_key, previous_encoding_aes_key;
  Secret secret, previous_secret;  // webhooks: whsec_… for Standard Webhooks; what a sender with own rules gave
  std::string sender;              // webhooks: a preset; empty: Standard Webhooks, or as `declared` says
  SenderSettings declared;
  // Each part's place in the file ("config.toml:12:1"), for errors found after loading.
  std::string where;
};

struct Settings {
  InstanceSettings instance;
  SealingSettings sealing;
  KafkaSettings kafka;
  PostgresSettings postgres;
  AccountsFromSettings accounts_from;
  IngestSettings ingest;
  AdminSettings admin;
  ConsoleSettings console;
  SpoolSettings spool;
  ProcessSettings process;
  SinkSettings sink;
  AlertSettings alerts;
  RetentionSettings retention;
  LogSettings log;
  ScoreSettings score;
  std::vector<AccountSettings> accounts;
};

// How long the spool keeps copies of what the broker has; 0: not at all.
inline seconds copies_kept(const Settings& settings) {
  return settings.ingest.acknowledge == kBrokerAndSpool ? settings.spool.keep : seconds(0);
}

}  // namespace wxpipe::config
