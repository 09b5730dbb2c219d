#include "parsers/date_time.h"

#include <catch2/catch.hpp>

using namespace postern;

namespace {

std::string utc(std::string_view field) {
    auto const time = parse_date_time(field);
    return time ? to_iso8601(*time) : "none";
}

}  // namespace

TEST_CASE("RFC 5322 3.3: dates") {
    CHECK(utc("Fri, 21 Nov 1997 09:55:06 -0600") == "1997-11-21T15:55:06Z");
    CHECK(utc("21 Nov 1997 09:55 +0000") == "1997-11-21T09:55:00Z");
    CHECK(utc(" Thu,\r\n 13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)") == "1969-02-14T03:02:00Z");
    CHECK(utc("Sat, 31 Dec 2016 23:59:60 +0000") == "2017-01-01T00:00:00Z");
}

TEST_CASE("RFC 5322 4.3: obsolete dates") {
    CHECK(utc("21 Nov 97 09:55:06 GMT") == "1997-11-21T09:55:06Z");
    CHECK(utc("21 Nov 26 09:55:06 EST") == "2026-11-21T14:55:06Z");
    CHECK(utc("Fri, 21 Nov 097 09(comment):   55  :  06 -0600") == "1997-11-21T15:55:06Z");
    CHECK(utc("21 Nov 1997 09:55:06 PDT") == "1997-11-21T16:55:06Z");
}

TEST_CASE("dates as machines write them") {
    CHECK(utc("Fri Nov 21 09:55:06 1997") == "1997-11-21T09:55:06Z");
    CHECK(utc("Fri Nov 21 09:55:06 CET 1997") == "1997-11-21T08:55:06Z");
    CHECK(utc("2026-11-21T09:00:00Z") == "2026-11-21T09:00:00Z");
    CHECK(utc("2026-11-21T09:00:00.123+02:00") == "2026-11-21T07:00:00Z");
    CHECK(utc("2026-11-21 09:00:00 +0200") == "2026-11-21T07:00:00Z");
    CHECK(utc("Fri, 21-Nov-1997 09:55:06 GMT+0200") == "1997-11-21T07:55:06Z");
    CHECK(utc("Fri,21 Nov 1997 09:55:06 -06:00") == "1997-11-21T15:55:06Z");
    CHECK(utc("November 21, 1997 3:04:05 PM") == "1997-11-21T15:04:05Z");
    CHECK(utc("11/21/1997 12:30:00 AM") == "1997-11-21T00:30:00Z");
    CHECK(utc("21.11.1997 09:55") == "1997-11-21T09:55:00Z");
    CHECK(utc("Fri, 021 Nov 1997 09:55:06 +0000") == "1997-11-21T09:55:06Z");
    CHECK(utc("Fri, 21 Nov 1997") == "1997-11-21T00:00:00Z");
    CHECK(utc("Fri, 21 Nov 1997 9:5:6 UTC") == "1997-11-21T09:05:06Z");
    CHECK(utc("Fri, 21 Nov 1997 09.55.06 +0100") == "1997-11-21T08:55:06Z");
}

TEST_CASE("what is no date") {
    for (auto const* text : {"", "yesterday", "32 Nov 1997 00:00:00", "30 Feb 2024 10:00", "21 Nov 1997 25:00",
                             "99:99:99", "1 Jan 123456 00:00", "-", ":", "+", "jan-", "257 257 257", "Fri, "})
        CHECK(utc(text) == "none");
}

TEST_CASE("times as text, clamped to four-digit years") {
    using namespace std::chrono;
    CHECK(to_iso8601(TimePoint{}) == "1970-01-01T00:00:00Z");
    CHECK(to_iso8601(TimePoint(milliseconds(1'999))) == "1970-01-01T00:00:01Z");
    CHECK(to_iso8601(TimePoint(milliseconds(-1))) == "1969-12-31T23:59:59Z");
    CHECK(to_iso8601(TimePoint::max()) == "9999-12-31T23:59:59Z");
    CHECK(to_iso8601(TimePoint::min()) == "0000-01-01T00:00:00Z");
}
