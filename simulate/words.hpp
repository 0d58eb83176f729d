// The simulated platforms' vocabulary: what people write and buy, their names, and where they live.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace wxpipe::simulate {

struct Place {
  std::string_view province, city, district, latitude, longitude, address;
};
struct Colleague {
  std::string_view user_id, name;
};
struct Code {
  std::string_view key, name;
};

std::span<const std::string_view> sentences();         // a customer's texts; {} is replaced by a product
std::span<const std::string_view> member_sentences();  // a colleague's texts to an application
std::span<const std::string_view> products();
std::span<const std::string_view> voice_words();
std::span<const std::string_view> bot_questions();
std::span<const std::string_view> group_names();
std::span<const std::string_view> file_names();
std::span<const std::string_view> article_titles();
std::span<const std::string_view> surnames();
std::span<const std::string_view> given_names();
std::span<const std::string_view> companies();
std::span<const std::string_view> industries();
std::span<const std::string_view> company_sizes();
std::span<const std::string_view> campaigns();
std::span<const std::string_view> utm_sources();
std::span<const std::string_view> form_messages();
std::span<const Place> places();
std::span<const Colleague> colleagues();  // members of the corporation
std::span<const Code> menu_keys();        // used if the configuration names none
std::span<const Code> scenes();           // used if the configuration names none

}  // namespace wxpipe::simulate
