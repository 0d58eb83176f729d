// What the XML and JSON readers of parse_document share: the document being built, its memory and its limits. Only for
// document*.cpp.
#pragma once

#include <cstddef>
#include <string_view>

#include "ingest/document.hpp"

namespace wxpipe::ingest {

class DocumentBuilder {
 public:
  // Copies the body, with `padding` writable bytes behind it. Control characters become U+FFFD. The body is UTF-8.
  DocumentBuilder(std::string_view body, DocumentFormat format, size_t padding);

  char* text() { return document_.text_.get(); }
  size_t size() const { return size_; }

  // A text, inside what is open. An item of a list has no name.
  void add(std::string_view path, std::string_view name, std::string_view value) {
    open(Node::Kind::text, path, name);
    document_.fields_.push_back({path, value});
  }
  // An object or list, until it is closed. Returns what `close` wants.
  size_t open(Node::Kind kind, std::string_view path, std::string_view name) {
    const size_t index = document_.nodes_.size();
    document_.nodes_.push_back(
        {path, name, static_cast<uint32_t>(document_.fields_.size()), static_cast<uint32_t>(index + 1), kind});
    return index;
  }
  void close(size_t index) { document_.nodes_[index].end = static_cast<uint32_t>(document_.nodes_.size()); }
  // The field of an empty object or list, besides its node.
  void add_empty(std::string_view path) { document_.fields_.push_back({path, {}}); }
  void mark_sanitised() { document_.sanitised_ = true; }
  void mark_other_bytes() { document_.sanitised_ = document_.has_other_bytes_ = true; }

  // parent.name, or just name below the root. Empty when the document's paths exceed their limit (a few long names
  // above many leaves use much memory); the caller then rejects the body.
  std::string_view path(std::string_view parent, std::string_view name);
  // An item of a list has its list's path. Long ones count for each item: others read the path of every field. False:
  // as above.
  bool pay_for_item(std::string_view path) {
    constexpr size_t kShort = 128;
    if (path.size() <= kShort) return true;
    if (path.size() > path_budget_) return false;
    path_budget_ -= path.size();
    return true;
  }
  // Bytes that live as long as the document.
  char* allocate(size_t size);

  Document take() { return std::move(document_); }

 private:
  Document document_;
  size_t size_ = 0;
  char* free_ = nullptr;
  size_t free_size_ = 0;
  size_t path_budget_ = 0;
};

// The reader's result: nothing if all fields were added, else why not.
struct Trouble {
  bool found = false;
  Rejection rejection{};
};
Trouble read_xml(DocumentBuilder& builder);
Trouble read_json(DocumentBuilder& builder);
inline constexpr std::string_view kNameless = "value";  // the path of values without a name
inline constexpr size_t kJsonPadding = 64;              // at least simdjson's; checked in document_json.cpp

inline Trouble trouble(Reason reason, std::string detail) { return {true, {reason, std::move(detail)}}; }

}  // namespace wxpipe::ingest
