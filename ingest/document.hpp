// A callback's body as a flat list of fields, whether it came as XML or JSON: what normalisation reads.
//
//   <xml><MsgType>event</MsgType><ScanCodeInfo><ScanType>qrcode</ScanType></ScanCodeInfo></xml>
//   {"MsgType":"event","ScanCodeInfo":{"ScanType":"qrcode"}}
// both give  MsgType = event, ScanCodeInfo.ScanType = qrcode.
//
// Lists (repeated siblings, JSON arrays) give the same path several times, in order; a key that an object repeats does
// so too. Numbers and booleans keep the text they were written in (ids exceed 2^53), null is an absent field. Empty
// leaves, objects and arrays are kept with an empty value. JSON that has no name for a value (a bare text, the items of
// an outermost array) has it under the path "value". Text beside child elements is a field of its own if it isn't
// blank.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace wxpipe::ingest {

struct Field {
  std::string_view path;   // dotted, without the root element
  std::string_view value;  // adjacent text and CDATA joined; entities and escapes resolved
  bool operator==(const Field&) const = default;
};

enum class DocumentFormat { xml, json };

// Owns the text its fields point into. Movable; fields stay valid.
class Document {
 public:
  std::span<const Field> fields() const { return fields_; }
  // The first field under the path, or null. Paths are case-sensitive (AppId and appid differ, docs/protocol.md §10.3).
  const Field* find(std::string_view path) const;
  bool has(std::string_view path) const { return find(path) != nullptr; }
  // Its value, or empty.
  std::string_view value(std::string_view path) const {
    const Field* const field = find(path);
    return field == nullptr ? std::string_view() : field->value;
  }
  DocumentFormat format() const { return format_; }
  // Characters that XML 1.0 or Postgres can't hold (control characters, NUL behind an escape, half a surrogate pair)
  // were found and replaced by U+FFFD (docs/protocol.md §12): the event says so.
  bool sanitised() const { return sanitised_; }

 private:
  friend class DocumentBuilder;
  std::vector<Field> fields_;
  std::unique_ptr<char[]> text_;                // the body, parsed in place
  std::vector<std::unique_ptr<char[]>> arena_;  // paths and joined values that aren't in it
  DocumentFormat format_ = DocumentFormat::xml;
  bool sanitised_ = false;
};

inline constexpr int kDeepestNesting = 32;

// Decides XML or JSON by the first non-blank byte (a BOM is skipped). Rejects NUL, invalid UTF-8, DOCTYPE, nesting
// deeper than kDeepestNesting, malformed text, and what is neither. Never throws on any bytes. Tolerant where the
// platforms are sloppy (docs/protocol.md §12: `</xml >`, whitespace around CDATA, control characters).
Result<Document> parse_document(std::string_view body);

}  // namespace wxpipe::ingest
