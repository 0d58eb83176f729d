#include "ingest/senders/presets.hpp"

#include <algorithm>
#include <array>

namespace wxpipe::ingest::senders {
namespace {

// Where the sender signs nothing: a secret part of the address.
constexpr std::string_view kYourOwn =
    "make one with: openssl rand -hex 24, and enter the address with ?key=<the secret> at its end";

const std::array<Preset, 15>& table() {
  static const std::array<Preset, 15> rows{
      // 草料二维码
      Preset{.name = "caoliao",
             .also = "cli_im",
             .where = kYourOwn,
             .own_fields = true,
             .declared = {.algorithm = "equal",
                          .found = "query:key",
                          .fields = {{"identity", "record_id | data.record_id | id"}}}},
      // 尘锋 SCRM, without 调用数据加密
      Preset{.name = "dustess",
             .where = kYourOwn,
             .declared = {.algorithm = "equal",
                          .found = "query:key",
                          .fields = {{"identity", "data.id | id"},
                                     {"lead_id", "data.body.id | body.id"},
                                     {"name", "data.body.changed.name | body.changed.name | body.name"},
                                     {"phone", "data.body.changed.mobiles | body.changed.mobiles | body.mobiles"},
                                     {"type", "data.action | action"}},
                          .types = {{"CRM_CONTACT_CREATE", "lead.submitted"}}}},
      // 番茄表单
      Preset{.name = "fanqie",
             .where = "it is the token beside the address, at 增值服务 > API",
             .own_fields = true,
             .declared = {.algorithm = "sha1",
                          .over = {"json:data", "json:time", "secret"},
                          .found = "json:sign",
                          .encoding = "hex",
                          .time = "json:time",
                          .document = "json:data",
                          .fields = {{"identity", "_id"}, {"lead_id", "_id"}, {"occurred_at", "created"}},
                          .body = "success"}},
      Preset{.name = "google_ads",
             .where = "it is the Key that you enter beside the webhook's address of the lead form",
             .declared = {.algorithm = "equal",
                          .found = "json:google_key",
                          .fields = {{"city", "user_column_data[column_id=CITY].string_value"},
                                     {"company", "user_column_data[column_id=COMPANY_NAME].string_value"},
                                     {"email",
                                      "user_column_data[column_id=EMAIL].string_value | "
                                      "user_column_data[column_id=WORK_EMAIL].string_value"},
                                     {"identity", "lead_id"},
                                     {"lead_id", "lead_id"},
                                     {"name", "user_column_data[column_id=FULL_NAME].string_value"},
                                     {"phone",
                                      "user_column_data[column_id=PHONE_NUMBER].string_value | "
                                      "user_column_data[column_id=WORK_PHONE].string_value"},
                                     {"province", "user_column_data[column_id=REGION].string_value"},
                                     {"test", "is_test"}},
                          .body = "{}"}},
      // 简道云
      Preset{.name = "jiandaoyun",
             .where = "it is the Secret at 表单设置 > 数据推送",
             .own_fields = true,
             .declared = {.algorithm = "sha1",
                          .over = {"query:nonce", ":", "body", ":", "secret", ":", "query:timestamp"},
                          .found = "header:X-JDY-Signature",
                          .prefix = "sha1=",
                          .encoding = "hex",
                          .time = "query:timestamp",
                          .fields = {{"identity", "header:X-JDY-DeliverId | data._id"},
                                     {"lead_id", "data._id"},
                                     {"occurred_at", "data.updateTime | data.createTime"},
                                     {"type", "op"}},
                          .types = {{"data_create", "lead.submitted"}, {"data_update", "lead.changed"}}}},
      // 金数据
      Preset{.name = "jinshuju",
             .where = kYourOwn,
             .own_fields = true,
             .declared = {.algorithm = "equal",
                          .found = "query:key",
                          .fields = {{"city", "entry.x_field_weixin_province_city.city"},
                                     {"identity", "form + entry.serial_number"},
                                     {"lead_id", "form + entry.serial_number"},
                                     {"occurred_at", "entry.updated_at | entry.created_at"},
                                     {"openid", "entry.x_field_weixin_openid"},
                                     {"province", "entry.x_field_weixin_province_city.province"}}}},
      // 小渔夫
      Preset{.name = "lifisher",
             .where = "it is the API key's secret, at 数据中心 > 询盘管理 > 询盘设置",
             .declared = {.algorithm = "md5",
                          .over = {"form", "text:&key=", "secret"},
                          .found = "form:sign",
                          .encoding = "hex",
                          .document = "form:data",
                          .fields = {{"company", "company_name"},
                                     {"content", "content"},
                                     {"email", "email"},
                                     {"identity", "id"},
                                     {"lead_id", "id"},
                                     {"name", "contacts"},
                                     {"occurred_at", "create_time"},
                                     {"phone", "phone"}},
                          .body = "success"}},
      Preset{.name = "meta",
             .also = "meta_leads",
             .where = "it is the app secret, at App settings > Basic",
             .declared = {.algorithm = "hmac_sha256",
                          .over = {"body"},
                          .found = "header:X-Hub-Signature-256",
                          .prefix = "sha256=",
                          .encoding = "hex",
                          .fields = {{"identity", "entry.changes.value.leadgen_id"},
                                     {"lead_id", "entry.changes.value.leadgen_id"},
                                     {"occurred_at", "entry.changes.value.created_time"},
                                     {"type", "entry.changes.field"}},
                          .types = {{"leadgen", "lead.submitted"}},
                          .challenge = "query:hub.challenge",
                          .verify = "query:hub.verify_token"}},
      // 飞鱼 CRM (巨量引擎)
      Preset{.name = "ocean_engine",
             .also = "feiyu",
             .where = kYourOwn,
             .declared = {.algorithm = "equal",
                          .found = "query:key",
                          .fields = {{"city", "city_name | city"},
                                     {"content", "remark"},
                                     {"identity", "clue_id | clueId | id"},
                                     {"lead_id", "clue_id | clueId | id"},
                                     {"name", "name"},
                                     {"occurred_at", "create_time"},
                                     {"phone", "telephone | phone | mobile | tel"},
                                     {"province", "province_name | province"},
                                     {"wechat", "weixin | wechat"}},
                          .body = R"({"code":200,"msg":"success"})"}},
      // 圈量 SCRM
      Preset{.name = "quanliang",
             .where = "it is the Token at 企业设置 > API接入",
             .key_where = "it is the EncodingAesKey at 企业设置 > API接入",
             .declared = {.algorithm = "md5",
                          .over = {"json:app_key", "secret", "json:nonce", "json:timestamp", "json:encoding_content"},
                          .sorted = true,
                          .found = "json:signature",
                          .encoding = "hex",
                          .time = "json:timestamp",
                          .document = "json:encoding_content",
                          .cipher = "aes_256_cbc",
                          .fields = {{"type", "event_type"}},
                          .body = "success"}},
      // 探马 SCRM
      Preset{.name = "tanma",
             .where = "it is the appKey of the platform's application",
             .declared = {.algorithm = "sha256",
                          .over = {"header:appId", "header:version", "header:timestamp", "secret"},
                          .found = "header:sign",
                          .encoding = "hex",
                          .time = "header:timestamp",
                          .cipher = "aes_128_ctr",
                          .iv = "header:appId",
                          .fields = {{"identity", "msgId"}, {"type", "type"}},
                          .types = {{"verify", "webhook.test"}},
                          .body = R"({"noise":{noise}})"}},
      // 腾讯广告
      Preset{.name = "tencent_ads",
             .where = "it is the 密钥 beside the 回调地址 of the message subscription",
             .declared = {.algorithm = "sha1",
                          .over = {"body", "secret"},
                          .found = "query:signature",
                          .encoding = "hex",
                          .fields = {{"identity", "event_id"}, {"type", "event_type"}},
                          .types = {{"EVENT_TYPE_TEST", "webhook.test"}}}},
      // 腾讯云 (实时音视频)
      Preset{.name = "tencent_cloud",
             .where = "it is the key of the callback's settings",
             .declared = {.algorithm = "hmac_sha256",
                          .over = {"body"},
                          .found = "header:Sign",
                          .encoding = "base64",
                          .fields = {{"occurred_at", "EventInfo.EventMsTs | EventInfo.EventTs"}, {"type", "EventType"}},
                          .body = R"({"code":0})"}},
      // 火山引擎 (实时音视频)
      Preset{.name = "volcengine",
             .where = "it is the SecretKey of the callback's settings",
             .declared = {.algorithm = "sha256",
                          .over = {"json:EventType", "json:EventData", "json:EventTime", "json:EventId", "json:Version",
                                   "json:AppId", "json:Nonce", "secret"},
                          .sorted = true,
                          .found = "json:Signature",
                          .encoding = "hex",
                          .fields = {{"identity", "EventId"}, {"occurred_at", "EventTime"}, {"type", "EventType"}},
                          .body = R"({"code":0})"}},
      // 问卷星. Its `name` is the survey's.
      Preset{.name = "wjx",
             .where = "ask 问卷星 for the 推送密钥",
             .own_fields = true,
             .declared = {.algorithm = "sha1",
                          .over = {"json:activity", "json:index", "secret"},
                          .found = "json:sign",
                          .encoding = "hex",
                          .fields = {{"identity", "activity + joinid"},
                                     {"lead_id", "activity + joinid"},
                                     {"name", "-"},
                                     {"occurred_at", "submittime"}}}},
  };
  return rows;
}

}  // namespace

std::span<const Preset> presets() { return table(); }

const Preset* preset(std::string_view name) {
  const auto found = std::find_if(presets().begin(), presets().end(), [&](const Preset& row) {
    return row.name == name || (!row.also.empty() && row.also == name);
  });
  return found == presets().end() ? nullptr : &*found;
}

}  // namespace wxpipe::ingest::senders
