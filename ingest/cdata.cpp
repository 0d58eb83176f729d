#include "ingest/cdata.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace wxpipe::ingest {
namespace {

constexpr char kMask = '\x01';
constexpr std::string_view kBegin = "<![CDATA[", kEnd = "]]>", kMasked = "]]\x01", kBlank = " \t\r\n";
constexpr size_t kNone = std::string_view::npos;
constexpr std::string_view kWritten = "Content";  // what a person wrote
// No real body has more sections that end in doubt. The rest of a hostile one is read as XML, so that time is bounded.
constexpr size_t kMostDoubts = 64;

class Masker {
 public:
  Masker(char* text, size_t size) : text_(text), body_(text, size) {}

  bool mask() {
    for (size_t at = next_begin(0); at != kNone; at = next_begin(at)) {
      const size_t from = at + kBegin.size(), first = body_.find(kEnd, from);
      if (first == kNone) break;
      const size_t end = end_of(own_element(at), first);
      for (size_t inner = first; inner < end; inner = body_.find(kEnd, inner + kEnd.size())) {
        text_[inner + 2] = kMask;
        masked_ = true;
      }
      at = end + kEnd.size();
    }
    return masked_;
  }

 private:
  size_t next_begin(size_t from) const {
    while (from < body_.size()) {
      const void* const found = std::memchr(text_ + from, '!', body_.size() - from);
      if (found == nullptr) return kNone;
      const auto at = static_cast<size_t>(static_cast<const char*>(found) - text_);
      if (at > 0 && body_.substr(at - 1, kBegin.size()) == kBegin) return at - 1;
      from = at + 1;
    }
    return kNone;
  }

  size_t behind_blanks(size_t at) const { return std::min(body_.find_first_not_of(kBlank, at), body_.size()); }

  // The name of the element whose start tag stands right before the section; empty: something else does.
  std::string_view own_element(size_t section) const {
    size_t end = section;
    while (end > 0 && kBlank.find(text_[end - 1]) != kNone) --end;
    if (end < 3 || text_[end - 1] != '>') return {};
    size_t begin = end - 1;
    while (begin > 0 && text_[begin] != '<') --begin;
    const std::string_view tag = body_.substr(begin + 1, end - begin - 2);
    const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
    const bool opens = !name.starts_with('!') && !name.starts_with('?') && !tag.ends_with('/');
    return opens ? name : std::string_view();
  }

  bool is_end_tag(size_t at, std::string_view name) const {
    if (body_.substr(at, 2) != "</" || body_.substr(at + 2, name.size()) != name) return false;
    const size_t behind = behind_blanks(at + 2 + name.size());
    return behind < body_.size() && text_[behind] == '>';
  }

  // The `]]>` that stands before an end tag, from `first` on; kNone: something else does.
  size_t mark_before(size_t end_tag, size_t first) const {
    size_t end = end_tag;
    while (end > 0 && kBlank.find(text_[end - 1]) != kNone) --end;
    if (end < first + kEnd.size() || body_.substr(end - kEnd.size(), kEnd.size()) != kEnd) return kNone;
    return end - kEnd.size();
  }

  // first: the first `]]>` of the section. Returns the one that ends it.
  size_t end_of(std::string_view name, size_t first) {
    if (name.empty()) return first;
    if (name == kWritten) {
      // Looked for once: a hostile body has many sections, and much that has to be walked over.
      if (!last_mark_) last_mark_ = mark_before(last_end_tag(), 0);
      const size_t last = *last_mark_;
      if (last != kNone && last > first && depth_at(first) == 2) return last;
    }
    const size_t behind = behind_blanks(first + kEnd.size());
    if (is_end_tag(behind, name) || body_.substr(behind, kBegin.size()) == kBegin) return first;
    if (++doubts_ > kMostDoubts) return first;
    size_t tag = body_.find("</", behind);
    while (tag != kNone && !is_end_tag(tag, name)) tag = body_.find("</", tag + 2);
    const size_t own = tag == kNone ? kNone : mark_before(tag, first);
    return own == kNone ? first : own;
  }

  // Where the last end tag of kWritten begins; 0: there is none.
  size_t last_end_tag() {
    if (last_end_tag_ != kNone) return last_end_tag_;
    for (size_t at = body_.rfind("</"); at != kNone && at > 0; at = body_.rfind("</", at - 1))
      if (is_end_tag(at, kWritten)) return last_end_tag_ = at;
    return last_end_tag_ = 0;
  }

  // How many elements are open in the section that `inside` is in. Calls come in the body's order.
  int depth_at(size_t inside) {
    const auto skip = [&](std::string_view mark) {
      const size_t found = body_.find(mark, walked_);
      walked_ = found == kNone ? body_.size() : found + mark.size();
    };
    for (;;) {
      const size_t at = body_.find('<', walked_);
      if (at == kNone || at >= inside) return depth_;
      walked_ = at;
      const std::string_view rest = body_.substr(at);
      if (rest.starts_with(kBegin)) {
        if (body_.find(kEnd, at) >= inside) return depth_;
        skip(kEnd);
      } else if (rest.starts_with("<!--")) {
        skip("-->");
      } else if (rest.starts_with("<?") || rest.starts_with("<!")) {
        skip(">");
      } else {
        skip(">");
        if (rest.starts_with("</"))
          --depth_;
        else if (text_[walked_ - 2] != '/')
          ++depth_;
      }
    }
  }

  char* text_;
  std::string_view body_;  // the same bytes; masks show here at once
  size_t last_end_tag_ = kNone, walked_ = 0, doubts_ = 0;
  std::optional<size_t> last_mark_;  // the `]]>` before it
  int depth_ = 0;
  bool masked_ = false;
};

}  // namespace

bool mask_cdata(char* text, size_t size) { return Masker(text, size).mask(); }

size_t unmask_cdata(std::string_view masked, char* out) {
  char* const begin = out;
  const auto put = [&](std::string_view text) { out = std::copy(text.begin(), text.end(), out); };
  for (size_t mark = masked.find(kMasked); mark != kNone; mark = masked.find(kMasked)) {
    put(masked.substr(0, mark));
    masked.remove_prefix(mark + kMasked.size());
    const size_t behind = masked.find_first_not_of(kBlank);
    if (behind != kNone && masked.substr(behind, kBegin.size()) == kBegin)
      masked.remove_prefix(behind + kBegin.size());
    else
      put(kEnd);
  }
  put(masked);
  return static_cast<size_t>(out - begin);
}

}  // namespace wxpipe::ingest
