#include "store/ledger.h"

#include "store/enum_names.h"

namespace postern {

namespace {

constexpr EnumNames<4> sources{"smtp", "lmtp", "imap", "deliver"};
constexpr EnumNames<9> dispositions{"opened",  "appended",  "noted",   "refused", "held",
                                    "ignored", "duplicate", "dropped", "erased"};
constexpr EnumNames<4> receipt_states{"none", "queued", "sent", "failed"};

}  // namespace

std::string_view to_string(Source source) noexcept {
    return enum_name(sources, source);
}
std::optional<Source> parse_source(std::string_view text) noexcept {
    return enum_value<Source>(sources, text);
}

std::string_view to_string(Disposition disposition) noexcept {
    return enum_name(dispositions, disposition);
}
std::optional<Disposition> parse_disposition(std::string_view text) noexcept {
    return enum_value<Disposition>(dispositions, text);
}

std::string_view to_string(ReceiptState state) noexcept {
    return enum_name(receipt_states, state);
}

}  // namespace postern
