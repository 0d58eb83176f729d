// A callback's body as a flat list of fields, whether it came as XML or JSON: what normalisation reads. How the fields
// stand together in objects and lists is kept beside it (nodes).
//
//   <xml><MsgType>event</MsgType><ScanCodeInfo><ScanType>qrcode</ScanType></ScanCodeInfo></xml>
//   {"MsgType":"event","ScanCodeInfo":{"ScanType":"qrcode"}}
// both give  MsgType = event, ScanCodeInfo.ScanType = qrcode.
//
// Lists (repeated siblings, JSON arrays) give the same path several times, in order. So does a key that an object
// repeats. Numbers and booleans keep their text as written (ids exceed 2^53); null is an absent field. Empty leaves,
// objects and arrays are kept with an empty value. JSON values without a name (a bare text, the items of an outermost
// array) have the path "value". Text beside child elements is a field of its own unless it is blank. Blanks around a
// JSON key are left out: the platforms' documentation has such keys.
//
// What people type isn't escaped by the platforms: cdata.hpp says where a CDATA section really ends. Each byte that is
// not UTF-8 becomes U+FFFD: platforms cut long labels inside a character.
#pragma once

#include <cstdint>
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

// A place in the body's structure, in the body's order: parents before their children.
struct Node {
  enum class Kind : uint8_t { text, object, list };
  std::string_view path;  // as the field's; an item of a list has its list's
  std::string_view name;  // empty: an item of a list, or text that stands beside child elements
  uint32_t field = 0;     // of Kind::text: its index in fields()
  uint32_t end = 0;       // index of the node behind its last child
  Kind kind = Kind::text;
};

enum class DocumentFormat { xml, json };

// Owns the text that its fields point into. After a move the fields are still valid.
class Document {
 public:
  std::span<const Field> fields() const { return fields_; }
  std::span<const Node> nodes() const { return nodes_; }
  // The first field under the path, or null. Paths are case-sensitive (AppId and appid differ, docs/protocol.md §10.3).
  const Field* find(std::string_view path) const;
  bool has(std::string_view path) const { return find(path) != nullptr; }
  // Its value, or empty.
  std::string_view value(std::string_view path) const {
    const Field* const field = find(path);
    return field == nullptr ? std::string_view() : field->value;
  }
  DocumentFormat format() const { return format_; }
  // Whether characters were replaced by U+FFFD because XML 1.0 or Postgres can't hold them (control characters, escaped
  // NUL, half a surrogate pair; docs/protocol.md §12). The event then says so.
  bool sanitised() const { return sanitised_; }
  // Whether the body isn't UTF-8, so that a text can't hold it verbatim.
  bool has_other_bytes() const { return has_other_bytes_; }

 private:
  friend class DocumentBuilder;
  std::vector<Field> fields_;
  std::vector<Node> nodes_;
  std::unique_ptr<char[]> text_;                // the body, parsed in place
  std::vector<std::unique_ptr<char[]>> arena_;  // paths, and joined values that are not in text_
  DocumentFormat format_ = DocumentFormat::xml;
  bool sanitised_ = false, has_other_bytes_ = false;
};

inline constexpr int kDeepestNesting = 32;

// XML or JSON: the first non-blank byte decides (a BOM is skipped). Rejects NUL, DOCTYPE, nesting deeper than
// kDeepestNesting, malformed text, and anything that is neither. Never throws, whatever the bytes. Accepts what the
// platforms get wrong (docs/protocol.md §12: `</xml >`, whitespace around CDATA, control characters).
Result<Document> parse_document(std::string_view body);

}  // namespace wxpipe::ingest
