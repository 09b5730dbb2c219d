#include "parsers/html_text.h"

#include <catch2/catch.hpp>

#include "parsers/charset.h"

using namespace postern;

namespace {
std::string text(std::string_view html) {
    return html_to_text(html).text;
}
}  // namespace

TEST_CASE("HTML: paragraphs, line ends and white space") {
    CHECK(text("<p>One\n  two</p><p>Three<br>four</p>") == "One two\n\nThree\nfour");
    CHECK(text("<div>a</div><div><br></div><div>b</div>") == "a\n\nb");
    CHECK(text("a<br><br><br><br>b") == "a\n\nb");
    CHECK(text("a&nbsp;&nbsp;b <b> c</b>") == "a b c");
    CHECK(text("<pre>a\n  b</pre>c") == "a\n  b\n\nc");
    CHECK(text("soft&shy;hyphen and &#8203;zero width") == "softhyphen and zero width");
}

TEST_CASE("HTML: character references") {
    CHECK(text("&lt;&amp;&gt; &eacute;&#233;&#xE9; &euro;&#128; &amp;lt; &copy") == "<&> ééé €€ &lt; ©");
    CHECK(text("&nosuch; & &; &#; &#xZ; AT&T") == "&nosuch; & &; &#; &#xZ; AT&T");
    CHECK(text("&#0;&#x110000;&#99999999999;") == "\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("HTML: links are kept where the text does not show them") {
    CHECK(text("see <a href=\"https://a.example/x?a=1&amp;b=2\">here</a>, please") ==
          "see here <https://a.example/x?a=1&b=2>, please");
    CHECK(text("<a href=\"https://a.example/\">a.example</a>") == "a.example");
    CHECK(text("<a href=\"mailto:ana@a.example?subject=x\">ana@a.example</a>") == "ana@a.example");
    CHECK(text("<a href=\"mailto:ana@a.example\">Ana</a>") == "Ana <mailto:ana@a.example>");
    CHECK(text("<a href=\"javascript:alert(1)\">x</a><a href='#top'>y</a>") == "xy");
    CHECK(text("<a href=\"https://a.example\n/\tb\">x</a>") == "x <https://a.example/b>");
}

TEST_CASE("HTML: a long link or image text is cut between characters") {
    CHECK(is_valid_utf8(text("<a href=\"http://x.example/" + std::string(2021, 'x') + "ü\">here</a>")));
    CHECK(is_valid_utf8(text("<a href=\"http://x.example/" + std::string(2030, 'x') + "ü\">here</a>")));
    CHECK(is_valid_utf8(text("<img alt=\"" + std::string(199, 'x') + "ü\">")));
}

TEST_CASE("HTML: lists") {
    CHECK(text("<ul><li>one<li>two<ul><li>deep</ul><li>three</ul>end") == "- one\n- two\n  - deep\n- three\n\nend");
    CHECK(text("<ol><li>one</li><li><p>two</p></li></ol>") == "1. one\n2. two");
}

TEST_CASE("HTML: an ordered list that begins elsewhere") {
    CHECK(text("<ol start=3><li>c<li>d</ol>") == "3. c\n4. d");
    CHECK(text("<ol start=x><li>a</ol>") == "1. a");
}

TEST_CASE("HTML: tables as rows") {
    CHECK(text("<table><tr><th>Name<th>Size<tr><td>a</td><td><p>1</p></td></tr></table>after") ==
          "Name\tSize\na\t1\nafter");
    CHECK(text("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>") == "a\n\nb\n\nc");
}

TEST_CASE("HTML: what nobody is meant to read") {
    CHECK(text("<head><title>t</title><style>p{}</style></head><body>x<script>if (a<b) {}</script>y<!-- z -->") ==
          "xy");
    CHECK(text("a<div style=\"DISPLAY : none !important\">b<p>c</p></div>d") == "a\nd");
    CHECK(text("a<span style='visibility:hidden'>b<span>c</span>d</span>e") == "ae");
    CHECK(text("<div style=\"max-height:0px;overflow:hidden\">preheader</div>text") == "text");
    CHECK(text("a<p hidden>b<p>c") == "a\n\nc");
    // Only the text right in it: templates set the size to nothing around what they set it for.
    CHECK(text("<td style='font-size:0px'>preheader<div style='font-size:13px'>text</div></td>") == "text");
    CHECK(text("<style>/* for clients */ .pre, span.x{display:none!important} @media print {.only {display:none}} "
               "p.a b{display:none}</style><div class='big pre'>preheader</div><p class=only>a<b>b</b>") == "ab");
    CHECK(text("<![if !mso]>shown<![endif]><!--[if mso]>hidden<![endif]-->") == "shown");
}

TEST_CASE("HTML: broken markup") {
    CHECK(text("1 < 2 and a<b and 3 <4") == "1 < 2 and a");
    CHECK(text("a</div></b>b") == "ab");
    CHECK(text("<p>a<div>b</p>c") == "a\n\nb\n\nc");
    CHECK(text("<td>a</td><li>b") == "a\n- b");
    CHECK(text("<p title=\"unclosed>a</p>") == "");
    CHECK(text("<head><body>x") == "x");
}

TEST_CASE("HTML: megabytes of nested or stray tags stay linear and bounded") {
    std::string nested, stray, quotes;
    for (int i = 0; i < 400'000; ++i) nested += "<div>", stray += "</b>", quotes += "<blockquote type=cite>";
    CHECK(text(nested + "x" + stray + "y") == "xy");
    CHECK(text(quotes.substr(0, 4'000'000) + "x").size() < 100);
}

TEST_CASE("HTML: the charset of a meta element") {
    CHECK(html_meta_charset("<html><head><meta charset=utf-8>") == "utf-8");
    CHECK(html_meta_charset("<META http-equiv=Content-Type content=\"text/html; charset=windows-1251\">") ==
          "windows-1251");
    CHECK(html_meta_charset("<p>charset=x").empty());
}

TEST_CASE("HTML: the marks that clients leave where they quote") {
    auto const marks = [](std::string_view html) {
        auto const readable = html_to_text(html);
        std::string result;
        for (auto const& mark : readable.marks) {
            std::string_view const role = mark.role == TextMark::Role::quotation     ? "quotation"
                                          : mark.role == TextMark::Role::attribution ? "attribution"
                                          : mark.role == TextMark::Role::history     ? "history"
                                                                                     : "signature";
            auto within = readable.text.substr(mark.begin, mark.end - mark.begin);
            within.erase(0, within.find_first_not_of('\n'));
            result += std::string(role) + "[" + within + "]";
        }
        return result;
    };
    CHECK(marks("new<div class=\"gmail_quote\"><div class=gmail_attr>On Monday Ana wrote:</div><blockquote "
                "class=gmail_quote>old</blockquote></div>") == "attribution[On Monday Ana wrote:]quotation[> old]");
    CHECK(marks("new<div class=\"gmail_quote\">Forwarded: old</div>") == "quotation[Forwarded: old]");
    CHECK(marks("new<div id=\"x_divRplyFwdMsg\">From: Ana</div>old") == "history[From: Ana\nold]");
    CHECK(marks("new<div id=appendonsend></div><hr>old") == "history[________________________________\nold]");
    CHECK(marks("new<blockquote>indented</blockquote>").empty());
    CHECK(marks("new<blockquote type=\"cite\">old</blockquote>") == "quotation[> old]");
    CHECK(marks("new<div class=\"yiv123yahoo_quoted\">old</div>") == "quotation[old]");
    CHECK(marks("new<table id=\"postern-receipt\"><tr><td>ours</table>") == "quotation[ours]");
    CHECK(marks("new<div class=moz-signature>-- <br>Ana</div>") == "signature[--\nAna]");
    CHECK(marks("new<div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\">Von: "
                "Ana</div>old") == "history[Von: Ana\nold]");
}
