// What a viewer and an analyst don't see.
#include "console/masking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::console {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

report::Report report_with_everything() {
  report::Table matches{"matches", "", {{"id"}, {"subject"}, {"summary"}}, {}};
  matches.rows.push_back({"00000000-0000-8d3c-b0a1-13800138000a", "13800138000", "call me: 13900139000"});
  report::Table row{"row", "", {{"name"}, {"value"}}, {}};
  row.rows.push_back({"content", "call me: 13900139000"});
  row.rows.push_back({"body", "<xml>13900139000</xml>"});
  row.rows.push_back({"receipt", "in-1/19ab/13900139000"});
  report::Table leads{"leads", "", {{"contact_name"}, {"contact_phone"}, {"contact_email"}}, {}};
  leads.rows.push_back({"王先生", "13900139000", "wang@example.com"});
  return {.facts = {{"history", "", report::Object{{"body", "hidden too"}}}}, .tables = {matches, row, leads}};
}
std::string as(const char* role, std::vector<std::string> rights = {}) {
  return to_json(masked(report_with_everything(), identity("x", role, rights, Login::password)));
}

TEST(Masking, AnOperatorSeesEverything) {
  EXPECT_EQ(as("operator"), to_json(report_with_everything()));
  EXPECT_EQ(as("analyst", {"bodies"}), to_json(report_with_everything()));
}

TEST(Masking, AnAnalystSeesContentButNoBodiesAndNoWholeNumbers) {
  EXPECT_THAT(as("analyst"), AllOf(HasSubstr("call me: 139****9000"), HasSubstr("138****8000"), HasSubstr("王先生"),
                                   Not(HasSubstr("<xml>")), Not(HasSubstr("call me: 13900139000")),
                                   Not(HasSubstr("wang@")), Not(HasSubstr("hidden too"))));
}

TEST(Masking, AViewerSeesNoContent) {
  EXPECT_THAT(as("viewer"), AllOf(Not(HasSubstr("call me")), Not(HasSubstr("王先生")), Not(HasSubstr("<xml>")),
                                  Not(HasSubstr("139****9000")), HasSubstr("•••"), HasSubstr("138****8000")));
  EXPECT_THAT(as("viewer", {"bodies"}), Not(HasSubstr("<xml>"))) << "bodies are for analysts";
}

TEST(Masking, IdsStayAsTheyAre) {
  EXPECT_THAT(as("viewer"),
              AllOf(HasSubstr("00000000-0000-8d3c-b0a1-13800138000a"), HasSubstr("in-1/19ab/13900139000")));
}

TEST(Masking, OnlyWhatLooksLikeAMobileNumberIsCut) {
  EXPECT_EQ(mask_phones("13800138000"), "138****8000");
  EXPECT_EQ(mask_phones("+8613800138000, 13800138000"), "+86138****8000, 138****8000");
  EXPECT_EQ(mask_phones("23871900536422002"), "23871900536422002");  // a MsgId
  EXPECT_EQ(mask_phones("12800138000 1380013800"), "12800138000 1380013800");
}

}  // namespace
}  // namespace wxpipe::console
