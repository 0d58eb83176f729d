// Resolves the references in XML text in place: the five named ones and characters by number. pugixml can do this too,
// but it turns numbers that are no characters into NUL, surrogates and worse; here they become U+FFFD. What isn't a
// reference stays as it is, as in the platforms' own readers. Pure.
#pragma once

#include <cstddef>

namespace wxpipe::ingest {

struct XmlText {
  size_t size = 0;        // of the text now; never more than before
  bool replaced = false;  // something was replaced by U+FFFD
};

XmlText resolve_xml_references(char* text, size_t size);

}  // namespace wxpipe::ingest
