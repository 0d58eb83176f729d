#include "schemas/topics.hpp"

namespace wxpipe::schemas {

std::string topic_name(std::string_view prefix, TopicName name) {
  return std::string(prefix).append(topic(name).suffix);
}

}  // namespace wxpipe::schemas
