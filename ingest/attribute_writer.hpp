// Writes an event's attributes: the document's structure as a JSON object, without the fields that became columns, with
// credentials sealed. Pure; one writer per event.
//
// Objects stay objects, JSON lists and repeated elements become lists, everything else is text. A list of one element
// looks like an object in XML; the platform's table names the lists (EventRule::lists).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/credentials.hpp"
#include "ingest/document.hpp"

namespace wxpipe::ingest {

// In XML a list stands inside an object of its own, in JSON it doesn't. This gives both the same attribute name.
std::string_view attribute_name(std::string_view path);

class AttributeWriter {
 public:
  // taken: the fields that are columns. lists: paths, separated by blanks. seals: knows all of the event's credentials.
  AttributeWriter(const Document& document, std::span<const Field* const> taken, std::string_view lists, Seals& seals)
      : document_(document),
        taken_(taken),
        lists_(lists),
        seals_(seals) {}

  // A JSON object. Attributes beyond a limit are left out, and `attributes_cut` says so.
  std::string write();

 private:
  void add_siblings(size_t first, size_t last, bool outermost);
  void group_by_name(size_t begin);
  void write_members(size_t begin, bool& any);
  void write_list(size_t begin, size_t end);
  void write_items(const Node& node, bool& any);
  bool write_value(const Node& node);
  void write_text(std::string_view text);
  void write_children(const Node& node);
  void write_flag(std::string_view name, bool& any);
  bool fits(std::string_view path, std::string_view value);
  bool is_hidden(const Node& node) const;
  bool is_taken(const Field& field) const;
  bool is_list(std::string_view path) const;
  const Node& node(size_t place) const { return document_.nodes()[order_[place]]; }

  const Document& document_;
  std::span<const Field* const> taken_;
  std::string_view lists_;
  Seals& seals_;
  std::string out_, scratch_;
  std::vector<uint32_t> order_;  // the children of all objects that are being written, by their index
  size_t texts_ = 0, bytes_ = 0;
  bool cut_ = false;
};

}  // namespace wxpipe::ingest
