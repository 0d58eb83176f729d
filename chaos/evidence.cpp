#include "chaos/evidence.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <stdexcept>

#include "common/crypto/base64.hpp"
#include "common/crypto/digest.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/error.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/result.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/record_side.hpp"
#include "schemas/topics.hpp"
#include "sinks/families.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;

constexpr int kFetch = 5'000;
constexpr auto kReadPatience = 120s;
constexpr auto kLookPatience = 3s;

// Reads every row of a query, a few thousand at a time.
template <class Visit>
void for_each_row(postgres::Connection& connection, const std::string& query, Visit&& visit) {
  postgres::Transaction transaction(connection);
  transaction.execute("declare evidence no scroll cursor for " + query);
  for (;;) {
    const auto rows = transaction.execute(fmt::format("fetch {} from evidence", kFetch));
    for (size_t i = 0; i < rows.size(); ++i) visit(rows, i);
    if (rows.size() < kFetch) return;
  }
}

Digest digest_of(const std::string& hex) {
  if (const auto digest = parse_digest(hex)) return *digest;
  throw std::logic_error("not a digest: " + hex);
}

// Of a stored body as it was sent: with its seals opened again.
Digest digest_as_sent(const std::string& body, const crypto::Sealer& sealer) {
  const auto opened = sealer.open_all(body);
  const std::string_view parts[] = {opened};
  return crypto::sha256(parts);
}

std::vector<kafka::Partition> partitions_of(const std::string& topic, const kafka::ClusterView& view) {
  const auto found = view.topics.find(topic);
  if (found == view.topics.end()) throw Unavailable(fmt::format("topic {} is not there", topic));
  std::vector<kafka::Partition> partitions;
  for (int number = 0; number < found->second.partitions; ++number) partitions.push_back({topic, number});
  return partitions;
}
}  // namespace

void read_ledger(const std::filesystem::path& file, Oracle& oracle) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(fmt::format("the sender's ledger {} can't be read", file.string()));
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto read = rig::decode_ledger_line(line);
    if (!read) throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, read.error().detail));
    oracle.sent(*read);
  }
}

void read_rows(postgres::Connection& connection, const crypto::Sealer& sealer, Oracle& oracle) {
  // Postgres computes the hashes where it can: sending the bodies would be most of the traffic.
  for_each_row(connection,
               "select event_id, account, tenant, type, encode(sha256(convert_to(body, 'UTF8')), 'hex'), "
               "case when position('sealed:v1:' in body) > 0 then body end from messages",
               [&](const postgres::Rows& rows, size_t i) {
                 StoredRow row;
                 if (!parse_uuid(rows.text(i, 0), row.event_id))
                   throw std::logic_error("not a uuid: " + rows.text(i, 0));
                 row.account = rows.text(i, 1);
                 row.tenant = rows.text(i, 2);
                 row.type = rows.text(i, 3);
                 if (rows.is_null(i, 5)) {
                   row.body = digest_of(rows.text(i, 4));
                 } else {
                   row.body = digest_as_sent(rows.text(i, 5), sealer);
                 }
                 oracle.stored(row);
               });
}

void read_dead_letters(postgres::Connection& connection, const crypto::Sealer& sealer, Oracle& oracle) {
  for_each_row(connection,
               "select stage, reason, account, encode(sha256(body), 'hex'), case when stage = 'ingest' and "
               "position('sealed:v1:'::bytea in body) > 0 then translate(encode(body, 'base64'), E'\\n', '') end "
               "from dead_letters",
               [&](const postgres::Rows& rows, size_t i) {
                 StoredLetter letter{rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), {}};
                 std::string body;
                 if (rows.is_null(i, 4))
                   letter.body = digest_of(rows.text(i, 3));
                 else if (crypto::decode_base64(rows.text(i, 4), body))
                   letter.body = digest_as_sent(body, sealer);
                 else
                   throw std::logic_error("not base64: " + rows.text(i, 4));
                 oracle.dead_letter(letter);
               });
}

void read_topic(const config::KafkaSettings& kafka, Oracle& oracle) {
  const auto topic = schemas::topic_name(kafka.topic_prefix, schemas::TopicName::messages);
  const auto partitions = partitions_of(topic, kafka::Admin(kafka).view());
  kafka::PartitionReader reader(kafka);
  std::map<int, kafka::Stretch> stretches;
  for (const auto& [partition, offset] : reader.beginnings(partitions, kLookPatience))
    stretches[partition.number] = {partition, offset, offset};
  for (const auto& [partition, offset] : reader.ends(partitions, kLookPatience))
    stretches[partition.number].to = offset;
  std::vector<kafka::Stretch> wanted;
  for (const auto& [number, stretch] : stretches) wanted.push_back(stretch);
  reader.read(
      wanted,
      [&](const kafka::Record& record) {
        if (schemas::begins_as<schemas::DuplicateMet>(record.value())) return;  // a repetition's receipt, not an event
        const auto ids = schemas::ids_of(record.value());
        TopicRecord found{{}, ids.receipt, record.partition(), record.offset()};
        if (!parse_uuid(ids.event_id, found.event_id))
          throw std::runtime_error(fmt::format("a record of {} without an event_id: partition {}, offset {}", topic,
                                               record.partition(), record.offset()));
        oracle.on_topic(found);
      },
      kReadPatience);
}

namespace {
std::string process_has_to_take(const config::KafkaSettings& kafka, const kafka::ClusterView& view) {
  const auto topic = schemas::topic_name(kafka.topic_prefix, schemas::TopicName::events);
  const auto partitions = partitions_of(topic, view);
  const auto group = kafka.topic_prefix + "process";
  const auto client = kafka::make_consumer(client_config(kafka::ClientRole::reader, kafka, {{"group.id", group}}));
  std::vector<kafka::PartitionOffset> wanted;
  for (const auto& partition : partitions) wanted.push_back({partition});
  const auto list = kafka::to_list(wanted);
  kafka::throw_unless_ok(
      "rd_kafka_committed",
      rd_kafka_committed(client.get(), list.get(), static_cast<int>(std::chrono::milliseconds(kLookPatience).count())));
  std::map<kafka::Partition, int64_t> committed;
  for (const auto& [partition, offset] : kafka::from_list("rd_kafka_committed", list.get()))
    committed[partition] = offset;
  kafka::PartitionReader reader(kafka);
  std::map<kafka::Partition, int64_t> first;
  for (const auto& [partition, offset] : reader.beginnings(partitions, kLookPatience)) first[partition] = offset;
  int64_t left = 0;
  for (const auto& [partition, end] : reader.ends(partitions, kLookPatience))
    left += end - std::max(committed[partition], first[partition]);
  return left > 0 ? fmt::format("process has {} events to take", left) : "";
}

// The end offset counts transaction markers too, which no consumer gets. So the records up to the end are read.
std::string sink_has_to_take(const schemas::FamilyInfo& family, const config::KafkaSettings& kafka,
                             const kafka::ClusterView& view, postgres::Connection& connection) {
  const auto topic = schemas::topic_name(kafka.topic_prefix, family.topic.name);
  const auto partitions = partitions_of(topic, view);
  std::map<int, int64_t> next;
  const auto rows =
      connection.execute("select partition, next_offset from wxpipe.sink_offsets where group_id = $1 and topic = $2",
                         postgres::Parameters().text(sinks::group_id(kafka.topic_prefix, family)).text(topic));
  for (size_t i = 0; i < rows.size(); ++i) next[static_cast<int>(rows.integer(i, 0))] = rows.integer(i, 1);
  kafka::PartitionReader reader(kafka);
  std::vector<kafka::Stretch> stretches;
  std::map<int, int64_t> first;
  for (const auto& [partition, offset] : reader.beginnings(partitions, kLookPatience)) first[partition.number] = offset;
  for (const auto& [partition, end] : reader.ends(partitions, kLookPatience)) {
    const auto from = std::max(next[partition.number], first[partition.number]);
    if (from < end) stretches.push_back({partition, from, end});
  }
  size_t left = 0;
  if (!stretches.empty())
    reader.read(
        stretches, [&](const kafka::Record&) { ++left; }, kLookPatience);
  return left > 0 ? fmt::format("sink {} has {} records to take", family.name, left) : "";
}
}  // namespace

std::string still_to_take(const config::KafkaSettings& kafka, postgres::Connection& connection) {
  const auto view = kafka::Admin(kafka, kLookPatience).view();
  if (auto left = process_has_to_take(kafka, view); !left.empty()) return left;
  for (const auto* family : sinks::all_families())
    if (auto left = sink_has_to_take(*family, kafka, view, connection); !left.empty()) return left;
  return {};
}

}  // namespace wxpipe::chaos
