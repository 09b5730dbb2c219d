#include "parsers/mime_tree.h"

#include <mimetic/mimetic.h>

#include <algorithm>
#include <utility>

#include "parsers/limits.h"
#include "parsers/parameters.h"

namespace postern {
namespace {

// RFC 2045 5.1.
bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
    });
}

// What stands between angle brackets, or the whole; empty unless it is plain printable ASCII.
std::string_view bare_content_id(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == '<' || text.front() == ' ')) text.remove_prefix(1);
    text = text.substr(0, text.find('>'));
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    bool const plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return plain ? text : std::string_view{};
}

// mimetic reads the fields of one entity, from a header that holds nothing it is known to get wrong: no folds,
// controls, 8-bit octets, parameters or addresses, no body, at most a line each. Only const access: the others insert
// fields.
void read_with_mimetic(Entity& entity) {
    auto const disposition = parse_parameters(entity.header.value("Content-Disposition")).value;
    auto const content_id = unfold(entity.header.value("Content-ID"));
    auto const bare_id = bare_content_id(content_id);
    std::string clean;
    if (is_token(disposition)) clean += "Content-Disposition: " + disposition + "\r\n";
    if (!bare_id.empty() && bare_id.size() <= limits::header_line_octets)
        clean.append("Content-ID: <").append(bare_id).append(">\r\n");
    if (clean.empty()) return;
    clean += "\r\n";
    mimetic::MimeEntity fields;
    fields.load(clean.data(), clean.data() + clean.size(), mimetic::imBody | mimetic::imChildParts);
    mimetic::Header const& header = fields.header();
    entity.disposition = lower_ascii(header.contentDisposition().type());
    // Of a field that is missing mimetic makes an identifier up.
    if (auto const id = bare_id.empty() ? std::string{} : header.contentId().str(); id.size() > 2)
        entity.content_id = id.substr(1, id.size() - 2);
}

}  // namespace

bool Entity::is_message() const noexcept {
    return media_type.is("message/rfc822") || media_type.is("message/global");
}

MimeTree::MimeTree(std::string_view octets) {
    sources_.push_back({{}, octets, {}, 0});
    add_source(octets, 0, Entity::none);
    for (std::size_t i = 0; i < entities_.size(); ++i) decode_nested_message(i);
    std::vector<std::size_t> last_child(entities_.size(), Entity::none);
    for (std::size_t i = 1; i < entities_.size(); ++i) link(i, last_child);
}

void MimeTree::add_source(std::string_view octets, std::size_t source, std::size_t parent) {
    auto const base = entities_.size();
    auto const depth = parent == Entity::none ? 0 : entities_[parent].depth + 1;
    auto scanned =
        scan_parts(octets, {limits::entity_depth - std::min(depth, limits::entity_depth), limits::entities - base});
    for (auto& part : scanned.parts) {
        Entity entity;
        entity.parent = part.parent == ScannedPart::none ? parent : base + part.parent;
        entity.depth = depth + part.depth;
        entity.header = std::move(part.header);
        entity.media_type = std::move(part.media_type);
        entity.encoding = part.encoding;
        entity.source = source;
        entity.begin = part.body_begin;
        entity.end = part.end;
        if (!entity.is_multipart()) read_with_mimetic(entity);
        entities_.push_back(std::move(entity));
    }
    defects_.insert(defects_.end(), scanned.defects.begin(), scanned.defects.end());
    if (!over_limit_) over_limit_ = std::move(scanned.over_limit);
}

void MimeTree::decode_nested_message(std::size_t index) {
    auto const& entity = entities_[index];
    if (!entity.is_message() || entity.encoding == TransferEncoding::identity) return;
    auto const encodings = sources_[entity.source].encodings + 1;
    // Each decoded message is held in memory: together no more than the mail itself.
    bool const fits = decoded_octets_ + (entity.end - entity.begin) <= sources_.front().octets.size();
    if (encodings > limits::encoded_messages || entity.depth >= limits::entity_depth ||
        entities_.size() >= limits::entities || !fits) {
        if (!over_limit_) over_limit_ = "encoded messages nested deeper than is read";
        return;
    }
    auto where = locator(entity);
    sources_.push_back({decoded(entity), {}, std::move(where), encodings});
    auto& source = sources_.back();
    source.octets = source.decoded;
    decoded_octets_ += source.octets.size();
    add_source(source.octets, sources_.size() - 1, index);
}

void MimeTree::link(std::size_t index, std::vector<std::size_t>& last_child) {
    auto const parent = entities_[index].parent;
    auto& last = last_child[parent];
    (last == Entity::none ? entities_[parent].first_child : entities_[last].next_sibling) = index;
    last = index;
}

std::string_view MimeTree::body(Entity const& entity) const noexcept {
    return sources_[entity.source].octets.substr(entity.begin, entity.end - entity.begin);
}

std::string MimeTree::decoded(Entity const& entity) const {
    return decode_transfer(body(entity), entity.encoding);
}

Locator MimeTree::locator(Entity const& entity) const {
    auto locator = sources_[entity.source].locator;
    locator.push_back({entity.begin, entity.end, entity.encoding});
    return locator;
}

std::string MimeTree::name(Entity const& entity, std::string_view raw_charset) const {
    // RFC 2183 2.3 over RFC 2045's older parameter of the type.
    auto const disposition = parse_parameters(entity.header.value("Content-Disposition"), raw_charset);
    if (auto const* const filename = disposition.find("filename"); filename && !filename->value.empty())
        return filename->value;
    if (entity.media_type.content.find("name")) {
        auto const type = parse_parameters(entity.header.value("Content-Type"), raw_charset);
        if (auto const* const name = type.find("name")) return name->value;
    }
    return {};
}

}  // namespace postern
