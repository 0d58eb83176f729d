// One place for every librdkafka setting wxpipe uses, per role, with the reason (measured: reference figures in
// docs/performance.md and docs/decisions). [kafka.properties] overrides them, except those that a guarantee depends on.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/handles.hpp"

namespace wxpipe::kafka {

enum class ClientRole {
  ingest_producer,
  transactional_producer,
  log_producer,
  processor_consumer,
  sink_consumer,
  patient_sink_consumer,  // nobody waits for its rows: the broker answers it less often, with more
  reader,
  admin
};

// group or transactional id and other per-instance settings come in `extra` and can't be overridden. Throws UsageError,
// which names the property, for one that librdkafka doesn't know. Settings of ours that only newer versions know are
// left out for older ones.
Conf client_config(ClientRole role, const config::KafkaSettings& settings,
                   const std::vector<std::pair<std::string, std::string>>& extra = {});

// Takes ownership of the conf. Throws UsageError with librdkafka's reason when it can't be created.
Client make_producer(Conf conf);
Client make_consumer(Conf conf);

}  // namespace wxpipe::kafka
