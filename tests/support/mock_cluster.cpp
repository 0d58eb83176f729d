#include "tests/support/mock_cluster.hpp"

#include <librdkafka/rdkafka_mock.h>  // must come after rdkafka.h

#include <stdexcept>

namespace wxpipe::support {

void MockCluster::create_topic(const std::string& name, int partitions) {
  if (rd_kafka_mock_topic_create(cluster_.handle(), name.c_str(), partitions, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("the mock did not create " + name);
}

void MockCluster::answer(rig::Request request, const std::vector<rd_kafka_resp_err_t>& errors) {
  rd_kafka_mock_push_request_errors_array(cluster_.handle(), static_cast<int16_t>(request), errors.size(),
                                          errors.data());
}

}  // namespace wxpipe::support
