// The phone, e-mail address and WeChat id that somebody wrote in a message. Nothing says whose they are: they are
// hints, and give way to what a form told. Pure.
#pragma once

#include <string>
#include <string_view>

namespace wxpipe::processors {

struct ContactsInText {
  std::string phone;   // a mobile number's digits
  std::string email;   // in lower case
  std::string wechat;  // behind a word that announces it: 微信号：abc_123
  bool operator==(const ContactsInText&) const = default;
};

// The first of each; empty where there is none.
ContactsInText contacts_in(std::string_view text);

}  // namespace wxpipe::processors
