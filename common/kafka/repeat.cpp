#include "common/kafka/repeat.hpp"

namespace wxpipe::kafka {

std::string_view to_string(Renewal why) {
  switch (why) {
    case Renewal::aborted:
      return "aborted";
    case Renewal::connection_lost:
      return "connection_lost";
    case Renewal::retried:
      return "retried";
    case Renewal::slow:
      return "slow";
  }
  return {};
}

}  // namespace wxpipe::kafka
