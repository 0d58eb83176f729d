#include "ingest/delivery/spool_ledger.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/crypto/digest.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/spool_files.hpp"

namespace wxpipe::ingest {
namespace {
constexpr size_t kSumLength = 8;
constexpr uint64_t kSmall = 1 << 20;  // a file of this size is not worth making anew

std::string sum_of(std::string_view line) {
  const std::array<std::string_view, 1> parts{line};
  const auto digest = crypto::sha256(parts);
  return fmt::format("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
}

void append_line(std::string& out, std::string_view line) {
  out.append(line).append(1, ' ').append(sum_of(line)).append(1, '\n');
}

// The next word of a line.
std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}
std::optional<int64_t> take_number(std::string_view& line) {
  const auto word = take_word(line);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

std::string line_of(int64_t id, const SpoolLedger::Entry& entry) {
  if (entry.topic == schemas::TopicName::custody)
    return fmt::format("mark {} {} {} {}", id, microseconds(entry.received_at), entry.key, entry.value);
  return fmt::format("stored {} {} {} {} {}", id, static_cast<int>(entry.topic), microseconds(entry.received_at),
                     entry.receipt, entry.account);
}

// False: not a line of ours.
bool understand(std::string_view line, SpoolLedger::Contents& contents) {
  const auto word = take_word(line);
  if (word == "of") {
    contents.topic_prefix = line;
    return true;
  }
  if (word == "marked") {
    const std::string process(take_word(line));
    const auto next = take_number(line);
    if (!next) return false;
    auto& known = contents.marked[process];
    known = std::max(known, *next);
    return true;
  }
  const auto id = take_number(line);
  if (!id) return false;
  contents.highest = std::max(contents.highest, *id);
  if (word == "highest") return true;
  if (word == "removed") {
    contents.waiting.erase(*id);
    return true;
  }
  SpoolLedger::Entry entry;
  if (word == "stored") {
    const auto topic = take_number(line), received_at = take_number(line);
    if (!topic || !is_topic(*topic) || !received_at) return false;
    entry.topic = static_cast<schemas::TopicName>(*topic);
    entry.received_at = timestamp(*received_at);
    entry.receipt = take_word(line);
    entry.account = line;
  } else if (word == "mark") {
    const auto received_at = take_number(line);
    if (!received_at) return false;
    entry.topic = schemas::TopicName::custody;
    entry.received_at = timestamp(*received_at);
    entry.key = take_word(line);
    entry.value = line;
  } else {
    return false;
  }
  contents.waiting.insert_or_assign(*id, std::move(entry));
  return true;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// The size without a last line that a crash cut short.
uint64_t whole_lines(int file, uint64_t size) {
  for (char last = 0; size > 0; --size)
    if (::pread(file, &last, 1, static_cast<off_t>(size - 1)) != 1 || last == '\n') break;
  return size;
}

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), file.string());
}

std::string lines_of(const SpoolLedger::Contents& contents) {
  std::string lines;
  if (contents.topic_prefix) append_line(lines, fmt::format("of {}", *contents.topic_prefix));
  append_line(lines, fmt::format("highest {}", contents.highest));
  for (const auto& [process, next] : contents.marked) append_line(lines, fmt::format("marked {} {}", process, next));
  for (const auto& [id, entry] : contents.waiting) append_line(lines, line_of(id, entry));
  return lines;
}

// A new file in the place of the old one, with these lines on the disk; open, at its end. If the disk doesn't take it,
// the old one stays. Its name is on the disk after sync_folder.
int replace(const std::filesystem::path& file, std::string_view lines) {
  const auto fresh = file.string() + ".new";
  const int made = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (made < 0) fail(fresh);
  if (write_all(made, lines) && ::fsync(made) == 0 && ::rename(fresh.c_str(), file.c_str()) == 0) return made;
  const auto trouble = errno;
  ::close(made);
  ::unlink(fresh.c_str());
  errno = trouble;
  fail(fresh);
}

}  // namespace

SpoolLedger::Entry SpoolLedger::entry_of(const Outbound& record) {
  Entry entry{record.topic, record.timestamp, {}, {}, {}, {}};
  if (record.topic == schemas::TopicName::custody) {
    entry.key = record.key;
    entry.value = record.value;
  } else {
    entry.receipt = record.receipt;
    entry.account = record.key.substr(0, record.key.find('|'));
  }
  return entry;
}

SpoolLedger::Contents SpoolLedger::read(const std::filesystem::path& file) {
  Contents contents;
  std::ifstream in(file, std::ios::binary);
  contents.present = in.is_open();
  const std::string all{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (std::string_view rest = all; !rest.empty();) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    // What a crash cut off was not confirmed yet.
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
    const bool sound = line.size() > kSumLength && line[line.size() - kSumLength - 1] == ' ' &&
                       sum_of(line.substr(0, line.size() - kSumLength - 1)) == line.substr(line.size() - kSumLength);
    if (!sound || !understand(line.substr(0, line.size() - kSumLength - 1), contents)) ++contents.unreadable;
  }
  return contents;
}

void SpoolLedger::write(const std::filesystem::path& file, const Contents& contents) {
  ::close(replace(file, lines_of(contents)));
  sync_folder(file.parent_path());
}

SpoolLedger::SpoolLedger(std::filesystem::path file) : path_(std::move(file)) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat status {};
  if (file_ < 0 || ::fstat(file_, &status) != 0) fail(path_);
  size_ = whole_lines(file_, static_cast<uint64_t>(status.st_size));
  if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) fail(path_);
  renew_at_ = 2 * size_ + kSmall;
  if (::lseek(file_, 0, SEEK_END) < 0) fail(path_);
}

SpoolLedger::~SpoolLedger() { ::close(file_); }

void SpoolLedger::stored(int64_t id, const Outbound& record) { append_line(lines_, line_of(id, entry_of(record))); }
void SpoolLedger::removed(int64_t id) { append_line(lines_, fmt::format("removed {}", id)); }
void SpoolLedger::marked(const std::string& process, int64_t next) {
  append_line(lines_, fmt::format("marked {} {}", process, next));
}

bool SpoolLedger::commit(bool synced) {
  const bool written = write_all(file_, lines_) && (!synced || ::fdatasync(file_) == 0);
  if (written) {
    size_ += lines_.size();
  } else if (::ftruncate(file_, static_cast<off_t>(size_)) != 0 ||
             ::lseek(file_, static_cast<off_t>(size_), SEEK_SET) < 0) {
    telemetry::log_error(
        "spool_write_failed",
        {{"why", std::generic_category().message(errno)}, {"events", 0}, {"do", "free space in spool.directory"}});
  }
  lines_.clear();
  if (written && size_ > renew_at_) renew();
  return written;
}

// Leaves out what has left the spool. If the disk doesn't take it, or the old file can't be read as a whole, that one
// goes on.
void SpoolLedger::renew() {
  renew_at_ = 2 * size_;
  const auto contents = read(path_);
  if (!contents.whole()) return;
  try {
    const auto lines = lines_of(contents);
    ::close(std::exchange(file_, replace(path_, lines)));
    size_ = lines.size();
    renew_at_ = 2 * size_ + kSmall;
    sync_folder(path_.parent_path());
  } catch (const std::system_error& error) {
    telemetry::log_warn("spool_ledger_not_renewed", {{"why", error.what()}});
  }
}

}  // namespace wxpipe::ingest
