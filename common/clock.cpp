#include "common/clock.hpp"

#include <charconv>

#ifdef WXPIPE_FAULT_POINTS
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#endif

namespace wxpipe {
namespace {
using namespace std::chrono;

#ifdef WXPIPE_FAULT_POINTS
// Microseconds that another program sets while we run. WXPIPE_CLOCK_SHIFT names the file: 8 bytes in the machine's byte
// order. It is mapped as shared memory, so a change counts at once. Only in builds with fault points.
class Shift {
 public:
  Shift() {
    const char* path = std::getenv("WXPIPE_CLOCK_SHIFT");
    if (path == nullptr) return;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    void* memory = file < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof *value_, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) ::close(file);
    if (memory == MAP_FAILED) {
      std::fprintf(stderr, "WXPIPE_CLOCK_SHIFT: %s can't be mapped\n", path);
      std::_Exit(2);
    }
    value_ = static_cast<const volatile int64_t*>(memory);
  }
  microseconds now() const { return microseconds(value_ == nullptr ? 0 : *value_); }

 private:
  const volatile int64_t* value_ = nullptr;
};
#else
struct Shift {
  static constexpr microseconds now() { return {}; }
};
#endif

class SystemClock final : public Clock {
 public:
  Timestamp now() const override { return floor<microseconds>(std::chrono::system_clock::now()) + shift_.now(); }

 private:
  const Shift shift_{};
};

void put(char*& at, unsigned value, int width) {
  for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
  at += width;
}

bool take(std::string_view& text, size_t width, int& value) {
  if (text.size() < width || text.front() == '-') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc{} || end != text.data() + width) return false;
  text.remove_prefix(width);
  return true;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}
}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

void append_iso8601(std::string& out, Timestamp at) {
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  char text[27];
  char* p = text;
  put(p, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *p++ = '-';
  put(p, static_cast<unsigned>(date.month()), 2);
  *p++ = '-';
  put(p, static_cast<unsigned>(date.day()), 2);
  *p++ = 'T';
  put(p, static_cast<unsigned>(time.hours().count()), 2);
  *p++ = ':';
  put(p, static_cast<unsigned>(time.minutes().count()), 2);
  *p++ = ':';
  put(p, static_cast<unsigned>(time.seconds().count()), 2);
  *p++ = '.';
  put(p, static_cast<unsigned>(time.subseconds().count()), 6);
  *p++ = 'Z';
  out.append(text, 27);
}

std::string to_iso8601(Timestamp at) {
  std::string out;
  append_iso8601(out, at);
  return out;
}

bool parse_iso8601(std::string_view text, Timestamp& at) {
  int y, mo, d, h, mi, s;
  if (!take(text, 4, y) || !take(text, '-') || !take(text, 2, mo) || !take(text, '-') || !take(text, 2, d) ||
      !take(text, 'T') || !take(text, 2, h) || !take(text, ':') || !take(text, 2, mi) || !take(text, ':') ||
      !take(text, 2, s))
    return false;
  int fraction = 0;
  if (take(text, '.')) {
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9' && digits < 6) {
      fraction = fraction * 10 + (text.front() - '0');
      text.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return false;
    for (; digits < 6; ++digits) fraction *= 10;
  }
  if (text != "Z") return false;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return false;
  at = sys_days{date} + hours{h} + minutes{mi} + seconds{s} + microseconds{fraction};
  return true;
}

}  // namespace wxpipe
