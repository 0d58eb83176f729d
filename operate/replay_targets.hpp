// Where a replay can go. One thread owns each.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "common/kafka/transactional_producer.hpp"
#include "common/runtime/output_file.hpp"
#include "operate/replay.hpp"
#include "sinks/batch_writer.hpp"

namespace wxpipe::operate {

// Nothing is written: replay's own counts say what would be.
class Nowhere final : public ReplayTarget {
 public:
  void take(std::span<const Made>) override {}
};

// The tables in these schemas, by the same sinks. A row that is there already stays as it is; what Postgres refuses is
// counted.
class Tables final : public ReplayTarget {
 public:
  struct Written {
    int64_t records = 0, fresh = 0;
    std::map<std::string, int64_t> refused{};  // reason -> records
  };
  // settings and clock must outlive it.
  Tables(const config::Settings& settings, const postgres::Schemas& schemas, const Clock& clock);
  ~Tables() override;

  void take(std::span<const Made> records) override;
  const std::map<std::string_view, Written>& written() const { return written_; }  // by family

 private:
  struct Family;
  Family& family_of(schemas::TopicName topic);
  void write(Family& family, std::span<const sinks::InputRecord> records);

  const config::Settings& settings_;
  const postgres::Schemas schemas_;
  const Clock& clock_;
  std::map<std::string, std::unique_ptr<postgres::Connection>> connections_;  // by the database's name
  const sinks::OffsetStore no_offsets_{"replay", "replay"};
  std::map<schemas::TopicName, std::unique_ptr<Family>> families_;
  std::map<std::string_view, Written> written_;
};

// Another topic: the records as they are, each portion in one transaction.
class OtherTopic final : public ReplayTarget {
 public:
  // Throws UsageError: it doesn't exist, or is one of ours.
  OtherTopic(const config::KafkaSettings& settings, const std::string& topic);
  bool takes_events() const override { return true; }
  void take(std::span<const Made> records) override;

 private:
  kafka::TransactionalProducer producer_;
  bool begun_ = false;
};

// A file for each kind of fact: messages.ndjson, leads.csv.zst … Only its owner can read them: they hold what people
// wrote.
class Files final : public ReplayTarget {
 public:
  enum class Format { ndjson, csv };
  // Makes the folder. A file that is there already is never touched: take throws UsageError.
  Files(std::filesystem::path folder, Format format, runtime::OutputFile::Compression compression);
  void take(std::span<const Made> records) override;
  // Everything is on the disk. Throws if it isn't.
  void finish();

  struct File {
    std::filesystem::path path;
    int64_t rows = 0;
  };
  std::vector<File> files() const;

 private:
  struct Open {
    std::unique_ptr<runtime::OutputFile> out;
    int64_t rows = 0;
    std::vector<std::string_view> columns;
  };
  Open& file_of(std::string_view value, schemas::TopicName topic);

  const std::filesystem::path folder_;
  const Format format_;
  const runtime::OutputFile::Compression compression_;
  std::map<std::string, Open> open_;
};

}  // namespace wxpipe::operate
