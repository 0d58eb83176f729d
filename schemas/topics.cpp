#include "schemas/topics.hpp"

namespace wxpipe::schemas {

std::string topic_name(std::string_view prefix, TopicName name) {
  return std::string(prefix).append(topic(name).suffix);
}

std::vector<std::string> topic_names(std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& one : kTopics) names.push_back(topic_name(prefix, one.name));
  return names;
}

std::string process_group(std::string_view prefix) { return std::string(prefix).append("process"); }

}  // namespace wxpipe::schemas
