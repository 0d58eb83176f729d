#include "ingest/wechat/normalize.hpp"

#include <array>

#include "ingest/catalogue.hpp"

namespace wxpipe::ingest::wechat {
namespace {

constexpr std::array kEvents{
    EventRule{"add_express_path", "", "order.express_updated", kFrom, "", "From T OrderId WayBillId"},
    EventRule{"add_store_audit_info", "", "audit.store_checked", kNobody, "reason", "T audit_id"},
    EventRule{"annual_renew", "", "account.renewal_due", kNobody, "", "T"},
    EventRule{"apply_merchant_audit_info", "", "audit.merchant_checked", kNobody, "reason", "T audit_id"},
    EventRule{"card_not_pass_check", "", "audit.failed", kNobody, "RefuseReason", "T CardId"},
    EventRule{"card_pass_check", "", "audit.passed", kNobody, "CardId", "T CardId"},
    EventRule{"card_pay_order", "", "card.quota_paid", kNobody, "", "T OrderId"},
    EventRule{"card_sku_remind", "", "card.stock_low", kNobody, "Detail", "T CardId"},
    EventRule{"click", "", "menu.clicked", kFrom, "EventKey", ""},
    EventRule{"create_map_poi_audit_info", "", "audit.poi_checked", kNobody, "name sh_remark", "T audit_id"},
    EventRule{"enter", "", "session.entered", kFrom, "", ""},
    EventRule{"giftcard_pay_done", "", "giftcard.paid", kFrom, "", "From T PageId OrderId"},
    EventRule{"giftcard_send_to_friend", "", "giftcard.given", kFrom, "", "From T PageId OrderId"},
    EventRule{"giftcard_user_accept", "", "giftcard.accepted", kFrom, "", "From T PageId OrderId"},
    EventRule{"guide_qrcode_scan_event", "", "guide.code_scanned", "GuideScanEvent.openid", "",
              "From T GuideScanEvent.openid GuideScanEvent.qrcode_guide_openid GuideScanEvent.qrcode_info"},
    EventRule{"kf_close_session", "", "session.closed", kFrom, "KfAccount", "From T KfAccount"},
    EventRule{"kf_create_session", "", "session.opened", kFrom, "KfAccount", "From T KfAccount"},
    EventRule{"kf_switch_session", "", "session.transferred", kFrom, "ToKfAccount", "From T FromKfAccount ToKfAccount"},
    EventRule{"location", "", "location.reported", kFrom, "", "From T Latitude Longitude"},
    EventRule{"location_select", "", "menu.location_chosen", kFrom, "SendLocationInfo.Label SendLocationInfo.Poiname",
              "From T EventKey SendLocationInfo.Location_X SendLocationInfo.Location_Y"},
    EventRule{"masssendjobfinish", "", "receipt.mass_sent", kNobody, "Status", "MsgID"},
    EventRule{"merchant_order", "", "order.placed", kFrom, "", "From T OrderId"},
    EventRule{"modify_store_audit_info", "", "audit.store_checked", kNobody, "reason", "T audit_id"},
    EventRule{"naming_verify_fail", "", "account.naming_failed", kNobody, "FailReason", "T"},
    EventRule{"naming_verify_success", "", "account.naming_passed", kNobody, "", "T"},
    EventRule{"open_product_order_pay", "", "order.paid", kFrom, "",
              "From T order_info.order_id order_info.transaction_id"},
    EventRule{"pic_photo_or_album", "", "menu.photo_sent", kFrom, "EventKey",
              "From T EventKey SendPicsInfo.PicList.item.PicMd5Sum"},
    EventRule{"pic_sysphoto", "", "menu.photo_sent", kFrom, "EventKey",
              "From T EventKey SendPicsInfo.PicList.item.PicMd5Sum"},
    EventRule{"pic_weixin", "", "menu.photo_sent", kFrom, "EventKey",
              "From T EventKey SendPicsInfo.PicList.item.PicMd5Sum"},
    EventRule{"poi_check_notify", "", "audit.poi_checked", kNobody, "Result Msg", "T UniqId PoiId"},
    EventRule{"publishjobfinish", "", "receipt.published", kNobody, "",
              "PublishEventInfo.publish_id PublishEventInfo.publish_status"},
    EventRule{"qualification_verify_fail", "", "account.qualification_failed", kNobody, "FailReason", "T"},
    EventRule{"qualification_verify_success", "", "account.qualification_passed", kNobody, "", "T"},
    EventRule{"scan", "", "follower.scanned", kFrom, "EventKey", ""},
    EventRule{"scancode_push", "", "menu.code_scanned", kFrom, "ScanCodeInfo.ScanResult",
              "From T EventKey ScanCodeInfo.ScanResult"},
    EventRule{"scancode_waitmsg", "", "menu.code_scanned", kFrom, "ScanCodeInfo.ScanResult",
              "From T EventKey ScanCodeInfo.ScanResult"},
    EventRule{"shakearoundusershake", "", "place.shaken", kFrom, "",
              "From T ChosenBeacon.Uuid ChosenBeacon.Major ChosenBeacon.Minor"},
    EventRule{"submit_invoice_title", "", "invoice.title_submitted", kFrom, "title", "From T title tax_no"},
    EventRule{"submit_membercard_user_info", "", "card.member_joined", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"subscribe", "", "follower.subscribed", kFrom, "EventKey", ""},
    EventRule{"subscribe_msg_change_event", "", "consent.changed", kFrom, "",
              "From T List.TemplateId List.SubscribeStatusString"},
    EventRule{"subscribe_msg_popup_event", "", "consent.answered", kFrom, "",
              "From T List.TemplateId List.SubscribeStatusString"},
    EventRule{"subscribe_msg_sent_event", "", "receipt.subscription_sent", kFrom, "List.ErrorStatus",
              "From List.TemplateId List.MsgID"},
    EventRule{"templatesendjobfinish", "", "receipt.template_sent", kFrom, "Status", "MsgID From"},
    EventRule{"unsubscribe", "", "follower.unsubscribed", kFrom, "", ""},
    EventRule{"update_invoice_status", "", "invoice.status_changed", kFrom, "Status", "From T CardId Code Status"},
    EventRule{"update_member_card", "", "card.member_updated", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"user_authorization_cancellation", "", "user.authorization_cancelled", "OpenID", "RevokeInfo",
              "OpenID T RevokeInfo PluginID"},
    EventRule{"user_authorization_revoke", "", "user.authorization_revoked", "OpenID", "RevokeInfo",
              "OpenID T RevokeInfo PluginID"},
    EventRule{"user_authorize_invoice", "", "invoice.authorized", kFrom, "", "From T SuccOrderId FailOrderId"},
    EventRule{"user_consume_card", "", "card.redeemed", kFrom, "", "From T CardId UserCardCode TransId"},
    EventRule{"user_del_card", "", "card.deleted", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"user_enter_session_from_card", "", "card.session_entered", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"user_enter_tempsession", "", "session.entered", kFrom, "SessionFrom", "From T SessionFrom"},
    EventRule{"user_get_card", "", "card.received", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"user_gifting_card", "", "card.given", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"user_info_modified", "", "user.modified", "OpenID", "RevokeInfo", "OpenID T RevokeInfo PluginID"},
    EventRule{"user_pay_from_pay_cell", "", "card.paid", kFrom, "", "From T CardId UserCardCode TransId"},
    EventRule{"user_view_card", "", "card.viewed", kFrom, "", "From T CardId UserCardCode"},
    EventRule{"verify_expired", "", "account.verification_expired", kNobody, "", "T"},
    EventRule{"view", "", "menu.link_opened", kFrom, "EventKey", ""},
    EventRule{"view_miniprogram", "", "menu.mini_program_opened", kFrom, "EventKey", ""},
    EventRule{"weapp_audit_delay", "", "audit.delayed", kNobody, "Reason", "T appid"},
    EventRule{"weapp_audit_fail", "", "audit.failed", kNobody, "Reason", "T appid"},
    EventRule{"weapp_audit_success", "", "audit.passed", kNobody, "", "T appid"},
    EventRule{"wificonnected", "", "place.wifi_connected", kFrom, "", "From T PlaceId DeviceNo"},
    EventRule{"wxa_appeal_record", "", "audit.appeal", kNobody, "audit_reason", "T appeal_record_id"},
    EventRule{"wxa_category_audit", "", "audit.category", kNobody, "reason", "T first second"},
    EventRule{"wxa_illegal_record", "", "audit.violation_recorded", kNobody, "illegal_reason illegal_content",
              "T illegal_record_id"},
    EventRule{"wxa_media_check", "", "audit.media_checked", kNobody, "result.suggest", "trace_id"},
    EventRule{"wxa_nickname_audit", "", "audit.nickname", kNobody, "nickname reason", "T nickname"},
    EventRule{"wxa_privacy_apply", "", "audit.privacy", kNobody, "result_info.reason", "T result_info.api_name"},
};
static_assert(is_sorted(kEvents));

constexpr std::array kPrefixes{
    EventRule{"trade_manage_*", "", "order.trade_managed", kFrom, "", "From T transaction_id merchant_trade_no"},
    EventRule{"wx_verify_*", "", "account.verification_changed", kNobody, "message", "T appid taskid"},
    EventRule{"xpay_*", "", "order.virtual_payment", "OpenId", "", "From T OpenId OutTradeNo MchRefundId"},
};

constexpr Catalogue kCatalogue{kEvents, kPrefixes, "From T EventKey Ticket MenuId", true};

}  // namespace

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  Draft draft(document, context, "wechat");
  read_words(draft, kCatalogue);
  return draft.finish();
}

}  // namespace wxpipe::ingest::wechat
