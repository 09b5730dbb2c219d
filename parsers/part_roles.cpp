#include "parsers/part_roles.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "parsers/header_fields.h"

namespace postern {
namespace {

enum class TextUse {
    read,            // it is a stretch of the body
    said_elsewhere,  // another version of it is read
    attach           // it belongs to something else: a signature, a part that HTML shows
};

struct Place {
    std::size_t entity;
    TextUse use;
    bool is_related;
};

bool is_plain_or_html(Entity const& entity) noexcept {
    return entity.media_type.is("text/plain") || entity.media_type.is("text/html");
}

bool has_name(Entity const& entity) {
    return entity.media_type.content.find("name") ||
           contains_ignoring_case(entity.header.value("Content-Disposition"), "filename");
}

class RoleAssigner {
  public:
    explicit RoleAssigner(MimeTree const& tree) : entities_(tree.entities()) {}

    PartRoles assign() {
        walk(0);
        if (roles_.texts.empty()) read_attached_text();
        if (roles_.texts.empty()) read_nested_message();
        return std::move(roles_);
    }

  private:
    void walk(std::size_t root) {
        places_.assign(1, {root, TextUse::read, false});
        while (!places_.empty()) {
            auto const place = places_.back();
            places_.pop_back();
            auto const& entity = entities_[place.entity];
            if (entity.is_multipart() && entity.first_child != Entity::none)
                enter(entity, place);
            else
                add_leaf(entity, place);
        }
    }

    void enter(Entity const& multipart, Place const& place) {
        auto const first = static_cast<std::ptrdiff_t>(places_.size());
        for (auto child = multipart.first_child; child != Entity::none; child = entities_[child].next_sibling)
            places_.push_back({child, place.use, place.is_related});
        auto const subtype = std::string_view(multipart.media_type.subtype);
        auto const attach_but = [&](std::size_t kept, bool is_related) {
            for (auto child = places_.begin() + first; child != places_.end(); ++child)
                if (child->entity != kept)
                    child->use = TextUse::attach, child->is_related = child->is_related || is_related;
        };
        if (subtype == "alternative" && place.use == TextUse::read) {
            if (auto text = versions(multipart); !text.plain.empty() || !text.html.empty()) {
                roles_.texts.push_back(std::move(text));
                for (auto child = places_.begin() + first; child != places_.end(); ++child)
                    child->use = TextUse::said_elsewhere;
            }
        } else if (subtype == "related") {
            attach_but(related_root(multipart), true);
        } else if (subtype == "signed") {
            attach_but(multipart.first_child, false);  // RFC 1847 2.1: behind the signed entity stands its signature
        } else if (subtype == "encrypted") {
            attach_but(Entity::none, false);
        }
        std::reverse(places_.begin() + first, places_.end());  // the first is taken first
    }

    // RFC 2046 5.1.4: the parts of an alternative say the same. The first part with plain text and the last one with
    // HTML are taken; parts that are all plain are no versions of one another, so each is read.
    TextPart versions(Entity const& alternative) const {
        TextPart text;
        std::vector<std::size_t> other_plain;
        for (auto child = alternative.first_child; child != Entity::none; child = entities_[child].next_sibling) {
            auto found = texts_within(child);
            auto& plain = text.plain.empty() ? text.plain : other_plain;
            plain.insert(plain.end(), found.plain.begin(), found.plain.end());
            if (!found.html.empty()) text.html = std::move(found.html);
        }
        if (text.html.empty()) text.plain.insert(text.plain.end(), other_plain.begin(), other_plain.end());
        return text;
    }

    TextPart texts_within(std::size_t root) const {
        TextPart text;
        std::vector<std::size_t> stack{root};
        while (!stack.empty()) {
            auto const index = stack.back();
            stack.pop_back();
            auto const& entity = entities_[index];
            if (entity.disposition == "attachment" || entity.is_message()) continue;
            if (entity.media_type.is("text/plain")) text.plain.push_back(index);
            if (entity.media_type.is("text/html")) text.html.push_back(index);
            auto const above = static_cast<std::ptrdiff_t>(stack.size());
            for (auto child = entity.first_child; child != Entity::none; child = entities_[child].next_sibling)
                stack.push_back(child);
            std::reverse(stack.begin() + above, stack.end());
        }
        return text;
    }

    // RFC 2387 3.2: the start parameter names it, else it is the first.
    std::size_t related_root(Entity const& related) const {
        if (auto const* const start = related.media_type.content.find("start")) {
            auto id = std::string_view(start->value);
            if (!id.empty() && id.front() == '<') id.remove_prefix(1);
            if (!id.empty() && id.back() == '>') id.remove_suffix(1);
            for (auto child = related.first_child; child != Entity::none; child = entities_[child].next_sibling)
                if (entities_[child].content_id && *entities_[child].content_id == id) return child;
        }
        // Some writers put the parts that HTML shows before it: the type parameter says which kind the root is.
        auto const* const type = related.media_type.content.find("type");
        auto const wanted = type ? lower_ascii(type->value) : std::string("text/html");
        if (is_text_or_multipart(related.first_child)) return related.first_child;
        for (auto child = related.first_child; child != Entity::none; child = entities_[child].next_sibling)
            if (entities_[child].media_type.is(wanted)) return child;
        return related.first_child;
    }

    bool is_text_or_multipart(std::size_t index) const noexcept {
        return entities_[index].is_multipart() || is_plain_or_html(entities_[index]);
    }

    void add_leaf(Entity const& entity, Place const& place) {
        bool const is_whole = entity.parent == Entity::none;
        bool const is_broken_multipart = entity.is_multipart();  // no part was found in it
        bool const is_text =
            is_broken_multipart || is_plain_or_html(entity) || (is_whole && entity.media_type.type == "text");
        if (!is_text || place.use == TextUse::attach) return attach(place);
        if (entity.disposition == "attachment") {
            // A mail that is nothing but a file of text: to be had as the file, and to be read.
            if (is_whole) read(place.entity);
            return attach(place);
        }
        if (has_name(entity)) {
            // Clients name the files they show inline, and some name the body itself: that is what stands first.
            bool const is_body = roles_.texts.empty() && roles_.attachments.empty() && place.use == TextUse::read;
            if (!is_body) return attach(place);
        }
        if (place.use == TextUse::read) read(place.entity);
    }

    void attach(Place const& place) { roles_.attachments.push_back({place.entity, place.is_related}); }

    void read(std::size_t index) {
        TextPart text;
        if (entities_[index].media_type.is("text/html"))
            text.html.push_back(index);
        else
            text.plain.push_back(index);
        roles_.texts.push_back(std::move(text));
    }

    // A mail that is nothing but a named or a rare text is read too.
    void read_attached_text() {
        for (auto const& attached : roles_.attachments) {
            auto const& entity = entities_[attached.entity];
            if (entity.media_type.type == "text" && entity.disposition != "attachment") return read(attached.entity);
        }
    }

    void read_nested_message() {
        for (auto const& attached : roles_.attachments) {
            auto const& entity = entities_[attached.entity];
            if (!entity.is_message() || entity.first_child == Entity::none) continue;
            auto attachments = roles_.attachments;
            walk(entity.first_child);
            roles_.attachments = std::move(attachments);
            return;
        }
    }

    std::vector<Entity> const& entities_;
    std::vector<Place> places_;
    PartRoles roles_;
};

}  // namespace

PartRoles assign_part_roles(MimeTree const& tree) {
    return RoleAssigner(tree).assign();
}

}  // namespace postern
