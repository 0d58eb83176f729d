// What an io thread answered to its callbacks, by receipt, until the custodian fetches it. Used on one thread without a
// lock: the custodian fetches on that same thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "ingest/delivery/outbound.hpp"

namespace wxpipe::ingest {

struct Decision {
  int64_t sequence = 0;
  const std::string* account = nullptr;  // must outlive the decision
  Timestamp received_at;
  DeliveryPath path = DeliveryPath::nowhere;  // nowhere: answered with a failure
};

class Decisions {
 public:
  void add(const Decision& decision) { taken_.push_back(decision); }

  // The account's name, valid as long as this object. Names come from the configuration, so there are few.
  const std::string* name_of(std::string_view account) {
    auto found = names_.find(account);
    if (found == names_.end()) found = names_.emplace(account).first;
    return &*found;
  }

  // All decisions since the last fetch. Keeps `empty` for the next ones: its memory is used again.
  std::vector<Decision> fetch(std::vector<Decision> empty) {
    empty.clear();
    taken_.swap(empty);
    return empty;
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::vector<Decision> taken_;
  std::unordered_set<std::string, Hash, std::equal_to<>> names_;  // nodes don't move
};

// A receipt that waits for its decision. It becomes void unless the callback was reported durable.
class OpenReceipt {
 public:
  OpenReceipt(Decisions& decisions, const Decision& decision) : decisions_(decisions), decision_(decision) {}
  ~OpenReceipt() { decisions_.add(decision_); }
  OpenReceipt(const OpenReceipt&) = delete;
  OpenReceipt& operator=(const OpenReceipt&) = delete;
  void decide(DeliveryPath path) { decision_.path = path; }

 private:
  Decisions& decisions_;
  Decision decision_;
};

}  // namespace wxpipe::ingest
