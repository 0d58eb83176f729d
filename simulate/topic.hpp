// What can be said on an account of each kind, and how often: a table per family of platforms. A topic's function
// writes one callback's body and states what must become of it: type, subject, tenant (docs/event-types.md).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "simulate/body.hpp"
#include "simulate/random.hpp"
#include "simulate/speaker.hpp"

namespace wxpipe::simulate {

// One callback while it is written.
struct Scene {
  const Speaker& speaker;
  Random& random;
  BodyWriter& body;
  int64_t second;  // the platform's time
  uint64_t serial;
  uint64_t run;   // keeps this run's ids apart from another's
  size_t person;  // 0 … subjects - 1
  std::string tenant{}, subject{};
  bool credentials = false;  // the body holds something that is stored sealed

  // A made-up credential, as platforms hand them out.
  std::string secret(size_t letters) {
    credentials = true;
    return random.letters(letters, kIdLetters);
  }
  // Above 2^53, like the platforms' ids.
  int64_t message_id() const {
    return static_cast<int64_t>(20'000'000'000'000'000 + run % 900'000 * 10'000'000'000 + serial);
  }
};

enum class Who { nobody, person, follower };  // a follower must join before anything else
enum class Effect { none, joins, leaves };

struct Topic {
  std::string_view type;
  int weight;  // 0: only said where it is needed
  void (*say)(Scene&);
  Who who = Who::person;
  Effect effect = Effect::none;
  bool named = true;  // has an identity besides its bytes, so other bytes can come under the same identity
};

// Whether the platform gives each message its own id. Others are told apart by who, when (in seconds) and what.
bool has_own_id(ingest::AccountKind kind, const Topic& topic);

std::span<const Topic> topics(ingest::AccountKind kind);
// The notations that the platform uses for this kind.
std::span<const BodyFormat> formats(ingest::AccountKind kind);

// The tables of the families.
std::span<const Topic> official_account_topics();
std::span<const Topic> mini_program_topics();
std::span<const Topic> open_platform_topics();
std::span<const Topic> wework_app_topics();
std::span<const Topic> suite_command_topics();
std::span<const Topic> suite_data_topics();
std::span<const Topic> bot_topics();
std::span<const Topic> instance_topics();
std::span<const Topic> channel_topics();

// Parts that several families use.
std::string sentence(Random& random);                         // a customer's text
std::string placed(std::string_view digits, Random& random);  // a coordinate a few hundred metres away
std::string url(Random& random, std::string_view host);

}  // namespace wxpipe::simulate
