#include "common/runtime/durability_role.hpp"

#include <algorithm>

#include "common/kafka/durability.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::runtime {
namespace {
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kEvery = 1min;
constexpr std::chrono::milliseconds kAgainAfter = 10s;  // while the cluster doesn't answer
constexpr std::chrono::milliseconds kTimeout = 2s;

class DurabilityRole : public Role {
 public:
  DurabilityRole(const RoleContext& context, std::vector<std::string> topics)
      : context_(context),
        topics_(std::move(topics)) {}

  std::string_view name() const override { return "durability"; }

  void run(std::stop_token stop) override {
    while (!stop.stop_requested()) wait(stop, look() ? kEvery : kAgainAfter);
  }

 private:
  // Whether the cluster answered.
  bool look() {
    std::string hindrance;
    try {
      kafka::Admin admin(context_.settings.kafka, kTimeout);
      show(kafka::weaknesses(admin, topics_, context_.settings.kafka.durability == kafka::kOneBroker));
      hindrance_.clear();
      return true;
    } catch (const Unavailable&) {  // the roles say so themselves
      return false;
    } catch (const UsageError& error) {
      hindrance = error.what();
    } catch (const Fenced& error) {  // any other error, such as no right to read the topics' settings
      hindrance = error.what();
    }
    if (hindrance != hindrance_) telemetry::log_warn("durability_unknown", {{"why", hindrance}});
    hindrance_ = hindrance;
    return true;
  }

  void show(const std::vector<kafka::Weakness>& found) {
    std::vector<telemetry::Remark> remarks;
    for (const auto& one : found) {
      remarks.push_back({one.sentence, one.remedy});
      if (std::find(shown_.begin(), shown_.end(), one) == shown_.end())
        telemetry::log_warn("durability_weak", {{"why", one.sentence}, {"do", one.remedy}});
    }
    context_.readiness.remark(std::move(remarks));
    shown_ = found;
  }

  RoleContext context_;
  const std::vector<std::string> topics_;
  std::vector<kafka::Weakness> shown_;
  std::string hindrance_;
};
}  // namespace

std::unique_ptr<Role> make_durability_role(const RoleContext& context, std::vector<std::string> topics) {
  return std::make_unique<DurabilityRole>(context, std::move(topics));
}

}  // namespace wxpipe::runtime
