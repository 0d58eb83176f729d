#include "schemas/contact_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace wxpipe::schemas {
namespace {

struct ContactName {
  std::string_view theirs, ours;  // theirs: in lower case, without blanks, _ and -
};

// Sorted by bytes.
constexpr std::array kNames{
    ContactName{"cell", "contact_phone"},
    ContactName{"cellphone", "contact_phone"},
    ContactName{"cellphonenumber", "contact_phone"},
    ContactName{"city", "city"},
    ContactName{"cityname", "city"},
    ContactName{"comment", "comment"},
    ContactName{"company", "company_name"},
    ContactName{"companyindustry", "company_industry"},
    ContactName{"companyname", "company_name"},
    ContactName{"companysize", "company_size"},
    ContactName{"contactemail", "contact_email"},
    ContactName{"contactname", "contact_name"},
    ContactName{"contactphone", "contact_phone"},
    ContactName{"contactwechat", "contact_wechat"},
    ContactName{"content", "content"},
    ContactName{"customername", "contact_name"},
    ContactName{"district", "district"},
    ContactName{"districtname", "district"},
    ContactName{"email", "contact_email"},
    ContactName{"emailaddress", "contact_email"},
    ContactName{"fullname", "contact_name"},
    ContactName{"industry", "company_industry"},
    ContactName{"leadid", "lead_id"},
    ContactName{"leadsemail", "contact_email"},
    ContactName{"leadsname", "contact_name"},
    ContactName{"leadsphone", "contact_phone"},
    ContactName{"leadstel", "contact_phone"},
    ContactName{"leadstelephone", "contact_phone"},
    ContactName{"leadswechat", "contact_wechat"},
    ContactName{"mail", "contact_email"},
    ContactName{"message", "message"},
    ContactName{"mobile", "contact_phone"},
    ContactName{"mobileno", "contact_phone"},
    ContactName{"mobilenumber", "contact_phone"},
    ContactName{"mobilephone", "contact_phone"},
    ContactName{"name", "contact_name"},
    ContactName{"openid", "openid"},
    ContactName{"phone", "contact_phone"},
    ContactName{"phoneno", "contact_phone"},
    ContactName{"phonenumber", "contact_phone"},
    ContactName{"province", "province"},
    ContactName{"provincename", "province"},
    ContactName{"realname", "contact_name"},
    ContactName{"remark", "remark"},
    ContactName{"tel", "contact_phone"},
    ContactName{"telephone", "contact_phone"},
    ContactName{"telphone", "contact_phone"},
    ContactName{"utmcampaign", "utm_campaign"},
    ContactName{"utmcontent", "utm_content"},
    ContactName{"utmmedium", "utm_medium"},
    ContactName{"utmsource", "utm_source"},
    ContactName{"utmterm", "utm_term"},
    ContactName{"visitorid", "visitor_id"},
    ContactName{"wechat", "contact_wechat"},
    ContactName{"wechatid", "contact_wechat"},
    ContactName{"wechatno", "contact_wechat"},
    ContactName{"weixin", "contact_wechat"},
    ContactName{"weixinhao", "contact_wechat"},
    ContactName{"weixinid", "contact_wechat"},
    ContactName{"weixinopenid", "openid"},
    ContactName{"wxopenid", "openid"},
    ContactName{"xfieldweixinopenid", "openid"},
    ContactName{"企业名称", "company_name"},
    ContactName{"企业规模", "company_size"},
    ContactName{"公司", "company_name"},
    ContactName{"公司名", "company_name"},
    ContactName{"公司名称", "company_name"},
    ContactName{"公司规模", "company_size"},
    ContactName{"区县", "district"},
    ContactName{"单位", "company_name"},
    ContactName{"单位名称", "company_name"},
    ContactName{"名字", "contact_name"},
    ContactName{"咨询内容", "content"},
    ContactName{"城市", "city"},
    ContactName{"备注", "remark"},
    ContactName{"姓名", "contact_name"},
    ContactName{"客户姓名", "contact_name"},
    ContactName{"市", "city"},
    ContactName{"微信", "contact_wechat"},
    ContactName{"微信号", "contact_wechat"},
    ContactName{"您的姓名", "contact_name"},
    ContactName{"您的微信", "contact_wechat"},
    ContactName{"您的手机号", "contact_phone"},
    ContactName{"您的电话", "contact_phone"},
    ContactName{"您的称呼", "contact_name"},
    ContactName{"所在城市", "city"},
    ContactName{"所在省份", "province"},
    ContactName{"所属行业", "company_industry"},
    ContactName{"手机", "contact_phone"},
    ContactName{"手机号", "contact_phone"},
    ContactName{"手机号码", "contact_phone"},
    ContactName{"电子邮件", "contact_email"},
    ContactName{"电子邮箱", "contact_email"},
    ContactName{"电话", "contact_phone"},
    ContactName{"电话号码", "contact_phone"},
    ContactName{"留言", "message"},
    ContactName{"留言内容", "message"},
    ContactName{"省", "province"},
    ContactName{"省份", "province"},
    ContactName{"称呼", "contact_name"},
    ContactName{"联系人", "contact_name"},
    ContactName{"联系人姓名", "contact_name"},
    ContactName{"联系手机", "contact_phone"},
    ContactName{"联系电话", "contact_phone"},
    ContactName{"行业", "company_industry"},
    ContactName{"邮件", "contact_email"},
    ContactName{"邮箱", "contact_email"},
    ContactName{"邮箱地址", "contact_email"},
};
static_assert(std::is_sorted(kNames.begin(), kNames.end(),
                             [](const auto& left, const auto& right) { return left.theirs < right.theirs; }));

constexpr size_t kLongest = 32;
static_assert(std::all_of(kNames.begin(), kNames.end(), [](const auto& row) { return row.theirs.size() < kLongest; }));

}  // namespace

std::string_view contact_field(std::string_view path) {
  std::array<char, kLongest> letters;
  size_t size = 0;
  for (const char c : path.substr(path.rfind('.') + 1)) {
    if (c == '_' || c == '-' || c == ' ') continue;
    if (size == letters.size()) return {};
    letters[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const std::string_view plain(letters.data(), size);
  const auto* const found = std::lower_bound(kNames.begin(), kNames.end(), plain,
                                             [](const auto& row, std::string_view name) { return row.theirs < name; });
  return found != kNames.end() && found->theirs == plain ? found->ours : std::string_view();
}

}  // namespace wxpipe::schemas
