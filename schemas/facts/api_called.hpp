// ApiCalled: a program called an API of a platform or of somebody else. Written on the topic by whoever calls: roles to
// come, or programs of others (docs/topics.md, Records of calls). A row of api_calls. No credentials: who writes it
// leaves them out.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct ApiCalled {
  Uuid call_id;
  Timestamp occurred_at;
  std::string service, account, tenant, request_id, parent_id, method, url, parameters, request_headers, request_body,
      response_headers, response_body;
  std::optional<int> http_status, duration_ms;
  std::string code, message;
  std::optional<int64_t> request_bytes, response_bytes;
  std::optional<Uuid> event_id;
  std::string trace_id;
  bool operator==(const ApiCalled&) const = default;

  static constexpr std::string_view kName = "api_call", kTitle = "ApiCalled";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.api_call.v1"};
  static constexpr std::string_view kMeaning = "A program called an API. No field may hold a credential in clear.";
  static constexpr auto kFields = fields(
      field<&ApiCalled::call_id>("call_id", "Of the call, made by whoever calls: the same however often it is sent")
          .required()
          .like("01934f2a-7e48-8d11-8f20-3b7a90c4e5d6"),
      field<&ApiCalled::event_id>("event_id", "The row of messages that led to the call").optional(),
      field<&ApiCalled::occurred_at>("occurred_at", "When the request was sent, by the caller's clock")
          .required()
          .like("2024-11-20T06:00:34.000000Z"),
      field<&ApiCalled::service>("service", "The program that called").required().like("crm"),
      field<&ApiCalled::account>("account", "The account's name in the configuration, if it was for one")
          .optional()
          .like("shop"),
      field<&ApiCalled::tenant>("tenant", "The authorised account; null where there is none").optional(),
      field<&ApiCalled::request_id>("request_id", "The caller's own id of the request").optional().like("req-1042"),
      field<&ApiCalled::parent_id>("parent_id", "The request_id of the call that this one belongs to").optional(),
      field<&ApiCalled::method>("method", "GET, POST …").optional().like("POST"),
      field<&ApiCalled::url>("url", "The address, without its query")
          .required()
          .like("https://api.weixin.qq.com/cgi-bin/message/custom/send"),
      field<&ApiCalled::parameters>("parameters", "The query, without credentials").optional(),
      field<&ApiCalled::request_headers>("request_headers", "As text, without credentials").optional(),
      field<&ApiCalled::request_body>("request_body", "As text, without credentials; perhaps only its beginning")
          .optional()
          .like("touser: oABCD1234567890abcdefghijklmn"),
      field<&ApiCalled::response_headers>("response_headers", "As text, without credentials").optional(),
      field<&ApiCalled::response_body>("response_body", "As text, without credentials; perhaps only its beginning")
          .optional()
          .like("errcode: 0, errmsg: ok"),
      field<&ApiCalled::http_status>("http_status", "The answer's HTTP status; null: no answer came")
          .optional()
          .at_least(100)
          .like("200"),
      field<&ApiCalled::code>("code", "What the API itself says: errcode and the like").optional().like("0"),
      field<&ApiCalled::message>("message", "What the API itself says in words: errmsg and the like")
          .optional()
          .like("ok"),
      field<&ApiCalled::request_bytes>("request_bytes", "Length of the whole request body").optional().at_least(0),
      field<&ApiCalled::response_bytes>("response_bytes", "Length of the whole response body").optional().at_least(0),
      field<&ApiCalled::duration_ms>("duration_ms", "From the request to the end of the answer").optional().at_least(0),
      field<&ApiCalled::trace_id>("trace_id", "W3C trace id")
          .optional()
          .pattern(kTraceIdForm)
          .like("4bf92f3577b34da6a3ce929d0e0e4736"));
  static constexpr Table kTable{.name = "api_calls",
                                .key = {"call_id", "occurred_at"},
                                .partitioning = {By::month},
                                .ledger = {"stored", "occurred_at"}};
};

}  // namespace wxpipe::schemas
