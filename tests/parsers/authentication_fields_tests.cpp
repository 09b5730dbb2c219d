#include "parsers/authentication_fields.h"

#include <catch2/catch.hpp>

#include "parsers/limits.h"
#include "parsers/stated_authentication.h"

using namespace postern;

namespace {

std::vector<std::string> results(std::string_view octets) {
    return find_authentication_fields(octets).results;
}

using Bodies = std::vector<std::string>;

}  // namespace

TEST_CASE("the fields that sender authentication looks at, topmost first") {
    auto const found = find_authentication_fields(
        "Received: by mx.site.example\r\n"
        "Authentication-Results: mx.site.example;\r\n dkim=pass header.d=northwind.com\r\n"
        "DKIM-Signature: v=1; d=northwind.com; s=s1;\r\n\ta=rsa-sha256\r\n"
        "ARC-Seal: i=1; cv=none; d=list.example\r\n"
        "arc-seal: i=2; cv=pass; d=relay.example\r\n"
        "ARC-Seal: i=2; cv=fail; d=eve.com\r\n"
        "ARC-Authentication-Results: i=2; relay.example; dmarc=pass header.from=northwind.com\r\n"
        "X-DKIM-Signature: d=eve.com\r\n"
        "authentication-results:mx.eve.com; none\r\n"
        "DKIM-Signature: d=eve.com; l=1\r\n"
        "From: ana@northwind.com\r\n"
        "\r\n"
        "Authentication-Results: mx.site.example; dmarc=pass\r\n"
        "DKIM-Signature: d=body.example\r\n");
    CHECK(found.results == Bodies{" mx.site.example;\r\n dkim=pass header.d=northwind.com", "mx.eve.com; none"});
    REQUIRE(found.signatures.size() == 2);
    CHECK(found.signatures[0] == DkimSignatureTags{"northwind.com", "s1", "rsa-sha256", false});
    CHECK(found.signatures[1] == DkimSignatureTags{"eve.com", "", "", true});
    CHECK(found.arc == ArcNote{2, "relay.example", "pass"});
    CHECK(find_authentication_fields("") == AuthenticationFields{});
    CHECK(find_authentication_fields("From: ana@northwind.com\r\n\r\nHello") == AuthenticationFields{});
}

TEST_CASE("RFC 5322 2.2.3: what a sender begins his mail with is not of the field that our MTA put above it") {
    std::string const ours = "Authentication-Results: mx; dkim=none";
    Bodies const alone{" mx; dkim=none"};
    CHECK(results(ours + "\r\n; dmarc=pass header.from=northwind.com\r\nFrom: ana@northwind.com\r\n\r\n") == alone);
    CHECK(results(ours + ";\ndmarc=pass header.from=northwind.com\nFrom: ana@northwind.com\n\n") ==
          Bodies{" mx; dkim=none;"});
    CHECK(results(ours + "\n\\t; dmarc=pass header.from=northwind.com\nFrom: ana@northwind.com\n\n") == alone);
    CHECK(results(ours + "\r; dmarc=pass header.from=northwind.com\nFrom: ana@northwind.com\n\n") == alone);
    CHECK(results(ours + "\n\n; dmarc=pass header.from=northwind.com\nFrom: ana@northwind.com\n\n") == alone);
    CHECK(results(ours + "\r\n \r\n\t; spf=none\r\nFrom: a@b\r\n\r\n") ==
          Bodies{" mx; dkim=none\r\n \r\n\t; spf=none"});
    CHECK(results(ours + "\r\n") == alone);
    CHECK(results(ours) == alone);
    CHECK(results(ours + "\r") == alone);
    CHECK(results("Authentication-Results:\r\n mx; none\r\nFrom: a@b\r\n\r\n") == Bodies{"\r\n mx; none"});
}

TEST_CASE("the fields that sender authentication looks at: as many as limits.h allows") {
    std::string header;
    for (auto count = 0; count < 1000; ++count)
        header += "Authentication-Results: mx; none\nDKIM-Signature: d=northwind.com\nARC-Seal: i=1; d=northwind.com\n";
    auto const found = find_authentication_fields(header + "ARC-Seal: i=9; d=eve.com\n\n");
    CHECK(found.results.size() == limits::authentication_fields);
    CHECK(found.signatures.size() == limits::dkim_signatures);
    CHECK(found.arc == ArcNote{1, "northwind.com", ""});
}

TEST_CASE("a header over its bounds has no Authentication-Results: they may have been cut") {
    std::string const ours = "Authentication-Results: mx; dkim=pass header.d=northwind.com\n";
    CHECK(results(ours + "X-A: " + std::string(limits::header_line_octets, 'a') + "\n\n").empty());
    CHECK(results("Authentication-Results: mx; dkim=none (" + std::string(limits::header_line_octets, 'a') + ")\n\n")
              .empty());
    std::string many = ours;
    while (many.size() < limits::header_octets) many += "X-A: a\n";
    CHECK(results(many + "X-B: b\n\n").empty());
}
