// The settings for a chaos run: a configuration with an account of most kinds. Secrets are made from the seed. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace wxpipe::chaos {

struct World {
  std::string config;       // TOML
  std::string sealing_key;  // 32 bytes, base64
};
// session: how long a silent consumer keeps its partitions. Short, so that freezing a process for a few seconds is
// enough.
World make_world(uint64_t seed, std::chrono::milliseconds session = std::chrono::seconds(5));

}  // namespace wxpipe::chaos
