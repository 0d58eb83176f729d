// From the base64 text of an encrypted callback to its body, with the padding and the receiveid checked.
#include <benchmark/benchmark.h>

#include "benchmarks/support/callbacks.hpp"
#include "common/crypto/base64.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/envelope.hpp"

namespace {
using namespace wxpipe;
using namespace wxpipe::ingest;

std::string encrypted(int64_t size) {
  const auto body = benchmarks::text_message(1, static_cast<size_t>(size), benchmarks::kCreated);
  return wxcrypt::encrypt(wxcrypt::decode_aes_key(benchmarks::kAesKey).value(), {}, body, benchmarks::kAppId);
}

void decrypt(benchmark::State& state) {
  const auto key = wxcrypt::decode_aes_key(benchmarks::kAesKey).value();
  const auto text = encrypted(state.range(0));
  std::string buffer;
  wxcrypt::Plaintext plaintext;
  for (auto _ : state) benchmark::DoNotOptimize(wxcrypt::decrypt(key, text, buffer, plaintext));
}
BENCHMARK(decrypt)->Arg(512)->Arg(1024)->Arg(2048);

void base64(benchmark::State& state) {
  const auto text = encrypted(state.range(0));
  std::string bytes;
  for (auto _ : state) benchmark::DoNotOptimize(crypto::decode_base64(text, bytes));
}
BENCHMARK(base64)->Arg(1024);

void find_encrypt_element(benchmark::State& state) {
  const auto request = benchmarks::signed_request({"shop", benchmarks::text_message(1, 1024, benchmarks::kCreated)}, 1);
  std::string scratch;
  for (auto _ : state) benchmark::DoNotOptimize(wxcrypt::open_envelope(request.body, scratch));
}
BENCHMARK(find_encrypt_element);
}  // namespace
