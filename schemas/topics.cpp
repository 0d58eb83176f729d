#include "schemas/topics.hpp"

namespace wxpipe::schemas {

std::string topic_name(std::string_view prefix, TopicName name) {
  return std::string(prefix).append(topic(name).suffix);
}

std::string process_group(std::string_view prefix) { return std::string(prefix).append("process"); }

}  // namespace wxpipe::schemas
