#include "parsers/tnef.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "parsers/charset.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

constexpr std::string_view signature("\x78\x9F\x3E\x22", 4);
// An embedded message begins with the identifier of its interface, IID_IMessage.
constexpr std::size_t interface_octets = 16;
constexpr std::size_t name_octets = 1024;

// MS-OXTNEF 2.1.3.4: the lower half is the attribute, the upper one its type.
enum Attribute : std::uint32_t {
    att_body = 0x0002800C,
    att_attach_data = 0x0006800F,
    att_attach_title = 0x00018010,
    att_attach_rend_data = 0x00069002,  // begins each attachment
    att_msg_props = 0x00069003,
    att_attachment = 0x00069005,  // its properties
    att_oem_codepage = 0x00069007
};

// MS-OXCDATA 2.11.1, MS-OXPROPS.
enum PropertyType : std::uint16_t { pt_object = 0x000D, pt_string8 = 0x001E, pt_unicode = 0x001F, pt_binary = 0x0102 };
constexpr std::uint16_t multi_valued = 0x1000;
enum Property : std::uint16_t {
    pr_body = 0x1000,
    pr_attach_data = 0x3701,
    pr_attach_filename = 0x3704,
    pr_attach_long_filename = 0x3707,
    pr_attach_mime_tag = 0x370E
};

// Little-endian values one behind the other; past the end there are none, and none ever after.
class Reader {
  public:
    Reader(std::string_view octets, std::size_t begin, std::size_t end) : octets_(octets.substr(0, end)), at_(begin) {}

    std::optional<std::uint32_t> number(std::size_t width) noexcept {
        auto const bytes = take(width);
        if (!bytes) return std::nullopt;
        std::uint32_t value = 0;
        for (auto i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>((*bytes)[i]);
        return value;
    }
    std::optional<std::string_view> take(std::size_t length) noexcept {
        if (length > octets_.size() - std::min(at_, octets_.size())) {
            at_ = octets_.size();
            return std::nullopt;
        }
        at_ += length;
        return octets_.substr(at_ - length, length);
    }
    void align() noexcept { at_ = std::min((at_ - base_ + 3) / 4 * 4 + base_, octets_.size()); }
    void set_base() noexcept { base_ = at_; }
    [[nodiscard]] std::size_t position() const noexcept { return at_; }
    [[nodiscard]] bool at_end() const noexcept { return at_ >= octets_.size(); }

  private:
    std::string_view octets_;
    std::size_t at_;
    std::size_t base_ = 0;  // what values are aligned to
};

// Little-endian; a lone surrogate shows as U+FFFD.
std::string from_utf16(std::string_view octets) {
    auto const unit = [&](std::size_t i) -> char32_t {
        if (i + 1 >= octets.size()) return 0;
        return static_cast<unsigned char>(octets[i]) | static_cast<char32_t>(static_cast<unsigned char>(octets[i + 1]))
                                                           << 8;
    };
    std::string text;
    for (std::size_t i = 0; i + 1 < octets.size(); i += 2) {
        auto code_point = unit(i);
        if (code_point >= 0xD800 && code_point < 0xDC00 && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000) {
            code_point = 0x10000 + ((code_point - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
            i += 2;
        }
        append_utf8(text, code_point);
    }
    return text;
}

std::string without_nul(std::string text) {
    text.erase(std::min(text.find('\0'), text.size()));
    return text;
}

class TnefReader {
  public:
    explicit TnefReader(std::string_view octets) : octets_(octets) { streams_.push_back({0, octets.size()}); }

    TnefContents read() {
        // Embedded messages are streams of their own; they are appended while the ones before are read.
        for (std::size_t i = 0; i < streams_.size() && i < limits::embedded_files; ++i) read_stream(streams_[i]);
        return std::move(contents_);
    }

  private:
    struct Stream {
        std::size_t begin;
        std::size_t end;
    };

    void read_stream(Stream stream) {
        Reader reader(octets_, stream.begin, stream.end);
        if (reader.take(signature.size()) != signature || !reader.number(2)) return;
        file_ = {};
        while (!reader.at_end()) {
            auto const level = reader.number(1);
            auto const attribute = reader.number(4);
            auto const length = reader.number(4);
            if (!level || !attribute || !length) break;
            auto const begin = reader.position();
            auto const value = reader.take(*length);
            if (!value) break;
            read_attribute(*attribute, *value, begin);
            if (!reader.number(2)) break;  // the checksum; who forges mail forges it too
        }
        end_file();
    }

    void read_attribute(std::uint32_t attribute, std::string_view value, std::size_t begin) {
        switch (attribute) {
            case att_oem_codepage:
                if (value.size() >= 4)
                    codepage_ = "windows-" + std::to_string(static_cast<unsigned char>(value[0]) |
                                                            static_cast<unsigned char>(value[1]) << 8);
                break;
            case att_body:
                if (contents_.text.empty()) contents_.text = without_nul(to_utf8(value, codepage_));
                break;
            case att_attach_rend_data:
                end_file();
                break;
            case att_attach_title:
                if (file_.name.empty()) file_.name = without_nul(to_utf8(value.substr(0, name_octets), codepage_));
                break;
            case att_attach_data:
                file_.begin = begin;
                file_.end = begin + value.size();
                break;
            case att_msg_props:
            case att_attachment:
                read_properties(begin, begin + value.size());
                break;
            default:
                break;
        }
    }

    void end_file() {
        if (file_.end > file_.begin && contents_.files.size() < limits::embedded_files)
            contents_.files.push_back(std::move(file_));
        file_ = {};
    }

    void read_properties(std::size_t begin, std::size_t end) {
        Reader reader(octets_, begin, end);
        reader.set_base();
        auto const count = reader.number(4);
        for (std::uint32_t i = 0; count && i < *count && !reader.at_end(); ++i) {
            auto const type = reader.number(2);
            auto const id = reader.number(2);
            if (!type || !id || (*id >= 0x8000 && !skip_name(reader))) return;
            if (!read_values(reader, static_cast<std::uint16_t>(*type), static_cast<std::uint16_t>(*id))) return;
        }
    }

    // A named property: a GUID, and a number or a name.
    static bool skip_name(Reader& reader) noexcept {
        if (!reader.take(interface_octets)) return false;
        auto const kind = reader.number(4);
        auto const value = reader.number(4);
        if (!kind || !value) return false;
        if (*kind != 0) {
            if (!reader.take(*value)) return false;
            reader.align();
        }
        return true;
    }

    bool read_values(Reader& reader, std::uint16_t type, std::uint16_t id) {
        auto const single = static_cast<std::uint16_t>(type & ~multi_valued);
        bool const is_variable =
            single == pt_string8 || single == pt_unicode || single == pt_object || single == pt_binary;
        std::uint32_t count = 1;
        if (is_variable || (type & multi_valued) != 0) {
            auto const given = reader.number(4);
            if (!given) return false;
            count = *given;
        }
        for (std::uint32_t i = 0; i < count && !reader.at_end(); ++i) {
            auto const length = is_variable ? reader.number(4) : std::optional{fixed_octets(single)};
            if (!length || *length == 0) return is_variable && length;
            auto const begin = reader.position();
            auto const value = reader.take(*length);
            if (!value) return false;
            reader.align();
            if (is_variable && i == 0) take_property(single, id, *value, begin);
        }
        return true;
    }

    // Of one value; 0: a type that is not known, so that what follows can't be found.
    static std::uint32_t fixed_octets(std::uint16_t type) noexcept {
        switch (type) {
            case 0x0002:
            case 0x0003:
            case 0x0004:
            case 0x000A:
            case 0x000B:
                return 4;
            case 0x0005:
            case 0x0006:
            case 0x0007:
            case 0x0014:
            case 0x0040:
                return 8;
            case 0x0048:
                return 16;
            default:
                return 0;
        }
    }

    void take_property(std::uint16_t type, std::uint16_t id, std::string_view value, std::size_t begin) {
        auto const text = [&](std::size_t most) {
            return without_nul(type == pt_unicode ? from_utf16(value.substr(0, most))
                                                  : to_utf8(value.substr(0, most), codepage_));
        };
        switch (id) {
            case pr_attach_long_filename:
                file_.name = text(name_octets);
                break;
            case pr_attach_filename:
                if (file_.name.empty()) file_.name = text(name_octets);
                break;
            case pr_attach_mime_tag:
                file_.media_type = lower_ascii(text(name_octets));
                break;
            case pr_body:
                if (contents_.text.empty()) contents_.text = text(limits::body_text_octets);
                break;
            case pr_attach_data:
                take_data(type, value, begin);
                break;
            default:
                break;
        }
    }

    void take_data(std::uint16_t type, std::string_view value, std::size_t begin) {
        if (type == pt_object && value.size() > interface_octets && is_tnef(value.substr(interface_octets))) {
            if (streams_.size() < limits::embedded_files)
                streams_.push_back({begin + interface_octets, begin + value.size()});
        } else if (type == pt_binary && file_.end == 0) {
            file_.begin = begin;
            file_.end = begin + value.size();
        }
    }

    std::string_view octets_;
    std::vector<Stream> streams_;
    std::string codepage_ = "windows-1252";
    TnefFile file_;
    TnefContents contents_;
};

}  // namespace

bool is_tnef(std::string_view octets) noexcept {
    return octets.starts_with(signature);
}

TnefContents read_tnef(std::string_view octets) {
    return TnefReader(octets).read();
}

}  // namespace postern
