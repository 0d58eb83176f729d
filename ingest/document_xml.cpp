// XML into fields, with pugixml in place.
#include <pugixml.hpp>

#include <cstring>

#include "ingest/cdata.hpp"
#include "ingest/document_builder.hpp"
#include "ingest/xml_text.hpp"

namespace wxpipe::ingest {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// DOCTYPE becomes a node, so that we can reject it. We resolve references, not pugixml (xml_text.hpp).
constexpr unsigned kOptions = pugi::parse_cdata | pugi::parse_eol | pugi::parse_doctype;

class Reader {
 public:
  Reader(DocumentBuilder& builder, bool has_masks) : builder_(builder), has_masks_(has_masks) {}

  Trouble read_children(const pugi::xml_node& element, std::string_view path, int depth) {
    if (depth > kDeepestNesting) return trouble(Reason::nested_too_deep, "elements are nested deeper than 32");
    const bool outermost = depth == 1;
    size_t pieces = 0, elements = 0, node = 0;
    std::string_view text;
    for (pugi::xml_node child = element.first_child(); child; child = child.next_sibling()) {
      if (child.type() == pugi::node_element) {
        if (elements++ == 0 && !outermost) node = builder_.open(Node::Kind::object, path, element.name());
        const std::string_view child_path = builder_.path(path, child.name());
        if (child_path.empty()) return trouble(Reason::too_large, "the names of nested elements are too long");
        if (auto bad = read_children(child, child_path, depth + 1); bad.found) return bad;
      } else if (is_text(child)) {
        ++pieces;
        text = text_of(child);
      }
    }
    if (pieces > 1) text = joined(element);
    const bool said = text.find_first_not_of(kBlank) != std::string_view::npos;
    if (outermost) {
      if (said) builder_.add(kNameless, kNameless, text);
    } else if (elements == 0) {
      builder_.add(path, element.name(), text);
    } else {
      if (said) builder_.add(path, {}, text);
      builder_.close(node);
    }
    return {};
  }

 private:
  static bool is_text(const pugi::xml_node& node) {
    return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
  }

  // The node's text with its references resolved, in a copy; the node itself stays as it is.
  std::string_view text_of(const pugi::xml_node& node) {
    const std::string_view text = node.value();
    if (node.type() == pugi::node_cdata) return has_masks_ ? unmasked(text) : text;
    if (text.find('&') == std::string_view::npos) return text;
    char* const copy = builder_.allocate(text.size());
    std::memcpy(copy, text.data(), text.size());
    const XmlText resolved = resolve_xml_references(copy, text.size());
    if (resolved.replaced) builder_.mark_sanitised();
    return {copy, resolved.size};
  }

  std::string_view joined(const pugi::xml_node& element) {
    size_t size = 0;
    for (pugi::xml_node child = element.first_child(); child; child = child.next_sibling())
      if (is_text(child)) size += std::strlen(child.value());
    char* const begin = builder_.allocate(size);
    char* out = begin;
    for (pugi::xml_node child = element.first_child(); child; child = child.next_sibling())
      if (is_text(child)) {
        const std::string_view piece = text_of(child);
        std::memcpy(out, piece.data(), piece.size());
        out += piece.size();
      }
    return {begin, static_cast<size_t>(out - begin)};
  }

  std::string_view unmasked(std::string_view text) {
    char* const copy = builder_.allocate(text.size());
    return {copy, unmask_cdata(text, copy)};
  }

  DocumentBuilder& builder_;
  bool has_masks_;
};

// Whether the part that pugixml read is already nested too deep. If so, this is the better reason for its failure.
bool nested_too_deep(const pugi::xml_document& tree) {
  int depth = 0;
  pugi::xml_node node = tree;
  while (node) {
    if (depth > kDeepestNesting) return true;
    if (node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node) node = node.next_sibling();
  }
  return false;
}

}  // namespace

Trouble read_xml(DocumentBuilder& builder) {
  const std::string_view text(builder.text(), builder.size());
  const char last = text[text.find_last_not_of(kBlank)];
  const bool has_masks = mask_cdata(builder.text(), builder.size());
  pugi::xml_document tree;
  const pugi::xml_parse_result parsed =
      tree.load_buffer_inplace(builder.text(), builder.size(), kOptions, pugi::encoding_utf8);
  for (pugi::xml_node node = tree.first_child(); node; node = node.next_sibling())
    if (node.type() == pugi::node_doctype) return trouble(Reason::doctype, "the body has a DOCTYPE");
  if (parsed.status == pugi::status_bad_doctype) return trouble(Reason::doctype, "the body has a DOCTYPE");
  if (!parsed) {
    if (nested_too_deep(tree)) return trouble(Reason::nested_too_deep, "elements are nested deeper than 32");
    return trouble(Reason::malformed_xml,
                   std::string(parsed.description()) + " at byte " + std::to_string(parsed.offset));
  }
  // pugixml silently drops text outside the root.
  if (last != '>') return trouble(Reason::malformed_xml, "text follows the root element");
  const pugi::xml_node root = tree.document_element();
  for (pugi::xml_node node = root.next_sibling(); node; node = node.next_sibling())
    if (node.type() == pugi::node_element) return trouble(Reason::malformed_xml, "there are several root elements");
  return Reader(builder, has_masks).read_children(root, {}, 1);
}

}  // namespace wxpipe::ingest
