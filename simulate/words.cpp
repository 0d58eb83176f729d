#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {
constexpr std::string_view kSentences[] = {
    "你好，请问{}多少钱？",
    "{}有报价单吗？发我一份看看",
    "想了解一下{}的价格和交期",
    "你们家{}能不能先看演示？",
    "可以预约试用{}吗？",
    "我想买两套{}，怎么下单？",
    "采购需要盖章的合同，{}能开专票吗",
    "请给我一个联系方式，电话聊更快",
    "加我微信：同手机号，晚上七点以后方便",
    "{}还有现货吗？急用",
    "收到，谢谢😊",
    "好的，明天上午十点可以",
    "请问门店几点关门？",
    "昨天下的订单什么时候发货？",
    "快递三天没动了，帮我查一下",
    "{}和上一代有什么区别？",
    "朋友推荐来的，听说有优惠",
    "活动到几号结束？",
    "地址改一下：3 号楼 2 单元 1501",
    "我要投诉，客服一直没人回",
    "退货怎么操作？",
    "发票抬头写错了，能重开吗",
    "你们支持对公转账吗",
    "{}的参数能发一下吗，要做方案比选",
    "价格能再优惠点吗？老客户了",
    "我们公司大概需要 50 台{}",
    "麻烦人工客服",
    "在吗",
    "1",
    "不要再给我发消息了",
    "请问有没有线下体验店",
    "How much is the {} if we order 20 sets?",
    "Could you send me a quote for {}, please?",
    "👍👍👍",
    "看到直播来的，券怎么领？",
    "{}保修几年？",
    "装修完想装{}，有师傅上门量尺寸吗",
    "学生有折扣吗",
    "上次买的{}很好用，想再要一台",
    "会员积分怎么兑换",
};
constexpr std::string_view kMemberSentences[] = {
    "帮我查一下客户张总的跟进记录",
    "今天外勤打卡：已到客户现场",
    "上周的日报补交一下",
    "会议室 3 楼大的那间还空着吗？",
    "请假两天，已和主管说过",
    "报销单卡在财务审批了，帮忙看一下",
    "新人入职流程在哪里看？",
    "合同模板发我一份最新版",
    "本月业绩排名",
    "打印机又没墨了",
    "1",
    "收到",
};
constexpr std::string_view kProducts[] = {"智能门锁 X2", "净水器 Pro",   "扫地机器人", "投影仪 4K",  "会议平板",
                                          "人体工学椅",  "空气净化器",   "企业版套餐", "收银一体机", "全屋 Wi-Fi 套装",
                                          "恒温热水器",  "客户管理系统", "自动咖啡机", "安防摄像头", "电动升降桌"};
constexpr std::string_view kVoiceWords[] = {
    "我想问一下你们那个价格。", "明天下午我过去看看。", "帮我查一下快递到哪了。", "能不能便宜一点？",
    "这个怎么安装啊？",         "好的没问题。",         "请问你们周末上班吗？",   "我再考虑一下给你回复。"};
constexpr std::string_view kBotQuestions[] = {"帮我总结一下上周的销售周报", "这个月华东区的新增客户有多少？",
                                              "把会议纪要整理成待办",       "客户问质保政策，怎么回复比较好",
                                              "查一下 3 月的报销标准",      "写一段产品介绍，200 字以内",
                                              "今天有哪些商机需要跟进？",   "翻译成英文：交期为 15 个工作日"};
constexpr std::string_view kGroupNames[] = {"老客户福利群", "新品内测群", "华东经销商群",
                                            "VIP 服务群",   "装修交流群", "团购接龙 3 群"};
constexpr std::string_view kFileNames[] = {"采购需求清单.xlsx", "营业执照.pdf", "户型图.jpg",
                                           "合同-盖章版.pdf",   "安装现场.mp4", "报价对比.docx"};
constexpr std::string_view kArticleTitles[] = {"春季新品发布会回顾", "选购指南：三分钟看懂净水器", "老客户回馈活动",
                                               "门店搬迁通知", "行业白皮书下载"};
constexpr std::string_view kSurnames[] = {"王", "李", "张", "刘", "陈", "杨",   "赵",
                                          "黄", "周", "吴", "徐", "孙", "欧阳", "司马"};
constexpr std::string_view kGivenNames[] = {"伟",   "芳",   "秀英", "敏",   "静",   "磊",   "洋",   "艳", "杰",
                                            "志强", "雨桐", "子涵", "一鸣", "浩然", "思远", "晓梅", "𠮷", "建国"};
constexpr std::string_view kCompanies[] = {
    "杭州云栖智能科技有限公司", "深圳市前海贸易有限公司", "苏州精密制造股份有限公司", "成都锦里餐饮管理有限公司",
    "北京朝阳教育咨询中心",     "武汉光谷软件有限公司",   "青岛海陆物流集团",         "西安古都文旅发展有限公司"};
constexpr std::string_view kIndustries[] = {"制造业", "零售", "教育", "餐饮", "物流", "软件", "文旅", "医疗"};
constexpr std::string_view kCompanySizes[] = {"1-20", "21-100", "101-500", "501-2000", "2000+"};
constexpr std::string_view kCampaigns[] = {"spring_fair", "double11", "new_year", "brand_search", "store_opening"};
constexpr std::string_view kUtmSources[] = {"baidu", "douyin", "xiaohongshu", "zhihu", "wechat", "bilibili"};
constexpr std::string_view kFormMessages[] = {"想要一份详细报价",    "请尽快联系我安排演示", "先了解一下，不着急",
                                              "需要 30 套，含安装",  "有没有代理政策？",     "周三下午可以到访",
                                              "希望能试用两周再决定"};
constexpr Place kPlaces[] = {
    {"浙江省", "杭州市", "西湖区", "30.259244", "120.130396", "文三路 90 号"},
    {"上海市", "上海市", "浦东新区", "31.221517", "121.544379", "世纪大道 100 号"},
    {"广东省", "深圳市", "南山区", "22.533191", "113.930476", "科技园南路 18 号"},
    {"广东省", "广州市", "天河区", "23.137466", "113.352425", "天河路 208 号"},
    {"北京市", "北京市", "海淀区", "39.983424", "116.322987", "中关村大街 27 号"},
    {"四川省", "成都市", "武侯区", "30.641840", "104.043240", "天府大道北段 1700 号"},
    {"湖北省", "武汉市", "洪山区", "30.500470", "114.343000", "珞喻路 1037 号"},
    {"江苏省", "苏州市", "姑苏区", "31.311370", "120.617230", "人民路 1199 号"},
};
constexpr Colleague kColleagues[] = {
    {"ZhangSan", "张三"},      {"LiSi", "李四"},         {"WangWu", "王五"},  {"ZhaoLiu", "赵六"},
    {"ChenXiaoMei", "陈小美"}, {"HeYongZhen", "何永珍"}, {"LiuYang", "刘洋"}, {"ouyang.nana", "欧阳娜娜"},
};
constexpr Code kMenuKeys[] = {
    {"PRICE", "价格"}, {"CONTACT", "联系我们"}, {"NEWS", "最新活动"}, {"ORDERS", "我的订单"}, {"HELP", "帮助"}};
constexpr Code kScenes[] = {{"1001", "门店海报"},
                            {"1002", "收银台"},
                            {"spring_fair", "春季展会"},
                            {"leaflet_07", "传单"},
                            {"200001", "包装盒"}};
}  // namespace

std::span<const std::string_view> sentences() { return kSentences; }
std::span<const std::string_view> member_sentences() { return kMemberSentences; }
std::span<const std::string_view> products() { return kProducts; }
std::span<const std::string_view> voice_words() { return kVoiceWords; }
std::span<const std::string_view> bot_questions() { return kBotQuestions; }
std::span<const std::string_view> group_names() { return kGroupNames; }
std::span<const std::string_view> file_names() { return kFileNames; }
std::span<const std::string_view> article_titles() { return kArticleTitles; }
std::span<const std::string_view> surnames() { return kSurnames; }
std::span<const std::string_view> given_names() { return kGivenNames; }
std::span<const std::string_view> companies() { return kCompanies; }
std::span<const std::string_view> industries() { return kIndustries; }
std::span<const std::string_view> company_sizes() { return kCompanySizes; }
std::span<const std::string_view> campaigns() { return kCampaigns; }
std::span<const std::string_view> utm_sources() { return kUtmSources; }
std::span<const std::string_view> form_messages() { return kFormMessages; }
std::span<const Place> places() { return kPlaces; }
std::span<const Colleague> colleagues() { return kColleagues; }
std::span<const Code> menu_keys() { return kMenuKeys; }
std::span<const Code> scenes() { return kScenes; }

}  // namespace wxpipe::simulate
