// What an instance tells of itself and of its logins, what it measures, and the alerts that it raises. The merges
// (sinks) take the newest of each field, so order and repeats don't matter.
#pragma once

#include <optional>
#include <vector>

#include "schemas/facts/alert_told.hpp"
#include "schemas/facts/instance_told.hpp"
#include "schemas/facts/metric_measured.hpp"

namespace wxpipe::processors {

// Empty for everything but heartbeats, metrics, changes of status and profiles.
std::optional<schemas::InstanceTold> instance_told(const schemas::Event& event);

// Of one event no two have the same metric. What is no decimal number is none.
std::vector<schemas::MetricMeasured> metrics_measured(const schemas::Event& event);

// Empty for everything but alerts with an alert_uuid.
std::optional<schemas::AlertTold> alert_told(const schemas::Event& event);

}  // namespace wxpipe::processors
