// What the configuration says about accounts besides keys: titles, menu names, channels. Built once and never changed;
// every worker reads it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"

namespace wxpipe::processors {

struct AccountReference {
  std::string title;
  std::map<std::string, std::string, std::less<>> menu;      // EventKey -> the name that people see
  std::map<std::string, std::string, std::less<>> channels;  // QR scene or State -> channel
  bool operator==(const AccountReference&) const = default;
};

using Reference = std::map<std::string, AccountReference, std::less<>>;  // by account

Reference make_reference(const std::vector<config::AccountSettings>& accounts);

}  // namespace wxpipe::processors
