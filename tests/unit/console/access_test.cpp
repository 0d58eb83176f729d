// Roles, rights and the hashes of passwords and tokens.
#include "console/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "console/passwords.hpp"

namespace wxpipe::console {
namespace {
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Access, EachRoleMayDoWhatTheOneBeforeItMay) {
  const auto viewer = identity("a", "viewer", {}, Login::password),
             analyst = identity("b", "analyst", {}, Login::token),
             chief = identity("c", "analyst", {"bodies"}, Login::token),
             all = identity("d", "operator", {}, Login::token);
  EXPECT_TRUE(viewer.may(Role::viewer, Right::none));
  EXPECT_FALSE(viewer.may(Role::analyst, Right::none));
  EXPECT_FALSE(viewer.may(Role::viewer, Right::export_));
  EXPECT_TRUE(analyst.may(Role::analyst, Right::none));
  EXPECT_FALSE(analyst.may(Role::analyst, Right::bodies));
  EXPECT_FALSE(analyst.may(Role::operator_, Right::none));
  EXPECT_TRUE(chief.may(Role::analyst, Right::bodies));
  EXPECT_FALSE(chief.may(Role::viewer, Right::export_));
  EXPECT_TRUE(all.may(Role::operator_, Right::export_));
  EXPECT_FALSE(Identity().may(Role::viewer, Right::none));
}

TEST(Access, TheHighestOfAPersonsGroupsCounts) {
  const std::map<std::string, std::string> known{
      {"support", "viewer export"}, {"ops", "operator"}, {"data", "analyst bodies"}};
  EXPECT_FALSE(identity_of_groups("mei", "", known));
  EXPECT_FALSE(identity_of_groups("mei", "strangers,others", known));
  const auto both = identity_of_groups("mei", "strangers, support,data", known);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->role, Role::analyst);
  EXPECT_TRUE(both->bodies);
  EXPECT_TRUE(both->may_export);
  EXPECT_EQ(both->login, Login::proxy);
}

TEST(Passwords, AHashFitsItsPasswordAlone) {
  const auto hash = hash_password("correct horse");
  EXPECT_THAT(hash, StartsWith("scrypt:16384:8:5:"));
  EXPECT_THAT(hash, Not(HasSubstr("horse")));
  EXPECT_TRUE(is_password("correct horse", Secret(hash)));
  EXPECT_FALSE(is_password("correct hors", Secret(hash)));
  EXPECT_NE(hash, hash_password("correct horse"));
}

TEST(Passwords, AHashThatCannotBeReadFitsNothing) {
  for (const auto* hash :
       {"", "correct horse", "scrypt:16384:8:5::", "scrypt:16384:8:5:AAAA:AAAA",
        "scrypt:99999999999:8:5:AAAAAAAAAAAAAAAAAAAAAA==:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})
    EXPECT_FALSE(is_password("", Secret(hash))) << hash;
}

TEST(Passwords, TokensAreRandomAndTheirHashesTellNothing) {
  const auto one = make_token(), other = make_token();
  EXPECT_NE(one.reveal(), other.reveal());
  EXPECT_THAT(one.reveal(), StartsWith("wxp_"));
  EXPECT_GE(one.reveal().size(), 40u);
  EXPECT_EQ(hash_token(one.reveal()), hash_token(one.reveal()));
  EXPECT_THAT(hash_token(one.reveal()), StartsWith("sha256:"));
}

}  // namespace
}  // namespace wxpipe::console
