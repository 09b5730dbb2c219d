#include "parsers/organizational_domain.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("RFC 7489 3.2: the organizational domain is the public suffix and one label") {
    struct Row {
        std::string_view domain, organization;
    };
    for (auto const& [domain, organization] : {
             Row{"northwind.com", "northwind.com"},
             Row{"mail.northwind.com", "northwind.com"},
             Row{"a.b.c.d.northwind.com", "northwind.com"},
             Row{"northwind.co.uk", "northwind.co.uk"},
             Row{"mail.northwind.co.uk", "northwind.co.uk"},
             // Wildcards and their exceptions.
             Row{"a.b.c.ck", "b.c.ck"},
             Row{"a.www.ck", "www.ck"},
             // The list's private section: who shares a host is nobody else.
             Row{"ana.github.io", "ana.github.io"},
             Row{"www.ana.github.io", "ana.github.io"},
             // A top-level domain that the list doesn't know is a public suffix of its own.
             Row{"mail.northwind.example", "northwind.example"},
             Row{"printer.office.lan", "office.lan"},
             // A-labels, also in the list.
             Row{"mail.xn--bcher-kva.example", "xn--bcher-kva.example"},
             Row{"mail.shop.xn--55qx5d.cn", "shop.xn--55qx5d.cn"},
             Row{"mail.northwind.xn--p1ai", "northwind.xn--p1ai"},
             Row{"_dmarc.northwind.com", "northwind.com"},
             Row{"1.2.3.com", "3.com"},
         }) {
        CAPTURE(domain);
        CHECK(organizational_domain(domain) == organization);
    }
}

TEST_CASE("RFC 7489 3.2: what has no organizational domain") {
    for (std::string const& domain :
         {std::string("com"), std::string("co.uk"), std::string("github.io"), std::string("c.ck"),
          std::string("localhost"), std::string("xn--55qx5d.cn"), std::string(), std::string("."), std::string(".."),
          // not in the one form that is compared
          std::string("Northwind.com"), std::string("northwind.com."), std::string(".northwind.com"),
          std::string("mail..northwind.com"),
          std::string("b\xC3\xBC"
                      "cher.example"),
          std::string("north wind.com"), std::string("-a.com"), std::string("a@northwind.com"), std::string("*.com"),
          std::string("north\0wind.com", 14), std::string("northwind.com\0", 14), std::string("\xFF.com"),
          std::string(64, 'a') + ".com", std::string(300, 'a'),
          // IP addresses
          std::string("192.0.2.1"), std::string("[192.0.2.1]"), std::string("[ipv6:2001:db8::1]"),
          std::string("2001:db8::1"), std::string("1")}) {
        CAPTURE(domain);
        CHECK(organizational_domain(domain).empty());
    }
}

TEST_CASE("organizational domain: as many labels as a name holds") {
    std::string domain = "northwind.com";
    while (domain.size() < 254) domain = "a." + domain;
    CHECK(domain.size() == 255);
    CHECK(organizational_domain(domain) == "northwind.com");
    CHECK(organizational_domain("a." + domain).empty());
}

TEST_CASE("RFC 7489 3.1: alignment") {
    struct Row {
        std::string_view authenticated, from;
        bool strict, relaxed;
    };
    for (auto const& [authenticated, from, strict, relaxed] : {
             // authenticated             From's domain           strict relaxed
             Row{"northwind.com", "northwind.com", true, true},
             Row{"mail.northwind.com", "northwind.com", false, true},       // a subdomain vouches
             Row{"northwind.com", "mail.northwind.com", false, true},       // its parent
             Row{"mail.northwind.com", "shop.northwind.com", false, true},  // a sibling
             Row{"mail.northwind.com", "mail.northwind.com", true, true},
             Row{"northwind.net", "northwind.com", false, false},  // another
             Row{"evilnorthwind.com", "northwind.com", false, false},
             Row{"northwind.com.evil.com", "northwind.com", false, false},
             Row{"com", "northwind.com", false, false},  // a public suffix vouches for itself
             Row{"com", "com", true, true},
             Row{"co.uk", "co.uk", true, true},
             Row{"co.uk", "northwind.co.uk", false, false},
             Row{"northwind.co.uk", "co.uk", false, false},
             Row{"southwind.co.uk", "northwind.co.uk", false, false},
             Row{"mail.northwind.co.uk", "northwind.co.uk", false, true},
             Row{"github.io", "ana.github.io", false, false},
             Row{"eve.github.io", "ana.github.io", false, false},
             Row{"www.ana.github.io", "ana.github.io", false, true},
             Row{"localhost", "localhost", true, true},
             Row{"otherhost", "localhost", false, false},
             // No domain is aligned with nothing, itself included.
             Row{"", "", false, false},
             Row{"", "northwind.com", false, false},
             Row{"northwind.com", "", false, false},
             Row{"northwind.com.", "northwind.com", false, false},
             Row{"northwind.com.", "northwind.com.", false, false},
             Row{"Northwind.com", "northwind.com", false, false},
             Row{"192.0.2.1", "192.0.2.1", false, false},
             Row{"192.0.2.1", "198.51.2.1", false, false},
             Row{"[192.0.2.1]", "[192.0.2.1]", false, false},
             Row{"a b", "a b", false, false},
             Row{"..", "..", false, false},
         }) {
        CAPTURE(authenticated, from);
        CHECK(aligned(authenticated, from, Alignment::strict) == strict);
        CHECK(aligned(authenticated, from, Alignment::relaxed) == relaxed);
    }
}
