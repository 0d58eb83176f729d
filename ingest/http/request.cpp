#include "ingest/http/request.hpp"

#include "ingest/http/target.hpp"

namespace wxpipe::ingest::http {

std::optional<Refusal> read_callback(const Request& request, std::string& scratch, Callback& callback) {
  Target target;
  if (request.version >= 11 && request.hosts != 1) return Refusal::missing_host;
  if (!parse_target(request.target, scratch, target)) return Refusal::unknown_path;
  if (request.method != "GET" && request.method != "POST") return Refusal::method_not_allowed;
  callback.method = request.method == "GET" ? Method::get : Method::post;
  callback.account = target.account;
  callback.tenant = target.tenant;
  callback.query = target.query;
  callback.body = request.body;
  callback.content_type = request.content_type;
  callback.webhook_id = request.webhook_id;
  callback.webhook_timestamp = request.webhook_timestamp;
  callback.webhook_signature = request.webhook_signature;
  return std::nullopt;
}

}  // namespace wxpipe::ingest::http
