#include "processors/dedupe/journal.hpp"

#include <algorithm>
#include <cstring>

namespace wxpipe::processors {
namespace {
constexpr uint8_t kVersion = 1;

void put_fixed(std::string& out, uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(number >> shift & 0xff);
}

void put_varint(std::string& out, uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

// Reads what the functions above write; `good` becomes false when the bytes end too early.
struct Cursor {
  std::string_view left;
  bool good = true;

  std::string_view take(size_t size) {
    if (left.size() < size) {
      good = false;
      return {};
    }
    const auto taken = left.substr(0, size);
    left.remove_prefix(size);
    return taken;
  }
  uint64_t fixed() {
    uint64_t number = 0;
    const auto bytes = take(8);
    for (size_t i = 0; i < bytes.size(); ++i)
      number |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return number;
  }
  uint64_t varint() {
    uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = take(1);
      if (!good) return 0;
      number |= static_cast<uint64_t>(static_cast<unsigned char>(byte[0]) & 0x7f) << shift;
      if ((static_cast<unsigned char>(byte[0]) & 0x80) == 0) return number;
    }
    good = false;
    return 0;
  }
};

WindowTime at_milliseconds(int64_t since_1970) { return WindowTime(std::chrono::milliseconds(since_1970)); }
}  // namespace

std::string encode(const JournalPage& page) {
  std::string out;
  out.reserve(32 + page.entries.size() * 28);
  out += static_cast<char>(kVersion);
  put_fixed(out, static_cast<uint64_t>(page.first));
  put_fixed(out, static_cast<uint64_t>(page.next));
  put_fixed(out, static_cast<uint64_t>(page.since.time_since_epoch().count()));
  put_varint(out, page.entries.size());
  WindowTime at;
  int64_t offset = page.first;
  for (const auto& entry : page.entries) {
    out.append(reinterpret_cast<const char*>(entry.id.bytes.data()), entry.id.bytes.size());
    put_fixed(out, entry.identity);
    put_varint(out, static_cast<uint64_t>((entry.at - at).count()));
    put_varint(out, static_cast<uint64_t>(entry.offset - offset));
    at = entry.at;
    offset = entry.offset;
  }
  return out;
}

Result<JournalPage> decode_journal_page(std::string_view value) {
  Cursor cursor{value};
  const auto version = cursor.take(1);
  if (!cursor.good || static_cast<uint8_t>(version[0]) != kVersion)
    return Rejection{Reason::unreadable_record, "not a journal page of version 1"};
  JournalPage page;
  page.first = static_cast<int64_t>(cursor.fixed());
  page.next = static_cast<int64_t>(cursor.fixed());
  page.since = at_milliseconds(static_cast<int64_t>(cursor.fixed()));
  const auto count = cursor.varint();
  // No entry is shorter than 26 bytes: a wrong count must not reserve the memory it names.
  page.entries.reserve(std::min<size_t>(count, cursor.left.size() / 26));
  uint64_t at = 0;
  auto offset = static_cast<uint64_t>(page.first);
  for (uint64_t i = 0; i < count && cursor.good; ++i) {
    SeenId entry;
    if (const auto id = cursor.take(16); cursor.good) std::memcpy(entry.id.bytes.data(), id.data(), id.size());
    entry.identity = cursor.fixed();
    at += cursor.varint();
    offset += cursor.varint();
    entry.at = at_milliseconds(static_cast<int64_t>(at));
    entry.offset = static_cast<int64_t>(offset);
    page.entries.push_back(entry);
  }
  if (!cursor.good || !cursor.left.empty())
    return Rejection{Reason::unreadable_record, "a journal page of the wrong length"};
  return page;
}

}  // namespace wxpipe::processors
