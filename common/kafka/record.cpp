#include "common/kafka/record.hpp"

namespace wxpipe::kafka {

Timestamp Record::timestamp() const {
  rd_kafka_timestamp_type_t type;
  const auto milliseconds = rd_kafka_message_timestamp(message_.get(), &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || milliseconds < 0) return {};
  return Timestamp(std::chrono::milliseconds(milliseconds));
}

std::string_view Record::header(const char* name) const {
  rd_kafka_headers_t* headers = nullptr;  // owned by the message: don't destroy it
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const void* value = nullptr;
  size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR || !value) return {};
  return text(value, size);
}

}  // namespace wxpipe::kafka
