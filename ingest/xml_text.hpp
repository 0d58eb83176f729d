// Resolving the references in XML text in place: the five named ones and characters by number. pugixml does so too, but
// makes NUL, surrogates and worse of numbers that are no characters; here they become U+FFFD. What isn't a reference
// stays as it is, as the platforms' readers do. Pure.
#pragma once

#include <cstddef>

namespace wxpipe::ingest {

struct XmlText {
  size_t size = 0;        // of the text now in place; never more than before
  bool replaced = false;  // U+FFFD stands for something that is no character
};

XmlText resolve_xml_references(char* text, size_t size);

}  // namespace wxpipe::ingest
