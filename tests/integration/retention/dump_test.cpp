// What is written to a file before it is dropped can be loaded again, byte by byte, as docs/operations.md says.
#include <zstd.h>

#include <algorithm>

#include "tests/integration/retention/retention_fixture.hpp"

namespace wxpipe::sinks {
namespace {
using ::testing::ElementsAre;

class DumpTest : public RetentionTest {
 protected:
  void SetUp() override {
    RetentionTest::SetUp();
    settings_.retention.dump_directory = (folder_ / "dumps").string();
  }
  // All rows as COPY gives them.
  std::string copied(const std::string& table) {
    std::string text;
    postgres::Transaction transaction(*connection_);
    transaction.copy_out(fmt::format("copy {} to stdout with (format text, header)", table),
                         [&](std::string_view line) { text += line; });
    return text;
  }
  static std::string decompressed(const std::filesystem::path& file) {
    const auto bytes = rig::read_file(file);
    std::string text(64 << 20, '\0');
    const auto size = ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
    EXPECT_EQ(ZSTD_isError(size), 0u) << file;
    text.resize(ZSTD_isError(size) != 0 ? 0 : size);
    return text;
  }
};

TEST_F(DumpTest, IsTheWholePartitionAndCanBeLoadedAgain) {
  acknowledge(1, 1, 3001, on(2025, 1, 10));
  database_->query(
      "update messages set attributes = '{\"a\": [1, \"\\t\"]}', tenant = '', recipient = E'\\\\N' where "
      "receipt = 'in-1/19ab/7'");
  database_->query("vacuum full messages_202501");
  const auto before = copied("messages_202501");
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501"));
  const auto file = folder_ / "dumps" / "messages_202501.copy.zst";
  EXPECT_EQ(decompressed(file), before);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::filesystem::status(folder_ / "dumps").permissions(), std::filesystem::perms(0700));
  EXPECT_THAT(lines("select dump_file, rows from wxpipe.dropped_partitions"),
              ElementsAre(fmt::format("({},3000)", file.string())));

  // As docs/operations.md says.
  const auto text = decompressed(file);
  auto columns = text.substr(0, text.find('\n'));
  std::ranges::replace(columns, '\t', ',');
  database_->query("create table messages_202501 (like messages including all)");
  {
    postgres::Transaction transaction(*connection_);
    transaction.copy(
        fmt::format("copy messages_202501 ({}) from stdin with (format text, header match)", columns).c_str(), text);
    transaction.commit();
  }
  database_->query(
      "alter table messages attach partition messages_202501 for values from ('2025-01-01Z') to ('2025-02-01Z')");
  EXPECT_EQ(copied("messages_202501"), before);
  EXPECT_TRUE(audited().fine());
}

TEST_F(DumpTest, NeverWritesOverAnother) {
  acknowledge(1, 1, 3, on(2025, 1, 10));
  std::filesystem::create_directory(folder_ / "dumps");
  folder_.write("dumps/messages_202501.copy.zst", "another");
  folder_.write("dumps/messages_202501.2.copy.zst.part", "of a run that was cut off");
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501"));
  EXPECT_EQ(rig::read_file(folder_ / "dumps" / "messages_202501.copy.zst"), "another");
  EXPECT_NE(decompressed(folder_ / "dumps" / "messages_202501.2.copy.zst"), "");
}

TEST_F(DumpTest, WithoutAFileNothingIsDropped) {
  acknowledge(1, 1, 3, on(2025, 1, 10));
  settings_.retention.dump_directory = folder_.write("no-folder", "").string();
  EXPECT_THROW(retain(on(2025, 3, 5)), std::system_error);
  EXPECT_EQ(count("messages_202501"), 2) << "it is detached and there";
  EXPECT_TRUE(audited().fine());
  settings_.retention.dump_directory = (folder_ / "dumps").string();
  EXPECT_THAT(retain(on(2025, 3, 5)), ElementsAre("messages_202501"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "dumps" / "messages_202501.copy.zst"));
}

}  // namespace
}  // namespace wxpipe::sinks
