#include "daemon/raw_message.h"

#include <catch2/catch.hpp>
#include <set>

using namespace postern;

TEST_CASE("mail ids are 16 characters of base32 that sort by time") {
    TimePoint const early{std::chrono::milliseconds{1'795'000'000'255}};
    auto const id = new_mail_id(early);
    CHECK(id.text.size() == 16);
    CHECK(id.text.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz") == std::string::npos);
    CHECK(new_mail_id(early).text.substr(0, 9) == id.text.substr(0, 9));
    for (int milliseconds : {1, 256, 70'000, 400'000'000})
        CHECK(new_mail_id(early + std::chrono::milliseconds{milliseconds}) > id);
}

TEST_CASE("mail ids of the same millisecond differ") {
    std::set<MailId> ids;
    for (int count = 0; count < 1000; ++count) ids.insert(new_mail_id(TimePoint{}));
    CHECK(ids.size() == 1000);
}
