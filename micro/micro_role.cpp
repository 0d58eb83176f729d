#include "micro/micro_role.hpp"

#include "common/kafka/client_config.hpp"
#include "common/kafka/consumer.hpp"
#include "micro/memory.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::micro {
namespace {
using namespace std::chrono_literals;

// Every partition from its beginning: the broker began with us.
class FromTheBeginning : public kafka::RebalanceListener {
 public:
  explicit FromTheBeginning(telemetry::Readiness& readiness) : readiness_(readiness) {}
  std::vector<kafka::PartitionOffset> assigned(const std::vector<kafka::Partition>& partitions) override {
    std::vector<kafka::PartitionOffset> starts;
    for (const auto& partition : partitions) starts.push_back({partition, kafka::kLogBegin});
    readiness_.ready("micro");
    return starts;
  }
  void revoked(const std::vector<kafka::Partition>&, bool) override { readiness_.not_ready("micro", "reading"); }

 private:
  telemetry::Readiness& readiness_;
};

class MicroRole : public runtime::Role {
 public:
  explicit MicroRole(runtime::RoleContext context) : context_(context) {
    context_.readiness.not_ready("micro", "starting");
    if (context_.pages == nullptr) return;
    context_.pages->add("/micro/all", [this](auto query) { return memory_.answer(Kind::all, query); });
    context_.pages->add("/micro/good", [this](auto query) { return memory_.answer(Kind::good, query); });
    context_.pages->add("/micro/bad", [this](auto query) { return memory_.answer(Kind::bad, query); });
    context_.pages->add("/micro/reset", [this](auto) { return memory_.reset(); });
  }

  std::string_view name() const override { return "micro"; }

  void run(std::stop_token stop) override {
    const auto& settings = context_.settings.kafka;
    std::vector<std::string> topics;
    for (const auto& topic : schemas::kTopics)
      if (topic.name != schemas::TopicName::events && topic.name != schemas::TopicName::seen_ids)
        topics.push_back(schemas::topic_name(settings.topic_prefix, topic.name));
    FromTheBeginning listener(context_.readiness);
    kafka::Consumer consumer(client_config(kafka::ClientRole::sink_consumer, settings,
                                           {{"group.id", settings.topic_prefix + "micro"},
                                            {"group.instance.id", kafka::member_id("micro", "micro", 0)}}),
                             topics, listener);
    while (!stop.stop_requested())
      if (const auto record = consumer.poll(50ms); record && record->has_value())
        memory_.take(record->topic().substr(settings.topic_prefix.size()), record->value());
  }

 private:
  runtime::RoleContext context_;
  Memory memory_;
};
}  // namespace

std::unique_ptr<runtime::Role> make_micro_role(runtime::RoleContext context) {
  return std::make_unique<MicroRole>(context);
}

}  // namespace wxpipe::micro
