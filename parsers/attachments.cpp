#include "parsers/attachments.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "parsers/attachment_name.h"
#include "parsers/charset.h"
#include "parsers/digest.h"
#include "parsers/encoded_word.h"
#include "parsers/limits.h"
#include "parsers/tnef.h"

namespace postern {
namespace {

// The HTML of the mail, for what it shows of the attachments.
std::string html_of(MimeTree const& tree, std::vector<TextPart> const& texts) {
    std::string html;
    for (auto const& text : texts)
        for (auto const index : text.html) html += tree.decoded(tree.entities()[index]);
    return html;
}

class AttachmentReader {
  public:
    AttachmentReader(MimeTree const& tree, PartRoles const& roles, std::string_view charset)
        : tree_(tree), roles_(roles), charset_(charset) {}

    AttachmentList read(std::vector<EmbeddedFile> const& embedded) {
        for (auto const& part : roles_.attachments) add_part(part);
        for (auto const& file : embedded)
            add("application/octet-stream", raw_to_utf8(file.name, charset_), file.octets, file.locator);
        for (auto& attachment : unpacked_) list_.attachments.push_back(std::move(attachment));
        return std::move(list_);
    }

  private:
    void add_part(AttachedPart const& part) {
        auto const& entity = tree_.entities()[part.entity];
        auto const octets = tree_.decoded(entity);
        auto const locator = tree_.locator(entity);
        auto& attachment = add(entity.media_type.essence(), name_of(entity), octets, locator);
        attachment.content_id = entity.content_id;
        attachment.is_inline = entity.disposition == "inline" ||
                               (entity.disposition != "attachment" && part.is_related) || is_shown(entity);
        if (is_tnef(octets)) unpack(octets, locator);
    }

    Attachment& add(std::string media_type, std::string const& name, std::string_view octets, Locator const& locator) {
        auto const number = list_.attachments.size() + 1;
        list_.attachments.push_back(described(std::move(media_type), name, number, octets, locator));
        return list_.attachments.back();
    }

    // What winmail.dat holds is there to be read without Outlook; the file itself stays too.
    void unpack(std::string const& octets, Locator const& locator) {
        auto contents = read_tnef(octets);
        if (list_.packed_text.empty()) list_.packed_text = packed_text(std::move(contents.text));
        for (auto& file : contents.files) {
            if (unpacked_.size() >= limits::embedded_files) return;
            auto where = locator;
            where.push_back({file.begin, file.end, TransferEncoding::identity});
            auto type = file.media_type.empty() ? std::string("application/octet-stream") : std::move(file.media_type);
            auto const within = std::string_view(octets).substr(file.begin, file.end - file.begin);
            unpacked_.push_back(described(std::move(type), file.name, unpacked_.size() + 1, within, where));
        }
    }

    static std::string packed_text(std::string text) {
        normalize_lines(text);
        text.erase(text.find_last_not_of(" \t\n") + 1);
        return text;
    }

    static Attachment described(std::string media_type, std::string const& name, std::size_t number,
                                std::string_view octets, Locator const& locator) {
        Attachment attachment;
        attachment.name = named(name, media_type, number);
        attachment.media_type = std::move(media_type);
        attachment.size = octets.size();
        attachment.sha256 = sha256_hex(octets);
        attachment.locator = to_string(locator);
        return attachment;
    }

    static std::string named(std::string const& name, std::string_view media_type, std::size_t number) {
        auto safe = safe_file_name(name);
        return safe.empty() ? default_file_name(media_type, number) : safe;
    }

    // A nested message without a name of its own is called by its subject.
    std::string name_of(Entity const& entity) const {
        auto name = tree_.name(entity, charset_);
        if (!name.empty() || !entity.is_message() || entity.first_child == Entity::none) return name;
        auto subject = decode_header_text(tree_.entities()[entity.first_child].header.value("Subject"), charset_);
        std::replace_if(
            subject.begin(), subject.end(), [](char c) { return c == '/' || c == '\\'; }, '-');
        return subject.empty() ? subject : subject + ".eml";
    }

    bool is_shown(Entity const& entity) {
        if (!entity.content_id || entity.disposition == "attachment") return false;
        if (!html_) html_ = html_of(tree_, roles_.texts);
        return html_->find("cid:" + *entity.content_id) != std::string::npos;
    }

    MimeTree const& tree_;
    PartRoles const& roles_;
    std::string_view charset_;
    std::optional<std::string> html_;
    AttachmentList list_;
    std::vector<Attachment> unpacked_;
};

}  // namespace

AttachmentList read_attachments(MimeTree const& tree, PartRoles const& roles, std::vector<EmbeddedFile> const& embedded,
                                std::string_view raw_charset) {
    return AttachmentReader(tree, roles, raw_charset).read(embedded);
}

}  // namespace postern
