// Splits HTML into text, tags and their attributes, in linear time and constant memory, whatever the octets are. It
// builds no tree: libxml2's and gumbo's parsers take minutes for some megabytes of nested or of stray end tags.
// Follows the WHATWG standard's tokenization (13.2.5) as far as readable text needs it. Pure and total.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// Views live as long as the HTML does, the token until the next one is taken.
struct HtmlToken {
    enum class Kind { text, start_tag, end_tag };
    struct Attribute {
        std::string name;        // lower case
        std::string_view value;  // as written: character references are not resolved
    };

    Kind kind = Kind::text;
    std::string_view text;  // of text, and of a start tag like <style> what it holds: as written
    std::string name;       // of a tag: lower case
    std::vector<Attribute> attributes;

    // The value of an attribute; empty: it is absent or empty.
    [[nodiscard]] std::string_view attribute(std::string_view lower_case_name) const noexcept;
    [[nodiscard]] bool has_attribute(std::string_view lower_case_name) const noexcept;
};

class HtmlTokenizer {
  public:
    explicit HtmlTokenizer(std::string_view html) noexcept : html_(html) {}

    // false: the end. Comments and declarations are passed over; what script, style, title and their like hold is no
    // text.
    bool next(HtmlToken& token);

  private:
    bool take_markup(HtmlToken& token);
    void take_tag(HtmlToken& token);
    void take_attribute(HtmlToken& token);
    std::string_view take_attribute_value() noexcept;
    void skip_comment() noexcept;
    std::string_view take_raw_text(std::string_view element) noexcept;
    void skip_space() noexcept;

    std::string_view html_;
    std::size_t position_ = 0;
};

// Text or an attribute's value with its character references resolved, appended to `out`. Those of WHATWG 13.5 that
// mail uses; others stay as they are.
void append_html_text(std::string& out, std::string_view text);

}  // namespace postern
