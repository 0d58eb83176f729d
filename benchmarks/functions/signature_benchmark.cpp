// The signature over an encrypted callback: checked first in every request, also in strangers' requests.
#include <benchmark/benchmark.h>

#include <array>

#include "benchmarks/support/callbacks.hpp"
#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace {
using namespace wxpipe;
using namespace wxpipe::ingest;

void message_signature(benchmark::State& state) {
  const auto body = benchmarks::text_message(1, static_cast<size_t>(state.range(0)), benchmarks::kCreated);
  const auto text =
      wxcrypt::encrypt(wxcrypt::decode_aes_key(benchmarks::kAesKey).value(), {}, body, benchmarks::kAppId);
  const std::array<std::string_view, 4> parts{benchmarks::kToken, "1760000000", "1000000001", text};
  const auto signature = wxcrypt::sign(parts);
  for (auto _ : state) benchmark::DoNotOptimize(wxcrypt::signature_fits({signature.data(), signature.size()}, parts));
}
BENCHMARK(message_signature)->Arg(512)->Arg(1024)->Arg(2048);

void webhook_signature(benchmark::State& state) {
  const auto request = benchmarks::signed_request({"forms", std::string(static_cast<size_t>(state.range(0)), 'x')}, 1);
  const auto accounts = benchmarks::accounts();
  const std::array secrets{standard_webhooks::decode_secret(accounts[3].secret.reveal()).value()};
  const standard_webhooks::Headers headers{request.webhook_id, request.webhook_timestamp, request.webhook_signature};
  for (auto _ : state) benchmark::DoNotOptimize(standard_webhooks::signature_fits(secrets, headers, request.body));
}
BENCHMARK(webhook_signature)->Arg(1024);
}  // namespace
