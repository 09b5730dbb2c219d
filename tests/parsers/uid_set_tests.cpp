#include "parsers/uid_set.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("a UID set is sorted and merged, whatever order it came in") {
    UidSet const uids({{9, 9}, {4, 7}, {8, 8}, {2, 2}, {5, 6}});
    CHECK(uids.ranges() == std::vector<UidRange>{{2, 2}, {4, 9}});
    CHECK(uids.size() == 7);
    CHECK(uids.contains(4));
    CHECK(uids.contains(9));
    CHECK_FALSE(uids.contains(3));
    CHECK_FALSE(uids.contains(10));
    CHECK_FALSE(UidSet().contains(1));
}

TEST_CASE("the whole space of UIDs is one range") {
    auto uids = *parse_uid_set("4294967295:1,4294967295");
    CHECK(uids.ranges().size() == 1);
    CHECK(uids.size() == 4294967295U);
    CHECK(uids.take(3) == std::vector<std::uint32_t>{1, 2, 3});
    uids.remove_below(4294967294U);
    CHECK(uids.take(5) == std::vector<std::uint32_t>{4294967294U, 4294967295U});
    CHECK(uids.empty());
    CHECK(uids.take(5).empty());
}

TEST_CASE("RFC 9051 6.4.4: n:* always gives the last mail, remove_below takes it away") {
    UidSet uids({{7, 7}});
    uids.remove_below(8);
    CHECK(uids.empty());
    UidSet more({{3, 5}, {8, 12}});
    more.remove_below(10);
    CHECK(more.ranges() == std::vector<UidRange>{{10, 12}});
}

TEST_CASE("a set is written in pieces that fit a command line") {
    auto const uids = UidSet::of({1, 2, 3, 5, 9, 10, 100});
    CHECK(uids.texts(1000) == std::vector<std::string>{"1:3,5,9:10,100"});
    CHECK(uids.texts(6) == std::vector<std::string>{"1:3,5", "9:10", "100"});
    CHECK(uids.texts(1) == std::vector<std::string>{"1:3", "5", "9:10", "100"});
    CHECK(UidSet().texts(10).empty());
}

TEST_CASE("what is no set of UIDs") {
    for (auto const* const text : {"", "0", "1,", ",1", "1:", "1:*", "*", "4294967296", "1 2", "-1", "1:0"}) {
        INFO(text);
        CHECK(parse_uid_set(text).has_error());
    }
}
