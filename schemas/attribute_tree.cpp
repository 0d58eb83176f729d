#include "schemas/attribute_tree.hpp"

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "schemas/fact.hpp"

namespace wxpipe::schemas {
namespace {

namespace ondemand = simdjson::ondemand;

// Ours are at most 32 deep. Others may write to the topic too, and must not overflow the stack.
constexpr int kDeepest = 64;
// Of paths and texts. Ours are far smaller; a long name above many items would fill the memory.
constexpr size_t kMostFlatBytes = 16 << 20;

class Flattener {
 public:
  explicit Flattener(Attributes& flat) : flat_(flat) {}

  bool read(ondemand::object object, int depth) {
    if (depth > kDeepest) return false;
    bool any = false;
    for (auto member : object) {
      any = true;
      std::string_view name;
      if (member.unescaped_key().get(name)) return false;
      const size_t parent = path_.size();
      if (!path_.empty() && !name.empty()) path_ += '.';
      path_ += name;
      if (!read_value(member.value(), depth)) return false;
      path_.resize(parent);
    }
    return any || depth <= 1 || add({});
  }

 private:
  template <class Value>
  bool read_value(Value&& value, int depth) {
    ondemand::json_type type;
    if (value.type().get(type)) return false;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      return !value.get_object().get(object) && read(object, depth + 1);
    }
    if (type == ondemand::json_type::array) {
      ondemand::array array;
      return !value.get_array().get(array) && read_items(array, depth + 1);
    }
    std::string_view text;
    return !value.get_string().get(text) && add(text);
  }

  bool read_items(ondemand::array array, int depth) {
    if (depth > kDeepest) return false;
    bool any = false;
    for (auto item : array) {
      any = true;
      if (!read_value(item, depth)) return false;
    }
    return any || add({});
  }

  bool add(std::string_view text) {
    bytes_ += path_.size() + text.size();
    if (bytes_ > kMostFlatBytes) return false;
    flat_.emplace_back(path_, text);
    return true;
  }

  Attributes& flat_;
  std::string path_;
  size_t bytes_ = 0;
};

}  // namespace

AttributeTree::AttributeTree(const Attributes& texts) {
  if (!texts.empty()) append_json(json_, texts);
}

AttributeTree AttributeTree::of_json(std::string json) {
  AttributeTree tree;
  if (json != "{}") tree.json_ = std::move(json);
  return tree;
}

void AttributeTree::flatten() const {
  flattened_ = true;
  if (empty()) return;
  // A reader of its own: the thread's other one may be in the middle of the record that holds this.
  thread_local json::Reader reader;
  ondemand::document document;
  ondemand::object object;
  readable_ =
      !reader.iterate(json_).get(document) && !document.get_object().get(object) && Flattener(flat_).read(object, 1);
}

void AttributeTree::emplace_back(std::string_view name, std::string_view text) {
  if (flattened_) flat_.emplace_back(name, text);
  if (empty())
    json_ = '{';
  else
    json_.back() = ',';
  json::append_string(json_, name);
  json_ += ':';
  json::append_string(json_, text);
  json_ += '}';
}

}  // namespace wxpipe::schemas
