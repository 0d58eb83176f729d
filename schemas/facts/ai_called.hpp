// AiCalled: a program asked a language model. Written on the topic by whoever asks, as ApiCalled is. A row of ai_calls.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct AiCalled {
  Uuid call_id;
  Timestamp occurred_at;
  std::string service, account, tenant, subject, user_id, provider, model, request_id, call_type;
  std::optional<int64_t> request_tokens, response_tokens, total_tokens;
  std::string user_input;
  std::optional<Uuid> event_id;
  std::string trace_id;
  bool operator==(const AiCalled&) const = default;

  static constexpr std::string_view kName = "ai_call", kTitle = "AiCalled";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.ai_call.v1"};
  static constexpr std::string_view kMeaning =
      "A program asked a language model. No field may hold a credential in clear.";
  static constexpr auto kFields = fields(
      field<&AiCalled::call_id>("call_id", "Of the call, made by whoever asks: the same however often it is sent")
          .required()
          .like("01934f2a-7e48-8d12-9a31-4c8ba1d5f6e7"),
      field<&AiCalled::event_id>("event_id", "The row of messages that led to the call").optional(),
      field<&AiCalled::occurred_at>("occurred_at", "When the model was asked, by the caller's clock")
          .required()
          .like("2024-11-20T06:00:34.000000Z"),
      field<&AiCalled::service>("service", "The program that asked").required().like("crm"),
      field<&AiCalled::account>("account", "The account's name in the configuration, if it was for one")
          .optional()
          .like("shop"),
      field<&AiCalled::tenant>("tenant", "The authorised account; null where there is none").optional(),
      field<&AiCalled::subject>("subject", "Whom it is about, as the account names them")
          .optional()
          .like("oABCD1234567890abcdefghijklmn"),
      field<&AiCalled::user_id>("user_id", "For whom it was asked: the application's user, whose limits count it")
          .optional()
          .like("u-17"),
      field<&AiCalled::provider>("provider", "Whose model it is").required().like("deepseek"),
      field<&AiCalled::model>("model", "The model, as its provider names it").optional().like("deepseek-chat"),
      field<&AiCalled::request_id>("request_id", "The request_id of the call in api_calls").optional().like("req-1043"),
      field<&AiCalled::call_type>("call_type", "user: a person asked. system: a program of its own accord")
          .required()
          .words("user system")
          .like("user"),
      field<&AiCalled::request_tokens>("request_tokens", "Tokens of what was asked").optional().at_least(0).like("412"),
      field<&AiCalled::response_tokens>("response_tokens", "Tokens of the answer").optional().at_least(0).like("96"),
      field<&AiCalled::total_tokens>("total_tokens", "All tokens, where the provider counts more than these two")
          .optional()
          .at_least(0),
      field<&AiCalled::user_input>("user_input", "What was asked, in the person's words")
          .optional()
          .like("这款多少钱?"),
      field<&AiCalled::trace_id>("trace_id", "W3C trace id")
          .optional()
          .pattern(kTraceIdForm)
          .like("4bf92f3577b34da6a3ce929d0e0e4736"));
  static constexpr Table kTable{.name = "ai_calls",
                                .key = {"call_id", "occurred_at"},
                                .partitioning = {By::month},
                                .ledger = {"stored", "occurred_at"}};
};

}  // namespace wxpipe::schemas
