// 公众号 and 小程序 (docs/protocol.md §10.1, §10.2), and the messages of accounts that authorised a third-party
// platform.
#include <fmt/format.h>

#include <array>

#include "simulate/topic.hpp"
#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {

constexpr std::string_view kPictures = "mmbiz.qpic.cn/mmbiz_jpg", kShop = "shop.example.com";

std::string receiver(const Scene& scene) {
  // An authorised account's original id.
  return scene.tenant.empty() ? scene.speaker.receiver : "gh_" + Random(mixed(scene.tenant)).letters(12, kHex);
}

void head(Scene& scene, std::string_view from, std::string_view msg_type) {
  scene.body.text("ToUserName", receiver(scene));
  scene.body.text("FromUserName", from);
  scene.body.number("CreateTime", scene.second);
  scene.body.text("MsgType", msg_type);
}

// --- Messages ---

void message(Scene& scene, std::string_view msg_type) {
  scene.subject = scene.speaker.openid(scene.person);
  head(scene, scene.subject, msg_type);
}
void id(Scene& scene) { scene.body.number("MsgId", scene.message_id()); }

void text(Scene& scene) {
  message(scene, "text");
  scene.body.text("Content", sentence(scene.random));
  id(scene);
}
void image(Scene& scene) {
  message(scene, "image");
  scene.body.text("PicUrl", url(scene.random, kPictures));
  scene.body.text("MediaId", scene.random.letters(64, kIdLetters));
  id(scene);
}
void voice(Scene& scene) {
  message(scene, "voice");
  scene.body.text("MediaId", scene.random.letters(64, kIdLetters));
  scene.body.text("Format", "amr");
  scene.body.text("Recognition", scene.random.chance(0.7) ? scene.random.pick(voice_words()) : std::string_view());
  id(scene);
}
void video_of(Scene& scene, std::string_view msg_type) {
  message(scene, msg_type);
  scene.body.text("MediaId", scene.random.letters(64, kIdLetters));
  scene.body.text("ThumbMediaId", scene.random.letters(64, kIdLetters));
  id(scene);
}
void video(Scene& scene) { video_of(scene, "video"); }
void shortvideo(Scene& scene) { video_of(scene, "shortvideo"); }
void location(Scene& scene) {
  const auto& place = scene.random.pick(places());
  message(scene, "location");
  scene.body.bare("Location_X", placed(place.latitude, scene.random));
  scene.body.bare("Location_Y", placed(place.longitude, scene.random));
  scene.body.number("Scale", 15);
  scene.body.text("Label", fmt::format("{}{}{}", place.city, place.district, place.address));
  id(scene);
}
void link(Scene& scene) {
  message(scene, "link");
  scene.body.text("Title", scene.random.pick(article_titles()));
  scene.body.text("Description", "点击查看全文");
  scene.body.text("Url", url(scene.random, "mp.weixin.qq.com/s"));
  id(scene);
}
void file(Scene& scene) {
  message(scene, "file");
  scene.body.text("Title", scene.random.pick(file_names()));
  scene.body.text("Description", "");
  scene.body.text("FileKey", scene.random.letters(48, kHex));
  scene.body.text("FileMd5", scene.random.letters(32, kHex));
  scene.body.number("FileTotalLen", scene.random.between(10'000, 9'000'000));
  id(scene);
}
void mini_program_page(Scene& scene) {
  message(scene, "miniprogrampage");
  scene.body.text("Title", scene.random.pick(products()));
  scene.body.text("AppId", scene.speaker.account.app_id);
  scene.body.text("PagePath", fmt::format("pages/product/detail?id={}", scene.random.between(1, 400)));
  scene.body.text("ThumbUrl", url(scene.random, kPictures));
  scene.body.text("ThumbMediaId", scene.random.letters(64, kIdLetters));
  id(scene);
}

// --- Events of a follower ---

void event(Scene& scene, std::string_view word) {
  scene.subject = scene.speaker.openid(scene.person);
  head(scene, scene.subject, "event");
  scene.body.text("Event", word);
}
std::string ticket(Scene& scene) { return "gQ" + scene.random.letters(86, kIdLetters) + "AA=="; }

void subscribe(Scene& scene) {
  event(scene, "subscribe");
  const auto way = scene.random.below(10);
  if (way < 5) {
    scene.body.text("EventKey", "qrscene_" + scene.random.pick(scene.speaker.scenes).first);
    scene.body.text("Ticket", ticket(scene));
  } else if (way < 6) {
    scene.body.text("EventKey", "last_trade_no_" + scene.random.letters(28, kDigits));
  } else {
    scene.body.text("EventKey", "");
  }
}
void unsubscribe(Scene& scene) {
  event(scene, "unsubscribe");
  scene.body.text("EventKey", "");
}
void scan(Scene& scene) {
  event(scene, "SCAN");
  scene.body.text("EventKey", scene.random.pick(scene.speaker.scenes).first);
  scene.body.text("Ticket", ticket(scene));
}
void click(Scene& scene) {
  event(scene, "CLICK");
  scene.body.text("EventKey", scene.random.pick(scene.speaker.menu).first);
}
void view(Scene& scene) {
  event(scene, "VIEW");
  scene.body.text("EventKey", fmt::format("https://{}/product/{}", kShop, scene.random.between(1, 400)));
  scene.body.number("MenuId", 451'280'000 + scene.random.between(1, 9));
}
void view_mini_program(Scene& scene) {
  event(scene, "view_miniprogram");
  scene.body.text("EventKey", "pages/index/index");
  scene.body.number("MenuId", 451'280'000 + scene.random.between(1, 9));
}
void scancode(Scene& scene, std::string_view word) {
  event(scene, word);
  scene.body.text("EventKey", scene.random.pick(scene.speaker.menu).first);
  scene.body.open("ScanCodeInfo");
  scene.body.text("ScanType", "qrcode");
  scene.body.text("ScanResult", fmt::format("https://{}/scan/{}", kShop, scene.random.letters(10, kLettersAndDigits)));
  scene.body.close();
}
void scancode_push(Scene& scene) { scancode(scene, "scancode_push"); }
void scancode_wait(Scene& scene) { scancode(scene, "scancode_waitmsg"); }
void photos(Scene& scene, std::string_view word) {
  event(scene, word);
  scene.body.text("EventKey", scene.random.pick(scene.speaker.menu).first);
  scene.body.open("SendPicsInfo");
  scene.body.number("Count", 2);
  scene.body.open("PicList");
  scene.body.begin_list("item");
  for (int i = 0; i < 2; ++i) {
    scene.body.open_item();
    scene.body.text("PicMd5Sum", scene.random.letters(32, kHex));
    scene.body.close();
  }
  scene.body.end_list();
  scene.body.close();
  scene.body.close();
}
void pic_sysphoto(Scene& scene) { photos(scene, "pic_sysphoto"); }
void pic_album(Scene& scene) { photos(scene, "pic_photo_or_album"); }
void pic_weixin(Scene& scene) { photos(scene, "pic_weixin"); }
void location_select(Scene& scene) {
  const auto& place = scene.random.pick(places());
  event(scene, "location_select");
  scene.body.text("EventKey", scene.random.pick(scene.speaker.menu).first);
  scene.body.open("SendLocationInfo");
  scene.body.text("Location_X", placed(place.latitude, scene.random));
  scene.body.text("Location_Y", placed(place.longitude, scene.random));
  scene.body.text("Scale", "15");
  scene.body.text("Label", fmt::format("{}{}", place.city, place.address));
  scene.body.text("Poiname", "");
  scene.body.close();
}
void location_report(Scene& scene) {
  const auto& place = scene.random.pick(places());
  event(scene, "LOCATION");
  scene.body.bare("Latitude", placed(place.latitude, scene.random));
  scene.body.bare("Longitude", placed(place.longitude, scene.random));
  scene.body.bare("Precision", "119.385040");
}
std::string desk(Scene& scene) { return fmt::format("kf{}@shop", 2000 + scene.random.below(4)); }
void session_opened(Scene& scene) {
  event(scene, "kf_create_session");
  scene.body.text("KfAccount", desk(scene));
}
void session_closed(Scene& scene) {
  event(scene, "kf_close_session");
  scene.body.text("KfAccount", desk(scene));
}
void session_switched(Scene& scene) {
  event(scene, "kf_switch_session");
  scene.body.text("FromKfAccount", desk(scene));
  scene.body.text("ToKfAccount", desk(scene));
}
void session_entered(Scene& scene) {
  event(scene, "user_enter_tempsession");
  scene.body.text("SessionFrom", fmt::format("product-{}", scene.random.between(1, 400)));
}

// --- Receipts and consent ---

void template_sent(Scene& scene) {
  event(scene, "TEMPLATESENDJOBFINISH");
  scene.body.number("MsgID", 2'000'000'000 + static_cast<int64_t>(scene.serial));
  scene.body.text("Status", scene.random.chance(0.9) ? "success" : "failed:user block");
}
void mass_sent(Scene& scene) {
  scene.subject.clear();
  head(scene, scene.speaker.openid(scene.speaker.subjects), "event");  // the platform's own openid
  scene.body.text("Event", "MASSSENDJOBFINISH");
  scene.body.number("MsgID", 1'000'000'000 + static_cast<int64_t>(scene.serial));
  const bool sent = scene.random.chance(0.8);
  scene.body.text("Status", sent ? "send success" : "err(30003)");
  const auto total = scene.random.between(1'000, 90'000), failed = sent ? scene.random.between(0, 40) : total;
  scene.body.number("TotalCount", total);
  scene.body.number("FilterCount", total);
  scene.body.number("SentCount", total - failed);
  scene.body.number("ErrorCount", failed);
}
void published(Scene& scene) {
  scene.subject.clear();
  head(scene, scene.speaker.openid(scene.speaker.subjects), "event");
  scene.body.text("Event", "PUBLISHJOBFINISH");
  scene.body.open("PublishEventInfo");
  scene.body.number("publish_id", 2'247'503'051 + static_cast<int64_t>(scene.serial));
  scene.body.number("publish_status", 0);
  scene.body.text("article_id", scene.random.letters(43, kIdLetters));
  scene.body.close();
}
// kind: SubscribeMsgPopupEvent or SubscribeMsgChangeEvent. Only XML has the wrapper element.
void consent(Scene& scene, std::string_view word, std::string_view wrapper) {
  event(scene, word);
  const bool wrapped = scene.body.format() == BodyFormat::xml;
  if (wrapped) scene.body.open(wrapper);
  scene.body.begin_list("List");
  for (int i = 0; i < 2; ++i) {
    scene.body.open_item();
    scene.body.text("TemplateId", Random(scene.speaker.seed + static_cast<uint64_t>(i)).letters(43, kIdLetters));
    scene.body.text("SubscribeStatusString", scene.random.chance(0.7) ? "accept" : "reject");
    scene.body.number("PopupScene", 2);
    scene.body.close();
  }
  scene.body.end_list();
  if (wrapped) scene.body.close();
}
void consent_answered(Scene& scene) { consent(scene, "subscribe_msg_popup_event", "SubscribeMsgPopupEvent"); }
void consent_changed(Scene& scene) { consent(scene, "subscribe_msg_change_event", "SubscribeMsgChangeEvent"); }
void subscription_sent(Scene& scene) {
  event(scene, "subscribe_msg_sent_event");
  const bool wrapped = scene.body.format() == BodyFormat::xml;
  if (wrapped) scene.body.open("SubscribeMsgSentEvent");
  scene.body.begin_list("List");
  scene.body.open_item();
  scene.body.text("TemplateId", Random(scene.speaker.seed).letters(43, kIdLetters));
  scene.body.number("MsgID", scene.message_id());
  scene.body.number("ErrorCode", 0);
  scene.body.text("ErrorStatus", "success");
  scene.body.close();
  scene.body.end_list();
  if (wrapped) scene.body.close();
}

// --- Cards, orders, invoices, guides ---

void card(Scene& scene, std::string_view word) {
  event(scene, word);
  scene.body.text("CardId", "p" + Random(scene.speaker.seed + scene.random.below(3)).letters(27, kIdLetters));
  scene.body.text("UserCardCode", scene.random.letters(12, kDigits));
}
void card_received(Scene& scene) {
  card(scene, "user_get_card");
  scene.body.number("IsGiveByFriend", 0);
  scene.body.text("FriendUserName", "");
  scene.body.text("OuterStr", scene.random.pick(campaigns()));
}
void card_redeemed(Scene& scene) {
  card(scene, "user_consume_card");
  scene.body.text("ConsumeSource", "FROM_API");
  scene.body.text("LocationName", "旗舰店");
  scene.body.text("TransId", scene.random.letters(28, kDigits));
}
void card_viewed(Scene& scene) { card(scene, "user_view_card"); }
void card_deleted(Scene& scene) { card(scene, "user_del_card"); }
void member_joined(Scene& scene) { card(scene, "submit_membercard_user_info"); }
void order_placed(Scene& scene) {
  event(scene, "merchant_order");
  scene.body.text("OrderId", scene.random.letters(20, kDigits));
  scene.body.number("OrderStatus", 2);
  scene.body.text("ProductId", "p" + scene.random.letters(27, kIdLetters));
  scene.body.text("SkuInfo", "10001:1000012;10002:100021");
}
void order_paid(Scene& scene) {
  event(scene, "open_product_order_pay");
  scene.body.open("order_info");
  scene.body.number("order_id", scene.message_id());
  scene.body.text("out_order_id", "T" + scene.random.letters(16, kDigits));
  scene.body.text("transaction_id", scene.random.letters(28, kDigits));
  scene.body.close();
}
void invoice_title(Scene& scene) {
  event(scene, "submit_invoice_title");
  scene.body.text("title", scene.random.pick(companies()));
  scene.body.text("tax_no", "91" + scene.random.letters(16, kDigits));
  scene.body.text("phone", scene.speaker.phone(scene.person));
}
void guide_scanned(Scene& scene) {
  scene.subject = scene.speaker.openid(scene.person);
  head(scene, scene.subject, "event");
  scene.body.text("Event", "guide_qrcode_scan_event");
  scene.body.open("GuideScanEvent");
  scene.body.text("qrcode_guide_account", "guide_" + scene.random.letters(2, kDigits));
  scene.body.text("qrcode_guide_openid", scene.random.letters(28, kIdLetters));
  scene.body.text("openid", scene.subject);
  scene.body.number("action", 1);
  scene.body.text("qrcode_info", scene.random.pick(scene.speaker.scenes).first);
  scene.body.close();
}
void authorization_revoked(Scene& scene) {
  scene.subject = scene.speaker.openid(scene.person);
  head(scene, scene.speaker.openid(scene.speaker.subjects), "event");
  scene.body.text("Event", "user_authorization_revoke");
  scene.body.text("OpenID", scene.subject);
  scene.body.text("AppID", scene.speaker.account.app_id);
  scene.body.text("RevokeInfo", "1");
}
void wifi_connected(Scene& scene) {
  event(scene, "WifiConnected");
  scene.body.number("ConnectTime", 0);
  scene.body.number("ExpireTime", 0);
  scene.body.text("PlaceId", scene.random.letters(6, kDigits));
  scene.body.text("DeviceNo", scene.random.letters(12, kHex));
}

// --- Of the account itself ---

void of_account(Scene& scene, std::string_view word) {
  scene.subject.clear();
  head(scene, scene.speaker.openid(scene.speaker.subjects), "event");
  scene.body.text("Event", word);
}
void qualified(Scene& scene) {
  of_account(scene, "qualification_verify_success");
  scene.body.number("ExpiredTime", scene.second + 365 * 86400);
}
void store_checked(Scene& scene) {
  of_account(scene, "modify_store_audit_info");
  scene.body.number("audit_id", 400'000 + static_cast<int64_t>(scene.serial));
  scene.body.number("status", scene.random.chance(0.8) ? 3 : 4);
  scene.body.text("reason", "门店照片不清晰，请重新上传");
}
void mini_audit_passed(Scene& scene) {
  of_account(scene, "weapp_audit_success");
  scene.body.number("SuccTime", scene.second);
}
void mini_audit_failed(Scene& scene) {
  of_account(scene, "weapp_audit_fail");
  scene.body.text("Reason", "1:账号信息不符合规范:<br>(1):功能页面与所选类目不一致<br>");
  scene.body.number("FailTime", scene.second);
}
// An object in XML, a list in JSON.
void media_checked(Scene& scene) {
  of_account(scene, "wxa_media_check");
  scene.body.text("appid", scene.speaker.account.app_id);
  scene.body.text("trace_id", fmt::format("{}-{}-{}", scene.random.letters(8, kHex), scene.random.letters(8, kHex),
                                          scene.random.letters(8, kHex)));
  scene.body.number("version", 2);
  scene.body.begin_list("detail");
  scene.body.open_item();
  scene.body.text("strategy", "content_model");
  scene.body.number("errcode", 0);
  scene.body.text("suggest", "pass");
  scene.body.number("label", 100);
  scene.body.number("prob", scene.random.between(60, 99));
  scene.body.close();
  scene.body.end_list();
  scene.body.open("result");
  scene.body.text("suggest", scene.random.chance(0.95) ? "pass" : "risky");
  scene.body.number("label", 100);
  scene.body.close();
}
// A type that the platform may invent later: it must be stored all the same.
void invention(Scene& scene) {
  event(scene, "channels_live_reserved");
  scene.body.text("LiveId", "live_" + scene.random.letters(10, kLettersAndDigits));
}

constexpr std::array kOfficialAccount{
    Topic{"follower.subscribed", 0, subscribe, Who::follower, Effect::joins},
    Topic{"follower.unsubscribed", 3, unsubscribe, Who::follower, Effect::leaves},
    Topic{"follower.scanned", 5, scan, Who::follower},
    Topic{"message.text", 34, text, Who::follower},
    Topic{"message.image", 6, image, Who::follower},
    Topic{"message.voice", 5, voice, Who::follower},
    Topic{"message.video", 1, video, Who::follower},
    Topic{"message.shortvideo", 1, shortvideo, Who::follower},
    Topic{"message.location", 3, location, Who::follower},
    Topic{"message.link", 2, link, Who::follower},
    Topic{"message.file", 1, file, Who::follower},
    Topic{"menu.clicked", 14, click, Who::follower},
    Topic{"menu.link_opened", 6, view, Who::follower},
    Topic{"menu.mini_program_opened", 2, view_mini_program, Who::follower},
    Topic{"menu.code_scanned", 1, scancode_push, Who::follower},
    Topic{"menu.code_scanned", 1, scancode_wait, Who::follower},
    Topic{"menu.photo_sent", 1, pic_sysphoto, Who::follower},
    Topic{"menu.photo_sent", 1, pic_album, Who::follower},
    Topic{"menu.photo_sent", 1, pic_weixin, Who::follower},
    Topic{"menu.location_chosen", 1, location_select, Who::follower},
    Topic{"location.reported", 3, location_report, Who::follower},
    Topic{"session.opened", 2, session_opened, Who::follower},
    Topic{"session.closed", 2, session_closed, Who::follower},
    Topic{"session.transferred", 1, session_switched, Who::follower},
    Topic{"receipt.template_sent", 4, template_sent, Who::follower},
    Topic{"receipt.mass_sent", 1, mass_sent, Who::nobody},
    Topic{"receipt.published", 1, published, Who::nobody},
    Topic{"receipt.subscription_sent", 1, subscription_sent, Who::follower},
    Topic{"consent.answered", 2, consent_answered, Who::follower},
    Topic{"consent.changed", 1, consent_changed, Who::follower},
    Topic{"card.received", 2, card_received, Who::follower},
    Topic{"card.redeemed", 1, card_redeemed, Who::follower},
    Topic{"card.viewed", 1, card_viewed, Who::follower},
    Topic{"card.deleted", 1, card_deleted, Who::follower},
    Topic{"card.member_joined", 1, member_joined, Who::follower},
    Topic{"order.placed", 1, order_placed, Who::follower},
    Topic{"invoice.title_submitted", 1, invoice_title, Who::follower},
    Topic{"guide.code_scanned", 1, guide_scanned, Who::follower},
    Topic{"user.authorization_revoked", 1, authorization_revoked, Who::follower},
    Topic{"place.wifi_connected", 1, wifi_connected, Who::follower},
    Topic{"account.qualification_passed", 1, qualified, Who::nobody},
    Topic{"audit.store_checked", 1, store_checked, Who::nobody},
    Topic{"unknown.channels_live_reserved", 1, invention, Who::follower, Effect::none, false},
};

constexpr std::array kMiniProgram{
    Topic{"message.text", 30, text},
    Topic{"message.image", 6, image},
    Topic{"message.miniprogrampage", 6, mini_program_page},
    Topic{"session.entered", 20, session_entered},
    Topic{"consent.answered", 6, consent_answered},
    Topic{"consent.changed", 2, consent_changed},
    Topic{"receipt.subscription_sent", 6, subscription_sent},
    Topic{"order.paid", 8, order_paid},
    Topic{"user.authorization_revoked", 1, authorization_revoked},
    Topic{"audit.media_checked", 6, media_checked, Who::nobody},
    Topic{"audit.passed", 1, mini_audit_passed, Who::nobody},
    Topic{"audit.failed", 1, mini_audit_failed, Who::nobody},
    Topic{"unknown.channels_live_reserved", 1, invention, Who::person, Effect::none, false},
};

}  // namespace

std::span<const Topic> official_account_topics() { return kOfficialAccount; }
std::span<const Topic> mini_program_topics() { return kMiniProgram; }

}  // namespace wxpipe::simulate
