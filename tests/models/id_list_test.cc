#include "models/id_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(IdList, HasEachOnceAndInOrder) {
  EXPECT_THAT(listed_ids("7,0,3-5,4", 8), Optional(ElementsAre(0, 3, 4, 5, 7)));
  EXPECT_THAT(listed_ids("0", 1), Optional(ElementsAre(0)));
  EXPECT_THAT(chosen_ids("", 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen_ids("2", 3), ElementsAre(2));
}

TEST(IdList, IsNothingElse) {
  for (const char* text : {"", ",", "1,", ",1", "a", "1 2", "3-", "-3", "5-3", "8", "2-8", "1--2",
                           "99999999999", "1;2", "1,2,"}) {
    EXPECT_EQ(listed_ids(text, 8), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace apical
