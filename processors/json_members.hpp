// The members of a JSON object as they stand, for steps that keep fields in their structure: AttributeTree::flat()
// loses which item of a list a text belongs to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/attribute_tree.hpp"

namespace wxpipe::processors {

struct Member {
  std::string name, json;
  bool operator==(const Member&) const = default;
};
using Members = std::vector<Member>;

// Of an object, in its order. Empty: `json` is no object, or can't be read.
Members members_of(std::string_view json);

// A list's items. Anything else is a list of itself; nothing is an empty list.
std::vector<std::string> items_of(std::string_view json);

// The JSON of the member with that name; empty: there is none.
std::string_view json_of(const Members& members, std::string_view name);
// A text's text; empty for anything else.
std::string text_of(std::string_view json);
inline std::string text_of(const Members& members, std::string_view name) { return text_of(json_of(members, name)); }

// Sets a member to a text: replaces the one of that name.
void set_text(Members& members, std::string_view name, std::string_view text);

schemas::AttributeTree tree_of(const Members& members);

}  // namespace wxpipe::processors
