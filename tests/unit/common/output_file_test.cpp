#include "common/runtime/output_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/result.hpp"
#include "rig/temporary_folder.hpp"

namespace wxpipe::runtime {
namespace {
using Compression = OutputFile::Compression;

// What any zstd tool makes of it; nothing: the frame isn't complete or not whole.
std::string decompressed(const std::string& bytes) {
  const std::unique_ptr<ZSTD_DCtx, decltype([](ZSTD_DCtx* context) { ZSTD_freeDCtx(context); })> context(
      ZSTD_createDCtx());
  std::string text(8 << 20, '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer out{text.data(), text.size(), 0};
  size_t left = 1;
  while (left != 0 && in.pos < in.size) {
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) return {};
  }
  text.resize(out.pos);
  return left == 0 && in.pos == in.size ? text : std::string();
}

std::string many_lines() {
  std::string text;
  for (int i = 0; i < 50'000; ++i)
    text += fmt::format("{{\"event_id\":\"{:032x}\",\"content\":\"你好 {}\"}}\n", i * 7919, i);
  return text;
}

void write(OutputFile& file, std::string_view text, size_t piece) {
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) file.write(text.substr(0, piece));
  file.finish();
}

TEST(OutputFile, HoldsWhatWasWrittenForItsOwnerAlone) {
  const rig::TemporaryFolder folder;
  OutputFile file(folder / "plain", Compression::none);
  write(file, many_lines(), 1'000);
  EXPECT_EQ(rig::read_file(folder / "plain"), many_lines());
  EXPECT_EQ(std::filesystem::status(folder / "plain").permissions(), std::filesystem::perms(0600));
}

TEST(OutputFile, IsSmallerAndTheSameWithZstd) {
  const rig::TemporaryFolder folder;
  for (const size_t piece : {size_t{100}, size_t{1} << 20}) {
    const auto path = folder / fmt::format("{}.zst", piece);
    OutputFile file(path, Compression::zstd);
    write(file, many_lines(), piece);
    const auto bytes = rig::read_file(path);
    EXPECT_LT(bytes.size(), many_lines().size() / 5);
    EXPECT_EQ(decompressed(bytes), many_lines());
  }
}

TEST(OutputFile, OneThatIsNotFinishedCanBeToldFromAWholeOne) {
  const rig::TemporaryFolder folder;
  {
    OutputFile file(folder / "cut.zst", Compression::zstd);
    file.write(many_lines());
  }
  EXPECT_EQ(decompressed(rig::read_file(folder / "cut.zst")), "");
}

TEST(OutputFile, NothingWrittenIsAnEmptyFile) {
  const rig::TemporaryFolder folder;
  OutputFile file(folder / "empty.zst", Compression::zstd);
  file.finish();
  EXPECT_FALSE(rig::read_file(folder / "empty.zst").empty()) << "a frame without content";
}

TEST(OutputFile, NeverReplacesAFile) {
  const rig::TemporaryFolder folder;
  folder.write("there", "old");
  EXPECT_THROW(OutputFile(folder / "there", Compression::none), UsageError);
  EXPECT_EQ(rig::read_file(folder / "there"), "old");
}

}  // namespace
}  // namespace wxpipe::runtime
