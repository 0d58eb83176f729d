#include "processors/process_role.hpp"

#include <algorithm>

#include "common/runtime/memory.hpp"
#include "common/worker/crew.hpp"
#include "processors/steps.hpp"
#include "processors/transaction_loop.hpp"

namespace wxpipe::processors {
namespace {
// The journal of partition n of events is partition n of seen_ids.
std::string journal_trouble(const kafka::ClusterView& view, const std::string& prefix) {
  const auto events = schemas::topic_name(prefix, schemas::TopicName::events);
  const auto journal = schemas::topic_name(prefix, schemas::TopicName::seen_ids);
  const int needed = view.topics.at(events).partitions, there = view.topics.at(journal).partitions;
  if (there >= needed) return {};
  return fmt::format("{} has {} partitions and {} has {}; run `wxpipe topics apply`", journal, there, events, needed);
}

class ProcessRole : public runtime::Role {
 public:
  ProcessRole(runtime::RoleContext context, const Clock& clock)
      : context_(context),
        steps_(make_steps(context.settings)),
        metrics_(context.metrics),
        crew_(context, clock,
              {{.name = kProcessGroup,
                .label = {"group", kProcessGroup},
                .events = {"process_ready", "process_waiting", "worker_fenced", "worker_hindered"},
                .workers = static_cast<size_t>(std::max(1, context.settings.process.workers)),
                .work =
                    [this, &clock](size_t slot, worker::Status& status, const std::stop_token& stop) {
                      TransactionLoop(context_.settings, static_cast<int>(slot), steps_, clock, metrics_, status)
                          .run(stop);
                    },
                .fenced = [this] { metrics_.fenced(); }}}) {}

  std::string_view name() const override { return "process"; }

  std::function<void()> prepare(const config::Settings& fresh) override {
    return [this, steps = make_steps(fresh)] { steps_.replace(steps); };
  }

  void run(std::stop_token stop) override {
    const auto& kafka = context_.settings.kafka;
    crew_.run(stop, {.topics = schemas::topic_names(kafka.topic_prefix),
                     .trouble = [&](const auto& view) { return journal_trouble(view, kafka.topic_prefix); }});
  }

 private:
  runtime::RoleContext context_;
  CurrentSteps steps_;
  ProcessMetrics metrics_;
  worker::Crew crew_;
};
}  // namespace

std::unique_ptr<runtime::Role> make_process_role(runtime::RoleContext context, const Clock& clock) {
  runtime::give_memory_back();
  return std::make_unique<ProcessRole>(context, clock);
}

}  // namespace wxpipe::processors
