#include "ingest/document.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "ingest/document_builder.hpp"
#include "ingest/utf8.hpp"

namespace wxpipe::ingest {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

// No branch in the loop, so the compiler can check 16 bytes at a time. Nearly every body has no such byte.
bool has_control(std::string_view text) {
  unsigned found = 0;
  for (const char c : text) found |= static_cast<unsigned>(is_control(c));
  return found != 0;
}

}  // namespace

const Field* Document::find(std::string_view path) const {
  for (const Field& field : fields_)
    if (field.path == path) return &field;
  return nullptr;
}

DocumentBuilder::DocumentBuilder(std::string_view body, DocumentFormat format, size_t padding)
    : size_(body.size()),
      path_budget_(8 * body.size() + 4096) {
  document_.format_ = format;
  document_.fields_.reserve(16);
  document_.nodes_.reserve(16);
  if (!has_control(body)) {
    document_.text_ = std::make_unique_for_overwrite<char[]>(size_ + padding);
    std::memcpy(text(), body.data(), size_);
  } else {
    document_.sanitised_ = true;
    size_ += static_cast<size_t>(std::count_if(body.begin(), body.end(), is_control)) * (kReplacement.size() - 1);
    document_.text_ = std::make_unique_for_overwrite<char[]>(size_ + padding);
    char* out = text();
    for (const char c : body)
      out = is_control(c) ? std::copy(kReplacement.begin(), kReplacement.end(), out) : (*out = c, out + 1);
  }
  std::memset(text() + size_, 0, padding);
}

char* DocumentBuilder::allocate(size_t size) {
  if (size > free_size_) {
    free_size_ = std::max<size_t>(size, 1024);
    document_.arena_.push_back(std::make_unique_for_overwrite<char[]>(free_size_));
    free_ = document_.arena_.back().get();
  }
  char* const out = free_;
  free_ += size;
  free_size_ -= size;
  return out;
}

std::string_view DocumentBuilder::path(std::string_view parent, std::string_view name) {
  if (parent.empty()) return name;
  const size_t size = parent.size() + 1 + name.size();
  if (size > path_budget_) return {};
  path_budget_ -= size;
  char* const out = allocate(size);
  std::memcpy(out, parent.data(), parent.size());
  out[parent.size()] = '.';
  std::memcpy(out + parent.size() + 1, name.data(), name.size());
  return {out, size};
}

Result<Document> parse_document(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  if (body.find('\0') != std::string_view::npos) return Rejection{Reason::nul_byte, "the body contains a NUL byte"};
  std::string repaired;
  const bool other_bytes = !simdjson::validate_utf8(body.data(), body.size());
  if (other_bytes) body = repaired = with_replaced_bytes(body);
  const size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Rejection{Reason::malformed_xml, "the body is empty"};

  if (body[first] == '<') {
    DocumentBuilder builder(body, DocumentFormat::xml, 1);
    if (other_bytes) builder.mark_other_bytes();
    if (auto bad = read_xml(builder); bad.found) return std::move(bad.rejection);
    return builder.take();
  }
  if (std::string_view("{[\"-0123456789tfn").find(body[first]) != std::string_view::npos) {
    DocumentBuilder builder(body, DocumentFormat::json, kJsonPadding);
    if (other_bytes) builder.mark_other_bytes();
    if (auto bad = read_json(builder); bad.found) return std::move(bad.rejection);
    return builder.take();
  }
  return Rejection{Reason::malformed_xml, "the body is neither XML nor JSON"};
}

}  // namespace wxpipe::ingest
