#include "benchmarks/support/bodies.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace wxpipe::benchmarks {
namespace {

// Text in both scripts, some of which needs escaping in JSON. No scoring rule matches any of it, as with most real
// text.
constexpr std::string_view kProse =
    "您好，请问这款产品还有货吗？我想了解一下尺寸和发货时间 (item \"A-2041\", size L).\n"
    "另外，上次那件收到了，质量很好，谢谢！Please let me know if 20+ pieces are in stock, 最好这周内能发。";

std::string follower(uint64_t number) { return fmt::format("oGZUI0egBJY1zhBYw2Kh{:08}", number % 1000 * 7919); }

// As much text as fits, cut between characters.
void append_prose(std::string& out, size_t size) {
  while (size >= kProse.size()) {
    out += kProse;
    size -= kProse.size();
  }
  while (size > 0 && (static_cast<unsigned char>(kProse[size]) & 0xc0) == 0x80) --size;
  out += kProse.substr(0, size);
}

std::string wechat_head(uint64_t number, int64_t created, std::string_view type) {
  return fmt::format(
      "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>\n<FromUserName><![CDATA[{}]]></FromUserName>\n"
      "<CreateTime>{}</CreateTime>\n<MsgType><![CDATA[{}]]></MsgType>\n",
      follower(number), created, type);
}

std::string wechat_event(uint64_t number, std::string_view event, std::string_view rest) {
  return wechat_head(number, kCreated + static_cast<int64_t>(number), "event") +
         fmt::format("<Event><![CDATA[{}]]></Event>\n{}</xml>", event, rest);
}

std::string image_message(uint64_t number) {
  return wechat_head(number, kCreated, "image") +
         fmt::format(
             "<PicUrl><![CDATA[http://mmbiz.qpic.cn/mmbiz_jpg/6ZwbV3cVh7nicQJd4P3bn{:016}/0]]></PicUrl>\n"
             "<MediaId><![CDATA[eYJ1MbwPRJtOvIEabaxHs7TX2D-HV71s79GUxqdUkjm6Gs2Ed1KF3ulAOA9H{:08}]]></MediaId>\n"
             "<MsgId>{}</MsgId></xml>",
             number, number, 23'000'000'000'000'000 + number);
}

std::string scan(uint64_t number) {
  return wechat_event(
      number, "SCAN",
      fmt::format("<EventKey><![CDATA[poster-{}]]></EventKey>\n"
                  "<Ticket><![CDATA[gQFN8DwAAAAAAAAAAS5odHRwOi8vd2VpeGluLnFxLmNvbS9xLzAyR]]></Ticket>\n",
                  number % 20));
}

std::string subscribe(uint64_t number) {
  return wechat_event(
      number, "subscribe",
      fmt::format("<EventKey><![CDATA[qrscene_poster-{}]]></EventKey>\n"
                  "<Ticket><![CDATA[gQFN8DwAAAAAAAAAAS5odHRwOi8vd2VpeGluLnFxLmNvbS9xLzAyR]]></Ticket>\n",
                  number % 20));
}

std::string menu_click(uint64_t number) {
  return wechat_event(number, "CLICK", fmt::format("<EventKey><![CDATA[MENU_{}]]></EventKey>\n", number % 9));
}

std::string template_receipt(uint64_t number) {
  return wechat_event(number, "TEMPLATESENDJOBFINISH",
                      fmt::format("<MsgID>{}</MsgID>\n<Status><![CDATA[success]]></Status>\n", 200'163'836 + number));
}

std::string wework_head(uint64_t number, std::string_view from, std::string_view type) {
  return fmt::format(
      "<xml><ToUserName><![CDATA[ww1d8a7f6e5c4b3a29]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[{}]]></MsgType>",
      from, kCreated + static_cast<int64_t>(number), type);
}

std::string wework_message(uint64_t number) {
  auto body = wework_head(number, fmt::format("member{}", number % 50), "text") + "<Content><![CDATA[";
  append_prose(body, 240);
  return body + fmt::format("]]></Content><MsgId>{}</MsgId><AgentID>1000002</AgentID></xml>", 7'000'000'000 + number);
}

std::string contact_added(uint64_t number) {
  return wework_head(number, "sys", "event") +
         fmt::format(
             "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>"
             "<UserID><![CDATA[member{}]]></UserID><ExternalUserID><![CDATA[wmqfasd1e19278asdasda{:010}]]></ExternalUserID>"
             "<State><![CDATA[stand-{}]]></State><WelcomeCode><![CDATA[WELCOMECODE{:020}]]></WelcomeCode></xml>",
             number % 50, number, number % 12, number);
}

std::string customer_service(uint64_t number) {
  return wework_head(number, "sys", "event") +
         fmt::format(
             "<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVG{:08}]]>"
             "</Token><OpenKfId><![CDATA[wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw]]></OpenKfId></xml>",
             number);
}

std::string robot_message(uint64_t number) {
  std::string content;
  append_prose(content, 180);
  std::string escaped;
  for (const char c : content) {
    if (c == '"' || c == '\\') escaped += '\\';
    if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return fmt::format(
      R"({{"msgid":"CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI={:010}","aibotid":"AIBOTID","chatid":"wrChat{}","chattype":"group",)"
      R"("from":{{"userid":"member{}"}},"response_url":"https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code={:016}",)"
      R"("msgtype":"text","text":{{"content":"@robot {}"}}}})",
      number, number % 30, number % 50, number, escaped);
}

std::string lead_form(uint64_t number) {
  return fmt::format(
      R"({{"type":"form.submitted","lead_id":"visitor-{:08}","timestamp":"2025-10-09T08:53:20Z","form":"quotation",)"
      R"("contact":{{"name":"张三","phone":"138{:08}","email":"zhang{}@example.com"}},"company":{{"name":"示例科技有限公司",)"
      R"("industry":"制造业","size":"50-200"}},"utm":{{"source":"baidu","medium":"cpc","campaign":"autumn-{}"}},)"
      R"("message":"想要 50 套的报价，含安装。"}})",
      number, number * 31, number, number % 6);
}

}  // namespace

std::string text_message(uint64_t number, size_t size, int64_t created) {
  auto body = wechat_head(number, created, "text") + "<Content><![CDATA[";
  const auto tail = fmt::format("]]></Content>\n<MsgId>{}</MsgId></xml>", number);
  if (body.size() + tail.size() < size) {
    append_prose(body, size - body.size() - tail.size());
    body.append(size - body.size() - tail.size(), '.');
  }
  return body + tail;
}

std::vector<Body> day_of_bodies(size_t count) {
  struct Other {
    const char* account;
    std::string (*write)(uint64_t);
  };
  constexpr std::array<Other, 10> kOthers{{{"shop", image_message},
                                           {"shop", menu_click},
                                           {"shop", subscribe},
                                           {"shop", scan},
                                           {"shop", template_receipt},
                                           {"team", wework_message},
                                           {"team", contact_added},
                                           {"team", customer_service},
                                           {"robot", robot_message},
                                           {"forms", lead_form}}};
  constexpr std::array<size_t, 4> kSizes{320, 400, 640, 1024};  // most messages are short
  std::vector<Body> bodies;
  for (uint64_t number = 0; bodies.size() < count; ++number) {
    const auto size = kSizes[number % kSizes.size()];
    bodies.push_back({"shop", text_message(24'000'000'000'000'000 + number, size, kCreated)});
    const auto& [account, write] = kOthers[number % kOthers.size()];
    if (bodies.size() < count) bodies.push_back({account, write(number)});
  }
  return bodies;
}

}  // namespace wxpipe::benchmarks
