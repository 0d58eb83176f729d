// One configured account as its platform knows it: its followers, its members, the accounts that authorised it. All
// made up from the seed and the account's ids, so two runs with one seed have the same people.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "common/config/settings.hpp"
#include "ingest/account.hpp"
#include "simulate/random.hpp"

namespace wxpipe::simulate {

struct Speaker {
  ingest::Account account;
  uint64_t seed = 0;
  size_t subjects = 1;   // number of followers, customers or leads
  std::string receiver;  // the value of ToUserName
  // Accounts that authorised the platform or suite; empty: the account speaks for itself
  std::vector<std::string> tenants;
  std::vector<std::pair<std::string, std::string>> menu, scenes;  // key and name
  std::array<unsigned char, 32> foreign_key{};                    // a key that the account doesn't know

  std::string openid(size_t person) const { return id("o", 27, person); }
  std::string external_user(size_t person) const { return id("wm", 30, person); }
  std::string chat(size_t chat) const { return id("wr", 30, chat); }
  std::string service_account(size_t desk) const { return id("wk", 30, desk); }
  std::string wxid(size_t person) const;
  std::string phone(size_t person) const;
  std::string person_name(size_t person) const;

 private:
  std::string id(std::string_view prefix, size_t letters, size_t index) const {
    return std::string(prefix) + Random(mixed(seed ^ mixed(prefix), index)).letters(letters, kIdLetters);
  }
};

// Throws UsageError that says what is wrong with the account.
Speaker make_speaker(const config::AccountSettings& settings, uint64_t seed, size_t subjects);

}  // namespace wxpipe::simulate
