// Where a CDATA section ends. The platforms don't escape what people type, so a section can hold `]]>` and a pasted
// callback. A reader of XML ends it at the first `]]>`. Here it ends
//   - in a message's Content (directly below the root, where it stands once): before the last end tag of that name,
//   - elsewhere: before the first end tag of its own element,
// if `]]>` stands there, else at the first `]]>`. Writers that do escape split a section in two: `]]><![CDATA[` is left
// out. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace wxpipe::ingest {

// Replaces the > of each `]]>` that ends no section by a character that no body has here (control characters were
// replaced before). So a reader of XML finds the right end, and all offsets stay. Returns whether there was one.
bool mask_cdata(char* text, size_t size);

// The text of a section whose ends were masked. out: room for as many bytes, not overlapping. Returns the size.
size_t unmask_cdata(std::string_view masked, char* out);

}  // namespace wxpipe::ingest
