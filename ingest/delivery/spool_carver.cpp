#include "ingest/delivery/spool_carver.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "ingest/delivery/spool_wal.hpp"

namespace wxpipe::ingest {
namespace {
// https://sqlite.org/fileformat2.html#b_tree_pages: how much of a row lies in its own page. The rest is in a list of
// overflow pages, each with the number of the next one in front.
constexpr uint64_t kMostInPage = kPage - 35;
constexpr uint64_t kLeastInPage = (kPage - 12) * 32 / 255 - 23;
constexpr uint64_t kInOverflowPage = kPage - 4;
constexpr uint64_t kLargestRow = 64 << 20;  // larger ones are never written: topics take 4 MiB

uint64_t bytes_in_page(uint64_t row) {
  if (row <= kMostInPage) return row;
  const auto in_page = kLeastInPage + (row - kLeastInPage) % kInOverflowPage;
  return in_page <= kMostInPage ? in_page : kLeastInPage;
}

using Bytes = std::span<const unsigned char>;

// One of SQLite's variable-length numbers: seven bits a byte, highest first, the ninth byte whole.
std::optional<uint64_t> take_number(Bytes& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 9 && i < bytes.size(); ++i) {
    const auto byte = bytes[i];
    value = i == 8 ? value << 8 | byte : value << 7 | (byte & 0x7F);
    if (i == 8 || byte < 0x80) {
      bytes = bytes.subspan(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

// How a column is stored.
bool is_integer(uint64_t type) { return (type >= 1 && type <= 6) || type == 8 || type == 9; }
bool is_blob(uint64_t type) { return type >= 12 && type % 2 == 0; }
bool is_text(uint64_t type) { return type >= 13 && type % 2 == 1; }
uint64_t length_of(uint64_t type) {
  constexpr std::array<uint64_t, 10> kOfNumbers{0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
  return type < kOfNumbers.size() ? kOfNumbers[type] : (type - 12) / 2;
}
int64_t integer(uint64_t type, Bytes bytes) {
  if (type == 8 || type == 9) return type == 9 ? 1 : 0;
  uint64_t value = !bytes.empty() && bytes[0] >= 0x80 ? ~uint64_t{0} : 0;  // negative ones have ones in front
  for (const auto byte : bytes) value = value << 8 | byte;
  return static_cast<int64_t>(value);
}

// The columns of `events` behind the id: topic, key, value, event_id, receipt, traceparent, received_at, stored_at,
// checksum. SQLite keeps the id outside of the row and null in it.
constexpr size_t kColumns = 10;
struct Shape {
  uint64_t id = 0, row = 0;                // row: its length in bytes
  std::array<uint64_t, kColumns> types{};  // type 0: null
  size_t head = 0;                         // where the values begin in the row
  Bytes in_page;                           // the row, as far as it lies in this page, and what comes behind it
};

std::optional<Shape> shape_at(Bytes bytes, size_t columns) {
  Shape shape;
  const auto row = take_number(bytes);
  if (!row || *row < columns || *row > kLargestRow) return std::nullopt;
  const auto id = take_number(bytes);
  if (!id || *id == 0 || *id > INT64_MAX) return std::nullopt;
  shape.row = *row;
  shape.id = *id;
  shape.in_page = bytes;
  const auto before = bytes.size();
  const auto head = take_number(bytes);
  if (!head || *head > *row || *head > before || *head < columns) return std::nullopt;
  shape.head = *head;
  uint64_t length = *head;
  for (size_t i = 0; i < columns; ++i) {
    const auto type = take_number(bytes);
    const bool fits = type && (i == 0            ? *type == 0
                               : i == 3          ? is_blob(*type)
                               : i == 1 || i > 6 ? is_integer(*type)
                                                 : is_text(*type));
    if (!fits) return std::nullopt;
    shape.types[i] = *type;
    length += length_of(*type);
  }
  const bool whole = before - bytes.size() == *head && length == *row;
  return whole ? std::optional(shape) : std::nullopt;
}

class Carver {
 public:
  Carver(const CarvedFiles& files, const std::function<bool(int64_t)>& wanted,
         const std::function<void(const SpooledRecord&)>& found)
      : file_(files.file),
        wal_(files.wal),
        columns_(files.has_checksums ? kColumns : kColumns - 1),
        wanted_(wanted),
        found_(found) {
    for (uint64_t frame = 0; kWalHeader + (frame + 1) * (kFrameHeader + kPage) <= wal_.size() + kPage; ++frame) {
      std::array<unsigned char, kFrameHeader> header{};
      wal_.read(at(frame), header.data(), header.size());
      versions_[big_endian(header.data())].push_back(frame);
      commits_.push_back(big_endian(header.data() + 4) != 0);
    }
  }

  void run() {
    Page page;
    for (uint64_t frame = commits_.size(); frame-- > 0;) {  // the newest first
      wal_.read(at(frame) + kFrameHeader, page.data(), page.size());
      look(page, frame);
    }
    for (uint64_t offset = 0; offset < file_.size(); offset += kPage) {
      file_.read(offset, page.data(), page.size());
      look(page, std::nullopt);
    }
  }

 private:
  using Frame = std::optional<uint64_t>;  // none: in the file itself
  static constexpr uint64_t kAnyFrame = UINT64_MAX;

  static uint64_t at(uint64_t frame) { return kWalHeader + frame * (kFrameHeader + kPage); }

  void look(const Page& page, Frame frame) {
    for (size_t start = 0; start + columns_ < page.size(); ++start)
      if (const auto shape = shape_at(Bytes(page).subspan(start), columns_);
          shape && wanted_(static_cast<int64_t>(shape->id)))
        take(*shape, frame);
  }

  // The overflow pages of a row are those of its own transaction. If these don't fit: the newest, or those of the file.
  void take(const Shape& shape, Frame frame) {
    const auto in_page = bytes_in_page(shape.row);
    if (in_page == shape.row) {
      if (in_page <= shape.in_page.size()) judge(shape, shape.in_page.first(in_page));
      return;
    }
    if (in_page + 4 > shape.in_page.size()) return;
    Frame own = frame;
    while (own && *own + 1 < commits_.size() && !commits_[*own]) ++*own;
    for (const auto& until : {own, Frame(kAnyFrame), Frame()}) {
      row_.assign(shape.in_page.begin(), shape.in_page.begin() + static_cast<int64_t>(in_page));
      if (gather(big_endian(shape.in_page.data() + in_page), shape.row, until) && judge(shape, row_)) return;
    }
  }

  bool gather(uint32_t page_number, uint64_t row, Frame until) {
    Page page;
    while (row_.size() < row) {
      if (page_number == 0 || !read_page(page_number, until, page)) return false;
      page_number = big_endian(page.data());
      const auto more = std::min(kInOverflowPage, row - row_.size());
      row_.insert(row_.end(), page.begin() + 4, page.begin() + 4 + static_cast<int64_t>(more));
    }
    return true;
  }

  bool read_page(uint32_t number, Frame until, Page& page) const {
    const auto known = versions_.find(number);
    if (until && known != versions_.end()) {
      const auto& frames = known->second;
      const auto behind = std::upper_bound(frames.begin(), frames.end(), *until);
      if (behind != frames.begin()) {
        wal_.read(at(*std::prev(behind)) + kFrameHeader, page.data(), page.size());
        return true;
      }
    }
    const auto offset = (uint64_t{number} - 1) * kPage;
    if (offset >= file_.size()) return false;
    file_.read(offset, page.data(), page.size());
    return true;
  }

  bool judge(const Shape& shape, Bytes row) {
    auto values = row.subspan(shape.head);
    const auto take = [&](size_t column) {
      const auto value = values.first(length_of(shape.types[column]));
      values = values.subspan(value.size());
      return value;
    };
    const auto number = [&](size_t column) { return integer(shape.types[column], take(column)); };
    const auto text = [&](size_t column) {
      const auto bytes = take(column);
      return std::string(bytes.begin(), bytes.end());
    };
    const auto topic = number(1);
    if (!is_topic(topic)) return false;
    auto& [id, record, stored_at] = carved_;
    id = static_cast<int64_t>(shape.id);
    record.topic = static_cast<schemas::TopicName>(topic);
    record.key = text(2);
    record.value = text(3);
    record.event_id = text(4);
    record.receipt = text(5);
    record.traceparent = text(6);
    record.timestamp = timestamp(number(7));
    stored_at = timestamp(number(8));
    if (columns_ == kColumns && number(9) != checksum_of(id, record, stored_at)) return false;
    found_(carved_);
    return true;
  }

  const PartReader file_, wal_;
  const size_t columns_;
  const std::function<bool(int64_t)>& wanted_;
  const std::function<void(const SpooledRecord&)>& found_;
  std::map<uint32_t, std::vector<uint64_t>> versions_;  // by page number: its frames in the log
  std::vector<bool> commits_;                           // by frame: it ends a transaction
  std::vector<unsigned char> row_;
  SpooledRecord carved_;
};
}  // namespace

void carve(const CarvedFiles& files, const std::function<bool(int64_t id)>& wanted,
           const std::function<void(const SpooledRecord& found)>& found) {
  Carver(files, wanted, found).run();
}

}  // namespace wxpipe::ingest
