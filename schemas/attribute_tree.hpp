// An event's attributes: a JSON object that mirrors the callback's body (objects, lists, texts), and the same as a flat
// list of dotted paths, as rules name them. One event, one thread: the flat list is made when it is first asked for.
//
//   {"SelectedItems":{"SelectedItem":[{"QuestionKey":"color"},{"QuestionKey":"size"}]},"TaskId":"t"}
// gives  SelectedItems.SelectedItem.QuestionKey = color, SelectedItems.SelectedItem.QuestionKey = size, TaskId = t.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxpipe::schemas {

// Pairs of name and text, in order. Equal names that follow each other form a list, an array in JSON.
using Attributes = std::vector<std::pair<std::string, std::string>>;

class AttributeTree {
 public:
  using value_type = Attributes::value_type;
  using const_iterator = Attributes::const_iterator;

  AttributeTree() = default;
  // Texts without structure.
  AttributeTree(std::initializer_list<value_type> texts) : AttributeTree(Attributes(texts)) {}
  AttributeTree(const Attributes& texts);
  // A JSON object of objects, lists and texts.
  static AttributeTree of_json(std::string json);

  bool empty() const { return json_.empty(); }
  // The object; "{}" if there is nothing in it.
  std::string_view json() const { return empty() ? std::string_view("{}") : json_; }

  // The texts, in the object's order. Items of a list have the list's path. The text of a member without a name belongs
  // to the object around it. Empty objects and lists have an empty text.
  const Attributes& flat() const {
    if (!flattened_) flatten();
    return flat_;
  }
  // False if the JSON is anything but what `of_json` asks for; flat() then has what was read up to there.
  bool is_readable() const { return flat(), readable_; }
  const_iterator begin() const { return flat().begin(); }
  const_iterator end() const { return flat().end(); }
  size_t size() const { return flat().size(); }

  // Appends one more text. The name must not be there yet.
  void emplace_back(std::string_view name, std::string_view text);

  bool operator==(const AttributeTree& other) const { return json() == other.json(); }

 private:
  void flatten() const;

  std::string json_;  // empty: no attributes
  mutable Attributes flat_;
  mutable bool flattened_ = false, readable_ = true;
};

inline void append_json(std::string& out, const AttributeTree& tree) { out += tree.json(); }

}  // namespace wxpipe::schemas
