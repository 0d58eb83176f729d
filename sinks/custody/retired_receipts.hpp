// The receipts whose rows retention has dropped (sinks/retention): the audit leaves them out. Kept as ranges, because
// nearly all receipts of a process are dropped in a row. Pure; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::sinks {

// Sequences [first, next).
struct SequenceRange {
  int64_t first = 0, next = 0;
  bool operator==(const SequenceRange&) const = default;
};

class RetiredReceipts {
 public:
  // process: "<instance>/<boot>". Ranges may overlap and come in any order.
  void add(std::string_view process, SequenceRange range);

  bool contains(std::string_view receipt) const;
  // The ranges of a process: sorted, apart from each other, none empty.
  const std::vector<SequenceRange>& of(std::string_view process) const;

 private:
  std::map<std::string, std::vector<SequenceRange>, std::less<>> ranges_;
};

}  // namespace wxpipe::sinks
