#include "ingest/attribute_writer.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "common/json/write.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest {
namespace {

// A hostile body could make the attributes huge. raw has everything.
constexpr size_t kMostTexts = 4096, kMostBytes = 512 * 1024;
// Up to so many, names are compared with each other.
constexpr size_t kFew = 24;

constexpr std::string_view kSanitised = "sanitised", kCut = "attributes_cut";
constexpr std::array<std::string_view, 3> kWrappers{"SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent",
                                                    "SubscribeMsgSentEvent"};

bool is_wrapper(std::string_view name) {
  return name.starts_with("SubscribeMsg") && std::find(kWrappers.begin(), kWrappers.end(), name) != kWrappers.end();
}

}  // namespace

std::string_view attribute_name(std::string_view path) {
  if (!path.starts_with("SubscribeMsg")) return path;
  const size_t dot = path.find('.');
  return dot != std::string_view::npos && is_wrapper(path.substr(0, dot)) ? path.substr(dot + 1) : path;
}

std::string AttributeWriter::write() {
  bool any = false;
  out_ = '{';
  if (seals_.overflowed()) {  // not all credentials are known, so they may stand anywhere
    cut_ = true;
  } else {
    out_.reserve(32 * document_.nodes().size());
    add_siblings(0, document_.nodes().size(), true);
    write_members(0, any);
  }
  if (document_.sanitised()) write_flag(kSanitised, any);
  if (cut_) write_flag(kCut, any);
  out_ += '}';
  return std::move(out_);
}

void AttributeWriter::add_siblings(size_t first, size_t last, bool outermost) {
  const auto nodes = document_.nodes();
  for (size_t i = first; i < last; i = nodes[i].end) {
    const Node& each = nodes[i];
    if (outermost && each.kind == Node::Kind::object && is_wrapper(each.name))
      add_siblings(i + 1, each.end, false);
    else if (!is_hidden(each) && !(outermost && (each.name == kSanitised || each.name == kCut)))
      order_.push_back(static_cast<uint32_t>(i));
  }
}

// Moves children with equal names together, in the order of their first one.
void AttributeWriter::group_by_name(size_t begin) {
  const size_t count = order_.size() - begin;
  if (count <= kFew) {
    bool repeated = false;
    for (size_t i = begin + 1; i < order_.size() && !repeated; ++i)
      for (size_t j = begin; j < i && !repeated; ++j) repeated = node(j).name == node(i).name;
    if (!repeated) return;
  }
  std::unordered_map<std::string_view, uint32_t> first;
  for (size_t i = begin; i < order_.size(); ++i) first.try_emplace(node(i).name, order_[i]);
  std::stable_sort(order_.begin() + static_cast<std::ptrdiff_t>(begin), order_.end(), [&](uint32_t a, uint32_t b) {
    return first.at(document_.nodes()[a].name) < first.at(document_.nodes()[b].name);
  });
}

// The members of one object: what stands in order_ from `begin` on.
void AttributeWriter::write_members(size_t begin, bool& any) {
  group_by_name(begin);
  const size_t end = order_.size();
  for (size_t i = begin; i < end && !cut_;) {
    size_t next = i + 1;
    while (next < end && node(next).name == node(i).name) ++next;
    const Node& first = node(i);
    const size_t before = out_.size();
    if (any) out_ += ',';
    write_text(first.name);
    out_ += ':';
    if (next == i + 1 && first.kind != Node::Kind::list && !is_list(first.path)) {
      if (!write_value(first)) {
        out_.resize(before);
        break;
      }
    } else {
      write_list(i, next);
    }
    any = true;
    i = next;
  }
  order_.resize(begin);
}

// One list of all that the children from `begin` to `end` hold. An empty element is an empty list.
void AttributeWriter::write_list(size_t begin, size_t end) {
  out_ += '[';
  bool any = false;
  const auto is_empty = [&](const Node& each) {
    return each.kind == Node::Kind::text && document_.fields()[each.field].value.empty();
  };
  for (size_t i = begin; i < end && !cut_; ++i)
    if (end != begin + 1 || !is_empty(node(i))) write_items(node(i), any);
  out_ += ']';
}

// A list's items, or the node itself as an item.
void AttributeWriter::write_items(const Node& list, bool& any) {
  const auto nodes = document_.nodes();
  const auto write_item = [&](const Node& item) {
    const size_t before = out_.size();
    if (any) out_ += ',';
    if (write_value(item))
      any = true;
    else
      out_.resize(before);
  };
  if (list.kind != Node::Kind::list) return write_item(list);
  const auto first = static_cast<size_t>(&list - nodes.data()) + 1;
  for (size_t i = first; i < list.end && !cut_; i = nodes[i].end)
    if (!is_hidden(nodes[i])) write_item(nodes[i]);
}

// False, and nothing written: it is beyond a limit.
bool AttributeWriter::write_value(const Node& node) {
  if (node.kind != Node::Kind::text && !fits(node.path, {})) return false;
  if (node.kind == Node::Kind::object) {
    write_children(node);
  } else if (node.kind == Node::Kind::list) {
    out_ += '[';
    bool any = false;
    write_items(node, any);
    out_ += ']';
  } else {
    const Field& field = document_.fields()[node.field];
    if (!fits(field.path, field.value)) return false;
    if (!seals_.empty() && is_credential(field.path)) {
      const std::string_view clear = trimmed(field.value);
      json::append_string(out_, clear.empty() ? clear : seals_.seal(clear));
    } else {
      write_text(field.value);
    }
  }
  return true;
}

void AttributeWriter::write_children(const Node& node) {
  const size_t begin = order_.size();
  add_siblings(static_cast<size_t>(&node - document_.nodes().data()) + 1, node.end, false);
  out_ += '{';
  bool any = false;
  write_members(begin, any);
  out_ += '}';
}

void AttributeWriter::write_text(std::string_view text) {
  if (seals_.empty() || !seals_.shows(text)) return json::append_string(out_, text);
  scratch_ = text;
  seals_.scrub(scratch_);
  json::append_string(out_, scratch_);
}

void AttributeWriter::write_flag(std::string_view name, bool& any) {
  if (any) out_ += ',';
  any = true;
  json::append_string(out_, name);
  out_ += R"(:"true")";
}

bool AttributeWriter::fits(std::string_view path, std::string_view value) {
  bytes_ += attribute_name(path).size() + value.size();
  if (++texts_ > kMostTexts || bytes_ > kMostBytes) cut_ = true;
  return !cut_;
}

// What is a column, and an object or list of nothing else.
bool AttributeWriter::is_hidden(const Node& node) const {
  const auto fields = document_.fields();
  if (node.kind == Node::Kind::text) return is_taken(fields[node.field]);
  const size_t end = node.end < document_.nodes().size() ? document_.nodes()[node.end].field : fields.size();
  const auto inside = fields.subspan(node.field, end - node.field);
  return !inside.empty() &&
         std::all_of(inside.begin(), inside.end(), [&](const Field& each) { return is_taken(each); });
}

bool AttributeWriter::is_taken(const Field& field) const {
  return std::find(taken_.begin(), taken_.end(), &field) != taken_.end();
}

bool AttributeWriter::is_list(std::string_view path) const {
  path = attribute_name(path);
  for (std::string_view rest = lists_; !rest.empty();) {
    const size_t blank = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, blank) == path) return true;
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
  return false;
}

}  // namespace wxpipe::ingest
