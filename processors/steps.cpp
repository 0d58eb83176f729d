#include "processors/steps.hpp"

#include <memory>

#include "processors/directory/directory.hpp"
#include "processors/enrich/enrich.hpp"
#include "processors/follower/change.hpp"
#include "processors/identity/identity.hpp"
#include "processors/instances/instances.hpp"
#include "processors/logs/log.hpp"
#include "processors/receipts/sends.hpp"
#include "processors/score/score.hpp"

namespace wxpipe::processors {

Steps make_steps(const config::Settings& settings) {
  const auto reference = std::make_shared<const Reference>(make_reference(settings.accounts));
  const auto scoring = std::make_shared<const Scoring>(settings.score.rules);
  return {
      {"enrich", [reference](schemas::Event& event, Facts&) { enrich(event, *reference); }},
      {"follower",
       [](schemas::Event& event, Facts& facts) {
         if (auto change = follower_change(event)) facts.add(*std::move(change));
       }},
      {"score", [scoring](schemas::Event& event,
                          Facts& facts) { facts.of<schemas::LeadActivity>() = scoring->activities(event); }},
      // After score: it has read the form, or found the phone in the text.
      {"identity",
       [](schemas::Event& event, Facts& facts) {
         static const schemas::Attributes kNothing;
         const auto& activities = facts.of<schemas::LeadActivity>();
         facts.of<schemas::IdentityTold>() =
             identities_told(event, activities.empty() ? kNothing : activities.front().profile);
       }},
      {"logs",
       [](schemas::Event& event, Facts& facts) {
         if (auto log = log_of(event)) facts.add(*std::move(log));
       }},
      {"directory",
       [](schemas::Event& event, Facts& facts) {
         facts.of<schemas::DirectoryChanged>() = directory_changes(event);
         if (auto ticket = ticket_of(event)) facts.add(*std::move(ticket));
       }},
      {"receipts", [](schemas::Event& event, Facts& facts) { facts.of<schemas::SendTold>() = sends_of(event); }},
      {"instances",
       [](schemas::Event& event, Facts& facts) {
         if (auto told = instance_told(event)) facts.add(*std::move(told));
         facts.of<schemas::MetricMeasured>() = metrics_measured(event);
         if (auto alert = alert_told(event)) facts.add(*std::move(alert));
       }},
  };
}

}  // namespace wxpipe::processors
