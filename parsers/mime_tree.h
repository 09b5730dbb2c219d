// The entities of a mail as a tree (RFC 2045 to 2049), those of encoded nested messages included. Built without
// recursion on the bounded scanner; total. The tree borrows the octets and must not outlive them.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/header_fields.h"
#include "parsers/locator.h"
#include "parsers/media_type.h"
#include "parsers/part_scanner.h"
#include "parsers/transfer_encoding.h"

namespace postern {

struct Entity {
    static constexpr std::size_t none = ScannedPart::none;

    std::size_t parent = none;  // indices in MimeTree::entities
    std::size_t first_child = none;
    std::size_t next_sibling = none;
    std::size_t depth = 0;  // of the whole mail: 0

    HeaderBlock header;  // views into the octets, or into those that an encoded message decodes to
    MediaType media_type;
    TransferEncoding encoding = TransferEncoding::identity;
    std::string disposition;                // "attachment", "inline", another token in lower case, or empty
    std::optional<std::string> content_id;  // without the angle brackets

    std::size_t source = 0;  // which octets: 0, the mail's; else those of an encoded message
    std::size_t begin = 0;   // of the body in them
    std::size_t end = 0;

    [[nodiscard]] bool is_multipart() const noexcept { return media_type.type == "multipart"; }
    [[nodiscard]] bool is_message() const noexcept;  // message/rfc822 or message/global
};

class MimeTree {
  public:
    explicit MimeTree(std::string_view octets);

    [[nodiscard]] std::vector<Entity> const& entities() const noexcept { return entities_; }
    [[nodiscard]] Entity const& whole() const noexcept { return entities_.front(); }

    [[nodiscard]] std::string_view body(Entity const& entity) const noexcept;  // as it lies there
    [[nodiscard]] std::string decoded(Entity const& entity) const;             // out of its transfer encoding
    [[nodiscard]] Locator locator(Entity const& entity) const;                 // of decoded()
    // As written by the sender, decoded: for people, not for a file system. `raw_charset`: see encoded_word.h.
    [[nodiscard]] std::string name(Entity const& entity, std::string_view raw_charset) const;

    [[nodiscard]] std::vector<std::string> const& defects() const noexcept { return defects_; }
    [[nodiscard]] std::optional<std::string> const& over_limit() const noexcept { return over_limit_; }

  private:
    struct Source {
        std::string decoded;  // empty for the mail itself
        std::string_view octets;
        Locator locator;            // empty for the mail itself
        std::size_t encodings = 0;  // how many encoded messages it lies in
    };

    void add_source(std::string_view octets, std::size_t source, std::size_t parent);
    void decode_nested_message(std::size_t index);
    void link(std::size_t index, std::vector<std::size_t>& last_child);

    std::deque<Source> sources_;
    std::vector<Entity> entities_;
    std::vector<std::string> defects_;
    std::optional<std::string> over_limit_;
    std::size_t decoded_octets_ = 0;
};

}  // namespace postern
