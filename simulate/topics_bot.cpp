// 智能机器人 (docs/protocol.md §10.6): JSON with lower-case keys. Its messages have no time.
#include <fmt/format.h>

#include <array>

#include "simulate/topic.hpp"
#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {

std::string bot(const Scene& scene) {
  const auto& configured = scene.speaker.account.bot_id;
  return configured.empty() ? "aib" + Random(scene.speaker.seed).letters(32, kIdLetters) : configured;
}

void head(Scene& scene, std::string_view msgtype, bool may_be_group = true) {
  const std::string user(colleagues()[scene.person % colleagues().size()].user_id);
  const bool group = may_be_group && scene.random.chance(0.4);
  scene.subject = group ? scene.speaker.chat(scene.person % 12) : user;
  auto& body = scene.body;
  body.text("msgid", fmt::format("{:016x}{:016x}", scene.run, scene.serial));
  if (msgtype == "event") body.number("create_time", scene.second);
  body.text("aibotid", bot(scene));
  if (group) body.text("chatid", scene.subject);
  if (may_be_group) body.text("chattype", group ? "group" : "single");
  body.open("from");
  body.text("userid", user);
  body.close();
  if (msgtype != "stream")
    body.text("response_url", "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=" + scene.secret(60));
  body.text("msgtype", msgtype);
}

void text(Scene& scene) {
  head(scene, "text");
  scene.body.open("text");
  scene.body.text("content", scene.random.pick(bot_questions()));
  scene.body.close();
}
void media(Scene& scene, std::string_view msgtype) {
  head(scene, msgtype);
  scene.body.open(msgtype);
  scene.body.text("url", url(scene.random, "ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com"));
  scene.body.close();
}
void image(Scene& scene) { media(scene, "image"); }
void file(Scene& scene) { media(scene, "file"); }
void voice(Scene& scene) {
  head(scene, "voice");
  scene.body.open("voice");
  scene.body.text("content", scene.random.pick(voice_words()));
  scene.body.close();
}
void mixed_message(Scene& scene) {
  head(scene, "mixed");
  auto& body = scene.body;
  body.open("mixed");
  body.begin_list("msg_item");
  body.open_item();
  body.text("msgtype", "text");
  body.open("text");
  body.text("content", scene.random.pick(bot_questions()));
  body.close();
  body.close();
  body.open_item();
  body.text("msgtype", "image");
  body.open("image");
  body.text("url", url(scene.random, "ww-aibot-img-1258476243.cos.ap-guangzhou.myqcloud.com"));
  body.close();
  body.close();
  body.end_list();
  body.close();
}
void stream(Scene& scene) {
  head(scene, "stream");
  scene.body.open("stream");
  scene.body.text("id", scene.random.letters(24, kLettersAndDigits));
  scene.body.close();
}
void event(Scene& scene, std::string_view word, bool may_be_group = true) {
  head(scene, "event", may_be_group);
  scene.body.open("event");
  scene.body.text("eventtype", word);
}
void entered(Scene& scene) {
  event(scene, "enter_chat", false);
  scene.body.close();
}
void feedback(Scene& scene) {
  event(scene, "feedback_event");
  scene.body.open("feedback_event");
  scene.body.text("id", scene.random.letters(24, kLettersAndDigits));
  scene.body.number("type", 2);
  scene.body.text("content", "能再详细一些么");
  scene.body.begin_list("inaccurate_reason_list");
  scene.body.number_item(2);
  scene.body.number_item(4);
  scene.body.end_list();
  scene.body.close();
  scene.body.close();
}
void card(Scene& scene) {
  event(scene, "template_card_event");
  scene.body.open("template_card_event");
  scene.body.text("card_type", "button_interaction");
  scene.body.text("event_key", scene.random.chance(0.5) ? "confirm" : "reject");
  scene.body.text("task_id", scene.random.letters(32, kLettersAndDigits));
  scene.body.close();
  scene.body.close();
}

constexpr std::array kTopics{
    Topic{"message.text", 20, text},          Topic{"message.image", 3, image},
    Topic{"message.file", 1, file},           Topic{"message.voice", 3, voice},
    Topic{"message.mixed", 3, mixed_message}, Topic{"bot.stream_refreshed", 4, stream},
    Topic{"bot.chat_entered", 3, entered},    Topic{"bot.feedback", 2, feedback},
    Topic{"template_card.answered", 2, card},
};
}  // namespace

std::span<const Topic> bot_topics() { return kTopics; }

}  // namespace wxpipe::simulate
